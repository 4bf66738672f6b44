import t from 'tap'
import {
  BadRequestException,
  ConfigException,
  ConflictException,
  NotFoundException,
} from '../../../runtime/api/errors.ts'
import { RestRig } from '../../helpers/rest-rig.ts'

t.test('GET / says who answers', async (t) => {
  const rig = await RestRig.start(t)
  const { status, body, headers } = await rig.get('/')
  t.equal(status, 200)
  t.equal(headers['content-type'], 'application/json')
  t.strictSame(Object.keys(body), ['version', 'commit', 'kafka_cluster_id', 'tapline'])
})

t.test('GET /health has a status code for each of its states', async (t) => {
  const rig = await RestRig.start(t)
  for (const [status, code] of [
    ['healthy', 200],
    ['starting', 503],
    ['unhealthy', 500],
  ] as const) {
    rig.herder.workerStatus = { status, message: 'so it is' }
    const answer = await rig.get('/health')
    t.equal(answer.status, code)
    t.strictSame(answer.body, { status, message: 'so it is' })
  }
})

t.test('GET /connectors lists names, or a map when expanded', async (t) => {
  const rig = await RestRig.start(t)
  t.strictSame((await rig.get('/connectors')).body, [])
  rig.herder.add('a').add('b')
  rig.herder.configs.set('no-status-yet', {})
  t.strictSame((await rig.get('/connectors')).body, ['a', 'b', 'no-status-yet'])

  const both = (await rig.get('/connectors?expand=info&expand=status')).body
  t.strictSame(Object.keys(both), ['a', 'b'], 'without a status it is left out')
  t.strictSame(Object.keys(both.a), ['status', 'info'])
  t.strictSame(Object.keys((await rig.get('/connectors?expand=info')).body), [
    'a',
    'b',
    'no-status-yet',
  ])
  t.strictSame((await rig.get('/connectors?expand=info,status')).body.a, {})
  t.strictSame((await rig.get('/connectors?expand=foo')).body.b, {})
  t.strictSame((await rig.get('/connectors?other=x')).body, ['a', 'b', 'no-status-yet'])
})

t.test('POST /connectors creates, trims the name and says where', async (t) => {
  const rig = await RestRig.start(t)
  const config = { 'connector.class': 'FileStreamSource' }
  const created = await rig.post('/connectors', { name: '  a b/c%\n', config })
  t.equal(created.status, 201)
  t.equal(created.headers.location, `${rig.url}/connectors/a%20b%2Fc%25`)
  t.strictSame(created.body, {
    name: 'a b/c%',
    config: { 'connector.class': 'FileStreamSource', name: 'a b/c%' },
    tasks: [{ connector: 'a b/c%', task: 0 }],
    type: 'source',
  })
  t.strictSame(rig.herder.calls, [['create', 'a b/c%', created.body.config, 'RUNNING']])

  const again = await rig.post('/connectors', { name: 'a b/c%', config })
  t.equal(again.status, 409)
  t.match(again.body, { error_code: 409, message: 'Connector a b/c% already exists' })
  t.equal(again.body.code, 'CONNECT_ALREADY_EXISTS')
})

t.test('POST /connectors takes an initial state in any case', async (t) => {
  const rig = await RestRig.start(t)
  for (const [sent, state] of [
    ['stopped', 'STOPPED'],
    ['Paused', 'PAUSED'],
    [null, 'RUNNING'],
  ] as const) {
    const { status } = await rig.post('/connectors', {
      name: state,
      config: {},
      initial_state: sent,
    })
    t.equal(status, 201)
    t.equal(rig.herder.calls.at(-1)?.[3], state)
  }
  const { status, body } = await rig.post('/connectors', {
    name: 'x',
    config: {},
    initial_state: 'X',
  })
  t.equal(status, 400)
  t.match(body, { pointer: '/initial_state', message: /RUNNING, PAUSED, STOPPED/ })
})

