import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { tapline } from '../helpers/command.ts'
import { ApiDocument } from '../helpers/openapi.ts'
import { type Answer, type Sent, send } from '../helpers/rest-rig.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

t.setTimeout(120_000)

const folder = t.testdir()
const dataDir = join(folder, 'data')
const input = join(folder, 'in')
const text = 'org.apache.kafka.connect.storage.StringConverter'
const source = {
  'connector.class': 'FileStreamSource',
  file: input,
  topic: 'lines',
  'value.converter': text,
}
const sink = {
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  'tasks.max': '2',
  topics: 'lines',
  file: join(folder, 'out'),
  'value.converter': text,
}

const start = () => RunningWorker.start({ dataDir, env: { TAPLINE_REST_BODY_TIMEOUT_MS: '1000' } })
let worker = await start()
t.teardown(() => worker.kill('SIGKILL'))
const document = await ApiDocument.read(worker.url)

/** Every answer is held against what the worker says of itself. */
async function ask(t: Test, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const answer = await send(worker.url, method, path, sent)
  const { status, headers, text } = answer
  const contentType = headers['content-type'] ?? null
  const problem = document.problem({ method, path }, { status, contentType, text })
  if (problem !== undefined) t.fail(`${method} ${path} is not as documented: ${problem}`)
  return answer
}

const stateOf = async (t: Test, name: string) => {
  const { body } = await ask(t, 'GET', `/connectors/${name}/status`)
  return [body.connector?.state, ...(body.tasks ?? []).map((task: { state: string }) => task.state)]
}
const untilState = (t: Test, name: string, ...wanted: string[]) =>
  until(
    `${name} ${wanted}`,
    () => stateOf(t, name),
    (found) => `${found}` === `${wanted}`,
  )
const lines = async () => {
  const { stdout } = await tapline(['log', 'lines', '--data-dir', dataDir])
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).value)
}

t.test('what no client should send is answered in words and costs nothing', async (t) => {
  const json = (raw: string): Sent => ({ raw })
  const cases: [method: string, path: string, sent: Sent, status: number, words: RegExp][] = [
    ['POST', '/connectors', json('{"name": "a", "config": {'), 400, /JSON/],
    ['POST', '/connectors', json(''), 400, /empty/],
    ['POST', '/connectors', { raw: Buffer.from('{"name": "\xff"}', 'latin1') }, 400, /UTF-8/],
    ['POST', '/connectors', json('['.repeat(100_000)), 400, /JSON at line 1/],
    ['POST', '/connectors', { body: [] }, 400, /must be a JSON object, not an array/],
    ['POST', '/connectors', { body: { name: 'a' } }, 400, /no "config"/],
    [
      'POST',
      '/connectors',
      { body: { name: 'a', config: { ...sink, x: { y: 1 } } } },
      400,
      /"x" in "config" must be/,
    ],
    [
      'POST',
      '/connectors',
      { body: { name: 'a', config: sink, extra: 1 } },
      400,
      /unknown field "extra"/,
    ],
    ['PUT', '/connectors/a/config', { body: { topics: 'x' } }, 400, /no connector type/],
    ['PUT', '/connectors/a/config', { body: { 'connector.class': 'NoSuch' } }, 400, /NoSuch/],
    ['PUT', '/connectors/a/config', { body: { ...sink, 'tasks.max': 'many' } }, 400, /tasks\.max/],
    ['PUT', '/connectors/a/config', { body: { ...sink, topics: undefined } }, 400, /topics/],
    ['GET', '/connectors/nobody', {}, 404, /nobody/],
    ['GET', '/connectors/nobody/status', {}, 404, /nobody/],
    ['DELETE', '/connectors/nobody', {}, 404, /nobody/],
    ['PUT', '/connectors/nobody/pause', {}, 404, /nobody/],
    ['GET', '/nowhere', {}, 404, /Not Found/],
    ['PATCH', '/connectors', {}, 405, /Not Allowed/],
    ['GET', '/topics/none/records', {}, 404, /none/],
    ['GET', '/topics/connect-configs/records?limit=x', {}, 400, /limit/],
    [
      'PUT',
      '/connector-plugins/NoSuch/config/validate',
      { body: { 'connector.class': 'NoSuch' } },
      400,
      /NoSuch/,
    ],
    ['GET', '/connectors/%00', {}, 404, /not found/],
    ['GET', '/connectors/%ff', {}, 400, /not a valid URL/],
    ['GET', `/${'x'.repeat(20_000)}`, {}, 431, /Too Large/],
    ['PUT', '/connectors/a/config', json(`{"a":"${'x'.repeat(10 << 20)}"}`), 413, /Too Large/],
  ]
  for (const [method, path, sent, status, words] of cases) {
    const answer = await ask(t, method, path, sent)
    const label = `${method} ${path.slice(0, 60)}: ${answer.text.slice(0, 200)}`
    t.equal(answer.status, status, label)
    t.equal(answer.body?.error_code, status, label)
    t.match(answer.body?.message, words, label)
  }

  const { hostname, port } = new URL(worker.url)
  const stalled = connect(Number(port), hostname)
  stalled.write('POST /connectors HTTP/1.1\r\nHost: worker\r\nContent-Type: application/json\r\n')
  stalled.write('Content-Length: 100\r\n\r\n{')
  const chunks: Buffer[] = []
  for await (const chunk of stalled) chunks.push(chunk)
  const said = String(Buffer.concat(chunks))
  t.match(said, /^HTTP\/1\.1 408 .*rest\.body\.timeout\.ms/s, 'a stalled body is cut off')

  t.strictSame((await ask(t, 'GET', '/connectors')).body, [], 'nothing was created')
  t.match(await ask(t, 'GET', '/health'), { status: 200, body: { status: 'healthy' } })
})