t.test('a name inside the config must be the one outside', async (t) => {
  const rig = await RestRig.start(t)
  const config = { name: 'b' }
  const message = `Connector name configuration (b) doesn't match connector name in the URL (a)`
  for (const answer of [
    await rig.post('/connectors', { name: 'a', config }),
    await rig.put('/connectors/a/config', config),
  ]) {
    t.equal(answer.status, 400)
    t.equal(answer.body.message, message)
  }
  t.equal((await rig.post('/connectors', { name: ' b ', config })).status, 201)
  t.equal((await rig.post('/connectors', { config: {} })).status, 201, 'no name is the empty one')
  t.equal(rig.herder.calls.at(-1)?.[1], '')
})

t.test('a connector is read, configured and deleted under its name', async (t) => {
  const rig = await RestRig.start(t)
  const created = await rig.put('/connectors/a/config', { topic: 't' })
  t.equal(created.status, 201)
  t.equal(created.headers.location, `${rig.url}/connectors/a`)
  const replaced = await rig.put('/connectors/a/config', { name: 'a', file: 'f' })
  t.equal(replaced.status, 200)
  t.equal(replaced.headers.location, undefined)
  t.strictSame((await rig.get('/connectors/a')).body, replaced.body)
  t.strictSame((await rig.get('/connectors/a/config')).body, { name: 'a', file: 'f' })
  const deleted = await rig.ask('DELETE', '/connectors/a')
  t.equal(deleted.status, 204)
  t.equal(deleted.text, '')
  for (const path of ['/connectors/a', '/connectors/a/config', '/connectors/a/tasks']) {
    const { status, body } = await rig.get(path)
    t.equal(status, 404)
    t.strictSame(body, {
      error_code: 404,
      message: 'Connector a not found',
      code: 'CONNECT_NOT_FOUND',
    })
  }
  t.equal((await rig.ask('DELETE', '/connectors/a')).status, 404)
})

t.test('status and tasks show states, traces and configs', async (t) => {
  const rig = await RestRig.start(t)
  rig.herder.add('a', { topic: 't' })
  const { body } = await rig.get('/connectors/a/status')
  t.strictSame(Object.keys(body), ['name', 'connector', 'tasks', 'type'])
  t.match(body.tasks[1], { id: 1, state: 'FAILED', trace: /DataException/ })
  t.strictSame((await rig.get('/connectors/a/tasks')).body, [
    { id: { connector: 'a', task: 0 }, config: { topic: 't' } },
  ])
  t.strictSame((await rig.get('/connectors/a/tasks/1/status')).body, body.tasks[1])
  t.match((await rig.get('/connectors/a/tasks/7/status')).body, {
    error_code: 404,
    message: 'No status found for task a-7',
  })
  for (const wrong of ['x', '1.5', '1e3', '99999999999', '0x1']) {
    const { status, body } = await rig.get(`/connectors/a/tasks/${wrong}/status`)
    t.equal(status, 404)
    t.equal(body.message, 'HTTP 404 Not Found')
  }
  t.equal((await rig.get('/connectors/a/tasks/0')).status, 404, 'there is no such path')
})

t.test('restart answers 204 alone, and 202 with states when more is asked for', async (t) => {
  const rig = await RestRig.start(t)
  rig.herder.add('a')
  const options = () => rig.herder.calls.at(-1)?.[2]
  t.equal((await rig.post('/connectors/a/restart')).status, 204)
  t.strictSame(options(), { includeTasks: false, onlyFailed: false })
  const tasks = await rig.post('/connectors/a/restart?includeTasks=TRUE&onlyFailed=yes')
  t.equal(tasks.status, 202)
  t.equal(tasks.body.name, 'a')
  t.strictSame(options(), { includeTasks: true, onlyFailed: false })
  t.equal((await rig.post('/connectors/a/restart?onlyFailed=true')).status, 202)
  t.strictSame(options(), { includeTasks: false, onlyFailed: true })

  t.equal((await rig.post('/connectors/a/tasks/3/restart')).status, 204)
  t.strictSame(rig.herder.calls.at(-1), ['restartTask', { connector: 'a', task: 3 }])
})

t.test('pause and resume answer 202, stop 204, all without a body', async (t) => {
  const rig = await RestRig.start(t)
  for (const [verb, status] of [
    ['pause', 202],
    ['resume', 202],
    ['stop', 204],
  ] as const) {
    const answer = await rig.put(`/connectors/a/${verb}`)
    t.equal(answer.status, status)
    t.equal(answer.text, '')
    t.strictSame(rig.herder.calls.at(-1), [verb, 'a'])
    const ignored = await rig.ask('PUT', `/connectors/a/${verb}`, { raw: '{no json' })
    t.equal(ignored.status, status, 'a body is ignored')
    const empty = await rig.ask('PUT', `/connectors/a/${verb}`, {
      headers: { 'content-type': 'application/json' },
    })
    t.equal(empty.status, status, 'a type without a body is fine')
  }
  rig.herder.trouble = new NotFoundException('Unknown connector a')
  t.match((await rig.put('/connectors/a/stop')).body, {
    error_code: 404,
    message: 'Unknown connector a',
  })
})

t.test('plugins are listed, described and validated', async (t) => {
  const rig = await RestRig.start(t)
  const types = async (query: string) =>
    (await rig.get(`/connector-plugins${query}`)).body.map((each: { type: string }) => each.type)
  t.strictSame(await types(''), ['source'])
  t.strictSame(await types('?connectorsOnly=True'), ['source'])
  t.strictSame(await types('?connectorsOnly=0'), ['source', 'transformation'])

  const [key] = (await rig.get('/connector-plugins/Source/config')).body
  t.equal(key.order, key.order_in_group)
  t.match((await rig.get('/connector-plugins/X/config')).body, {
    error_code: 404,
    message: 'Unknown plugin X.',
  })

  const validated = await rig.put('/connector-plugins/Source/config/validate', {
    'connector.class': 'Source',
    port: 1.5,
    empty: null,
  })
  t.equal(validated.status, 200, 'errors are inside')
  t.equal(validated.body.error_count, 1)
  t.strictSame(rig.herder.calls.at(-1), [
    'validate',
    'Source',
    { 'connector.class': 'Source', port: '1.5', empty: null },
  ])
})

t.test('what the herder throws is answered by its code', async (t) => {
  const rig = await RestRig.start(t)
  const problems = [['tasks.max', 'Invalid value x']] as const
  const cases = [
    [new BadRequestException('no', { hint: 'say yes' }), 400, { code: 'CONNECT_BAD_REQUEST' }],
    [new ConfigException(problems), 400, { pointer: '/tasks.max', message: 'Invalid value x' }],
    [new ConflictException('rebalance'), 409, { code: 'CONNECT_CONFLICT' }],
    [new NotFoundException('gone'), 404, { code: 'CONNECT_NOT_FOUND' }],
    [new TypeError('x is undefined'), 500, { code: 'REST_INTERNAL', message: 'x is undefined' }],
  ] as const
  for (const [trouble, status, wanted] of cases) {
    rig.herder.trouble = trouble
    const answer = await rig.put('/connectors/a/config', {})
    t.equal(answer.status, status)
    t.equal(answer.body.error_code, status)
    t.match(answer.body, wanted)
  }
  rig.herder.trouble = cases[0][0]
  t.equal((await rig.put('/connectors/a/config', {})).body.fix, 'say yes')
})