t.test('a thousand clients that create one name make one connector', async (t) => {
  writeFileSync(input, '')
  const body = { name: 'one', config: sink }
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => ask(t, 'POST', '/connectors', { body })),
  )
  const statuses = answers.map(({ status }) => status)
  t.equal(statuses.filter((status) => status === 201).length, 1, 'one winner')
  t.equal(statuses.filter((status) => status === 409).length, 999, 'the others are told')
  t.strictSame((await ask(t, 'GET', '/connectors')).body, ['one'])
  await untilState(t, 'one', 'RUNNING', 'RUNNING', 'RUNNING')
  t.equal((await ask(t, 'DELETE', '/connectors/one')).status, 204)
})

t.test('a config keeps its text, whatever JSON makes of it', async (t) => {
  const raw = `{"name": "kept", "config": ${JSON.stringify(sink).slice(0, -1)}, "a": 1.0, "b": 12345678901234567890, "c": 1e3, "d": true, "e": -0, "f": "é\\u0000", "__proto__": "g"}}`
  const kept = { a: '1.0', b: '12345678901234567890', c: '1e3', d: 'true', e: '-0', f: 'é\0' }
  const created = await ask(t, 'POST', '/connectors', { raw })
  t.equal(created.status, 201)
  const check = async (label: string) => {
    const { text, body } = await ask(t, 'GET', '/connectors/kept/config')
    t.match(body, kept, label)
    t.match(text, '"__proto__":"g"', label)
  }
  await check('as it came')
  await worker.stop()
  worker = await start()
  await check('after a restart of the worker')
  t.equal((await ask(t, 'DELETE', '/connectors/kept')).status, 204)
})