t.test('some keys of a config are changed', async (t) => {
  const rig = await RestRig.start(t)
  t.equal((await rig.ask('PATCH', '/connectors/a/config', { body: { x: '1' } })).status, 404)
  rig.herder.add('a', { name: 'a', x: '1', y: '2' })
  const body = { x: null, z: 1.5 }
  const patched = await rig.ask('PATCH', '/connectors/a/config', { body })
  t.equal(patched.status, 200)
  t.strictSame(patched.body.config, { name: 'a', y: '2', z: '1.5' })
  t.equal((await rig.ask('PATCH', '/connectors/a/config', { raw: '[]' })).status, 400)
})

t.test('topics of a connector are shown and forgotten, unless that is off', async (t) => {
  const rig = await RestRig.start(t)
  rig.herder.add('a')
  t.strictSame((await rig.get('/connectors/a/topics')).body, { a: { topics: ['b', 'a'] } })
  t.strictSame((await rig.get('/connectors/x/topics')).body, { x: { topics: [] } })
  t.equal((await rig.put('/connectors/a/topics/reset')).status, 202)
  t.strictSame(rig.herder.calls.at(-1), ['resetTopics', 'a'])
  const reset = () => rig.put('/connectors/a/topics/reset')
  rig.herder.connectorTopics.topicTracking = { isEnabled: true, allowsReset: false }
  t.match(await reset(), { status: 403, body: { message: 'Topic tracking reset is disabled.' } })
  t.equal((await rig.get('/connectors/a/topics')).status, 200)
  rig.herder.connectorTopics.topicTracking = { isEnabled: false, allowsReset: true }
  const off = { status: 403, body: { message: 'Topic tracking is disabled.', error_code: 403 } }
  t.match(await reset(), off)
  t.match(await rig.get('/connectors/a/topics'), off)
})

t.test('levels of loggers are shown and set, here or in the cluster', async (t) => {
  const rig = await RestRig.start(t)
  const root = { level: 'INFO', last_modified: null }
  t.strictSame((await rig.get('/admin/loggers')).body, { root })
  t.strictSame((await rig.get('/admin/loggers/root')).body, root)
  const missing = { status: 404, body: { message: 'Logger a.b not found.' } }
  t.match(await rig.get('/admin/loggers/a.b'), missing)

  t.strictSame((await rig.put('/admin/loggers/a.b', { level: 'debug', x: 1 })).body, ['a.b'])
  t.strictSame(rig.herder.calls.at(-1), ['setLevel', 'a.b', 'DEBUG'])
  t.equal((await rig.put('/admin/loggers/a?scope=planet', { level: 'ALL' })).status, 200)
  const everywhere = await rig.put('/admin/loggers/a?scope=CLUSTER', { level: 'OFF' })
  t.match([everywhere.status, everywhere.text], [204, ''])
  t.strictSame(rig.herder.calls.at(-1), ['clusterLevel', 'a', 'OFF'])

  const none = "Desired 'level' parameter was not specified in request."
  for (const body of [{}, { level: null }])
    t.match(await rig.put('/admin/loggers/a', body), { status: 400, body: { message: none } })
  const unknown = { status: 404, body: { message: "invalid log level 'loud'." } }
  for (const query of ['', '?scope=cluster'])
    t.match(await rig.put(`/admin/loggers/a${query}`, { level: 'loud' }), unknown)
})

t.test('offsets are shown, altered and reset, and keep their digits', async (t) => {
  const rig = await RestRig.start(t)
  t.equal((await rig.get('/connectors/a/offsets')).status, 404)
  rig.herder.add('a')
  const { text } = await rig.get('/connectors/a/offsets')
  t.equal(
    text,
    '{"offsets":[{"partition":{"file":"f"},"offset":{"position":1152921504606846976}}]}',
  )
  const patched = await rig.ask('PATCH', '/connectors/a/offsets', { raw: text })
  t.strictSame(patched.body, { message: 'altered' })
  t.strictSame(rig.herder.calls.at(-1), [
    'alterOffsets',
    'a',
    [{ partition: { file: 'f' }, offset: { position: 2n ** 60n } }],
  ])
  t.strictSame((await rig.ask('DELETE', '/connectors/a/offsets')).body, { message: 'reset' })

  const missing = 'Partitions / offsets need to be provided for an alter offsets request'
  for (const [raw, message, pointer] of [
    ['{}', missing],
    ['{"offsets":null}', missing],
    ['{"offsets":[]}', missing],
    ['', /empty/],
    ['[]', /The body must be a JSON object, not an array/],
    ['{"key":[]}', /unknown field "key"/, '/key'],
    ['{"offsets":{}}', /"offsets" must be an array, not an object/, '/offsets'],
    ['{"offsets":[123]}', /must be a JSON object, not a plain value/, '/offsets/0'],
    ['{"offsets":[{"key":"val"}]}', /unknown field "key"/, '/offsets/0/key'],
    ['{"offsets":[{"partition":[]}]}', /must be a JSON object, not an array/],
    ['{"offsets":[{"partition":[]]}]}', /not valid JSON/],
  ] as const) {
    const { status, body } = await rig.ask('PATCH', '/connectors/a/offsets', { raw })
    t.equal(status, 400, raw)
    t.match(body.message, message)
    if (pointer) t.equal(body.pointer, pointer)
  }
})

t.test('topics and their records are shown', async (t) => {
  const rig = await RestRig.start(t)
  t.strictSame((await rig.get('/topics')).body, [{ topic: 'packets', partitions: 1 }])
  const { text, body } = await rig.get('/topics/packets/records?from=latest&limit=5&partition=2')
  t.strictSame(rig.herder.calls.at(-1), ['records', 'packets', 2, 'latest', 5])
  t.match(text, '"count":1152921504606846976', 'integers keep their digits')
  t.equal(body.next, 42)
  await rig.get('/topics/packets/records')
  t.strictSame(rig.herder.calls.at(-1), ['records', 'packets', 0, 'earliest', 10])
  await rig.get('/topics/packets/records?from=41')
  t.strictSame(rig.herder.calls.at(-1), ['records', 'packets', 0, 41, 10])
  t.equal((await rig.get('/topics/unknown/records')).status, 404)
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'partition=-1', 'from=first']) {
    const { status, body } = await rig.get(`/topics/packets/records?${query}`)
    t.equal(status, 400, query)
    t.equal(body.code, 'REST_BAD_REQUEST')
  }
})

t.test('metrics are a Prometheus exposition', async (t) => {
  const rig = await RestRig.start(t)
  const { status, headers, text } = await rig.get('/metrics')
  t.equal(status, 200)
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(text, /^up 1$/m)
  const openMetrics = 'application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1'
  t.equal((await rig.get('/metrics', { accept: openMetrics })).status, 200)
})

t.test('the OpenAPI document publishes every path and every difference', async (t) => {
  const rig = await RestRig.start(t)
  const { body } = await rig.get('/openapi.json')
  t.equal(body.openapi, '3.1.0')
  t.ok(body['x-differences-from-kafka-connect'].length > 5)
  t.ok(body.paths['/connectors/{connector}/tasks/{task}/status'].get)
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths)
  const ids = operations.flatMap((each) => Object.values(each).map((one) => one.operationId))
  t.equal(new Set(ids).size, ids.length)
})

t.test('an answer that is not as documented is found', async (t) => {
  const rig = await RestRig.start(t)
  const asked = { method: 'GET', path: '/topics' }
  const problemOf = (status: number, body: unknown) =>
    rig.document.problem(asked, {
      status,
      contentType: 'application/json',
      text: JSON.stringify(body),
    })
  t.equal(problemOf(200, [{ topic: 't', partitions: 1 }]), undefined)
  t.match(problemOf(200, [{ topic: 't', partitions: 1, extra: 1 }]), /additional/)
  t.match(problemOf(200, [{ topic: 't' }]), /required/)
  t.match(problemOf(400, { message: 'no' }), /required/)
  t.match(problemOf(201, []), /documents no 201/)
})