t.test('a connector lives as Connect says, and the worker may come and go', async (t) => {
  writeFileSync(input, 'a\n')
  for (const [name, config] of Object.entries({ source, sink })) {
    const created = await ask(t, 'PUT', `/connectors/${name}/config`, { body: config })
    t.match(created, { status: 201, body: { name, config, type: name } })
    t.match((await ask(t, 'GET', `/connectors/${name}`)).body, { name, config })
  }
  await untilState(t, 'source', 'RUNNING', 'RUNNING')
  await until('a', lines, (found) => `${found}` === 'a')
  t.match((await ask(t, 'GET', '/connectors/sink/tasks')).body, [
    { id: { connector: 'sink', task: 0 }, config: { topics: 'lines' } },
    { id: { connector: 'sink', task: 1 } },
  ])

  t.equal((await ask(t, 'PUT', '/connectors/source/pause')).status, 202)
  await untilState(t, 'source', 'PAUSED', 'PAUSED')
  appendFileSync(input, 'b\n')
  t.equal((await ask(t, 'PUT', '/connectors/sink/stop')).status, 204)
  await untilState(t, 'sink', 'STOPPED')
  t.strictSame((await ask(t, 'GET', '/connectors/sink/tasks')).body, [])
  t.equal(await worker.stop(), 0)
  worker = await start()
  await untilState(t, 'source', 'PAUSED', 'PAUSED')
  await untilState(t, 'sink', 'STOPPED')

  for (const name of ['source', 'sink'])
    t.equal((await ask(t, 'PUT', `/connectors/${name}/resume`)).status, 202)
  await untilState(t, 'sink', 'RUNNING', 'RUNNING', 'RUNNING')
  await until('b', lines, (found) => `${found}` === 'a,b')

  t.equal((await ask(t, 'POST', '/connectors/source/restart')).status, 204)
  t.equal((await ask(t, 'POST', '/connectors/source/tasks/0/restart')).status, 204)
  const restarted = await ask(t, 'POST', '/connectors/sink/restart?includeTasks=true')
  t.match(restarted, { status: 202, body: { name: 'sink', connector: { state: 'RESTARTING' } } })
  await untilState(t, 'sink', 'RUNNING', 'RUNNING', 'RUNNING')
  t.equal(
    (await ask(t, 'PUT', '/connectors/sink/config', { body: { ...sink, 'tasks.max': 1 } })).status,
    200,
  )
  await untilState(t, 'sink', 'RUNNING', 'RUNNING')

  worker.kill('SIGKILL')
  await worker.exited
  worker = await start()
  appendFileSync(input, 'c\n')
  await until('c', lines, (found) => `${found}` === 'a,b,c')
  const written = async () => readFileSync(sink.file, 'utf8')
  t.equal(await until('the sink', written, (found) => found.endsWith('c\n')), 'a\nb\nc\n')
  await untilState(t, 'source', 'RUNNING', 'RUNNING')

  for (const name of ['source', 'sink']) {
    t.equal((await ask(t, 'DELETE', `/connectors/${name}`)).status, 204)
    t.equal((await ask(t, 'GET', `/connectors/${name}`)).status, 404)
    const status = () => ask(t, 'GET', `/connectors/${name}/status`)
    await until('no status', status, (answer) => answer.status === 404)
  }
})

t.test('a worker that cannot start says why, and ends', async (t) => {
  const file = (name: string, config: object) => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(config))
    return path
  }
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const elsewhere = ['--data-dir', join(folder, 'elsewhere')]
  const cases: [label: string, args: readonly string[], words: RegExp][] = [
    [
      'a taken port',
      ['--port', `${port}`, ...elsewhere],
      new RegExp(`port ${port} on .* is taken`),
    ],
    [
      'a data directory in use',
      ['--port', '0', '--data-dir', dataDir],
      new RegExp(`Another worker uses the data directory .*\\(process ${worker.pid}\\)`),
    ],
    ['no folder', ['--port', '0', '--data-dir', input], /data directory cannot be used/],
    ['no file', [join(folder, 'missing.json')], /does not exist/],
    [
      'a broker without a cluster to belong to',
      [file('kafka.json', { 'bootstrap.servers': 'localhost:9092' }), '--port', '0', ...elsewhere],
      /Missing required configuration \\"group\.id\\" which has no default value/,
    ],
    [
      'an open door',
      [file('open.json', { listeners: 'http://0.0.0.0:0' }), ...elsewhere],
      /rest\.allow\.insecure/,
    ],
  ]
  await Promise.all(
    cases.map(async ([label, args, words]) => {
      const { code, stdout } = await tapline(['worker', ...args])
      t.equal(code, 2, label)
      t.match(stdout, words, label)
    }),
  )
  t.equal((await ask(t, 'GET', '/')).status, 200, 'the first worker did not notice')
  t.equal(await worker.stop(), 0)
})
