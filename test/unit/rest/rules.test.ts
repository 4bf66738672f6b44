import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { BadRequestException } from '../../../runtime/api/errors.ts'
import { RestRig } from '../../helpers/rest-rig.ts'

const json = 'application/json'
const create = (raw: string | Uint8Array) => ({ raw, headers: { 'content-type': json } })

t.test('config values keep the very text that they were sent as', async (t) => {
  const rig = await RestRig.start(t)
  const texts = {
    point: '1.0',
    long: '12345678901234567890',
    exponent: '1e3',
    zero: '-0',
    small: '0.30000000000000004000',
    yes: 'true',
  }
  const members = Object.entries(texts).map(([key, text]) => `"${key}": ${text}`)
  const raw = `{${members.join(', ')}, "text": "1.0 ", "__proto__": "p", "twice": 1, "twice": 2}`
  const put = await rig.ask('PUT', '/connectors/a/config', create(raw))
  t.equal(put.status, 201)
  const stored = (await rig.get('/connectors/a/config')).text
  const wanted = { ...texts, text: '1.0 ', ['__proto__']: 'p', twice: '2', name: 'a' }
  t.equal(stored, JSON.stringify(wanted))
  const post = await rig.ask('POST', '/connectors', create(`{"name": 1.0, "config": ${raw}}`))
  t.equal(post.body.name, '1.0')
})

t.test('a body that is wrong is a 400 in words that do not quote it', async (t) => {
  const rig = await RestRig.start(t)
  const cases: readonly [string, string | Uint8Array, object][] = [
    ['cut', '{"name": "a", "config": {', { code: 'REST_BAD_JSON', fix: /too early/ }],
    ['empty', '', { code: 'REST_BAD_BODY', message: /empty/ }],
    ['blank', ' \n', { code: 'REST_BAD_JSON', message: /line 2, column 1/ }],
    ['unquoted', '{"config": {"password": hunter2}}', { message: /line 1, column 25$/ }],
    ['comma', '{"config": {"a": 1,}}', { message: /line 1, column 20$/ }],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), { message: /not UTF-8/ }],
    ['too deep', '['.repeat(100_000), { code: 'REST_BAD_JSON' }],
    ['deep', '['.repeat(100_000) + ']'.repeat(100_000), { error_code: 400 }],
    ['text', '"hunter2"', { message: 'The body must be a JSON object, not a plain value' }],
    ['null', 'null', { message: 'The body must be a JSON object, not null' }],
    ['an array', '[]', { message: 'The body must be a JSON object, not an array' }],
    ['no config', '{"name": "hunter2"}', { message: 'The body has no "config"' }],
    ['null config', '{"config": null}', { pointer: '/config', message: /"config" must be a JSON/ }],
    ['array config', '{"config": []}', { pointer: '/config' }],
    [
      'unknown field',
      '{"config": {}, "connector.class": "hunter2"}',
      { pointer: '/connector.class', message: /unknown field "connector.class"/, fix: /inside/ },
    ],
    [
      'object value',
      '{"config": {"a/b": {"password": "hunter2"}}}',
      { pointer: '/config/a~1b', message: /"a\/b" in "config" must be text.*not an object/ },
    ],
    ['array value', '{"config": {"a": ["hunter2"]}}', { message: /not an array/ }],
  ]
  for (const [name, raw, wanted] of cases) {
    const { status, body, text } = await rig.ask('POST', '/connectors', create(raw))
    t.equal(status, 400, name)
    t.match(body, wanted, name)
    t.notMatch(text, 'hunter2', name)
  }
  t.strictSame(rig.herder.calls, [], 'none of it reached the herder')
  t.equal((await rig.get('/')).status, 200)
})

t.test('a byte order mark and null values are let through', async (t) => {
  const rig = await RestRig.start(t)
  const bom = await rig.ask('PUT', '/connectors/a/config', create('\ufeff{"a": "1"}'))
  t.equal(bom.status, 201)
  const { status, body } = await rig.put('/connectors/a/config', { a: null })
  t.equal(status, 400, 'validation refuses it, in its own words')
  t.match(body, { message: /Null value can not be supplied/ })
})

t.test('a large body is a 413 and the worker lives', async (t) => {
  const rig = await RestRig.start(t)
  const large = JSON.stringify({ name: 'a', config: { a: 'x'.repeat(10 << 20) } })
  const { status, body } = await rig.ask('POST', '/connectors', create(large))
  t.equal(status, 413)
  t.match(body, { error_code: 413, code: 'REST_BODY_TOO_LARGE', fix: /rest\.body\.max\.bytes/ })
  const fits = JSON.stringify({ name: 'a', config: { a: 'x'.repeat(7 << 20) } })
  t.equal((await rig.ask('POST', '/connectors', create(fits))).status, 201)
})

t.test('a client that sends all of a large body before it reads gets the answer', async (t) => {
  const rig = await RestRig.start(t)
  const megabyte = Buffer.alloc(1 << 20, 'x')
  const framings = [
    [`Content-Length: ${megabyte.length * 32}`, megabyte, ''],
    [`Connection: close\r\nContent-Length: ${megabyte.length * 32}`, megabyte, ''],
    ['Transfer-Encoding: chunked', `100000\r\n${megabyte}\r\n`, '0\r\n\r\n'],
  ] as const
  for (const [framing, chunk, end] of framings) {
    const socket = connect(Number(new URL(rig.url).port), '127.0.0.1').pause()
    socket.write('POST /connectors HTTP/1.1\r\nHost: worker\r\nContent-Type: application/json\r\n')
    socket.write(`${framing}\r\n\r\n`)
    for (let sent = 0; sent < 32; sent++) if (!socket.write(chunk)) await once(socket, 'drain')
    socket.write(end)
    const [answer] = await once(socket.resume(), 'data')
    socket.destroy()
    t.match(String(answer), /^HTTP\/1\.1 413 /, framing)
  }
})

t.test('a body without an end does not keep its refusal waiting', async (t) => {
  const rig = await RestRig.start(t)
  const socket = connect(Number(new URL(rig.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /connectors HTTP/1.1\r\nHost: worker\r\nContent-Type: application/json\r\n')
  socket.write('Content-Length: 100000000\r\n\r\n')
  const dripping = setInterval(() => socket.write('x'), 20)
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 413 /)
  await once(socket, 'close')
  clearInterval(dripping)
})

t.test('many creates of one name have one winner', async (t) => {
  const rig = await RestRig.start(t)
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => rig.post('/connectors', { name: 'a', config: {} })),
  )
  const codes = answers.map(({ status }) => status).sort()
  t.equal(codes.filter((code) => code === 201).length, 1)
  t.equal(codes.filter((code) => code === 409).length, 99)
})

t.test('a name of any legal characters stays addressable', async (t) => {
  const rig = await RestRig.start(t)
  const names = [
    'a b',
    'a%b',
    'a%2Fb',
    'a?b=c',
    'a/b',
    '/',
    'ä€😀',
    'a;b',
    'a+b',
    'a#b',
    '..',
    'ü%',
  ]
  names.push('constructor', '__proto__', 'status', "it's", 'x'.repeat(4000))
  for (const name of names) {
    const created = await rig.post('/connectors', { name, config: { a: '1' } })
    t.equal(created.status, 201, name.slice(0, 20))
    const path = new URL(String(created.headers.location)).pathname
    if (name !== '..') t.equal((await rig.get(path)).body.name, name)
    t.equal((await rig.get(`/connectors/${encodeURIComponent(name)}/config`)).body.name, name)
    t.equal((await rig.ask('DELETE', `/connectors/${encodeURIComponent(name)}`)).status, 204)
  }
})

t.test('paths are read as Connect reads them', async (t) => {
  const rig = await RestRig.start(t)
  rig.herder.add('x')
  for (const path of [
    '/connectors/x/',
    '/connectors/x;y',
    '/connectors;v=1/x;a=b;c/',
    '/connectors/x?unknown=1',
    `${rig.url}/connectors/x`,
  ]) {
    const { status, body } = await rig.get(path)
    t.equal(status, 200, path)
    t.equal(body?.name, 'x', path)
  }
  for (const [path, wanted] of [
    ['/unknown', 404],
    ['/connectors/x/unknown', 404],
    ['/Connectors', 404],
    ['/application.wadl', 404],
    ['/ui/../package.json', 404],
    ['/ui/%2e%2e%2f%2e%2e%2fpackage.json', 404],
    ['//connectors', 400],
    ['/connectors//status', 400],
    ['/connectors/%ZZ', 400],
    ['/connectors/%ff', 400],
  ] as const) {
    const { status, body, headers } = await rig.get(path)
    t.equal(status, wanted, path)
    t.equal(body.error_code, wanted, path)
    t.equal(headers['content-type'], json, path)
    if (wanted === 404) t.equal(body.message, 'HTTP 404 Not Found')
  }
  const unknown = await rig.ask('POST', '/unknown', { raw: 'x', headers: {} })
  t.equal(unknown.status, 404, 'whatever its body is')
})

const paths = {
  '/': ['GET'],
  '/health': ['GET'],
  '/connectors': ['GET', 'POST'],
  '/connectors/x': ['GET', 'DELETE'],
  '/connectors/x/config': ['GET', 'PUT', 'PATCH'],
  '/connectors/x/offsets': ['GET', 'PATCH', 'DELETE'],
  '/connectors/x/topics': ['GET'],
  '/connectors/x/topics/reset': ['PUT'],
  '/connectors/x/status': ['GET'],
  '/connectors/x/restart': ['POST'],
  '/connectors/x/pause': ['PUT'],
  '/connectors/x/resume': ['PUT'],
  '/connectors/x/stop': ['PUT'],
  '/connectors/x/tasks': ['GET'],
  '/connectors/x/tasks/0/status': ['GET'],
  '/connectors/x/tasks/0/restart': ['POST'],
  '/connector-plugins': ['GET'],
  '/connector-plugins/Source/config': ['GET'],
  '/connector-plugins/Source/config/validate': ['PUT'],
  '/admin/loggers': ['GET'],
  '/admin/loggers/root': ['GET', 'PUT'],
  '/topics': ['GET'],
  '/topics/packets/records': ['GET'],
  '/metrics': ['GET'],
  '/openapi.json': ['GET'],
  '/ui/': ['GET'],
}

t.test('each path answers its verbs, HEAD and OPTIONS, and refuses all others', async (t) => {
  const rig = await RestRig.start(t)
  rig.herder.add('x')
  for (const [path, verbs] of Object.entries(paths)) {
    const allowed = [...(verbs.includes('GET') ? ['HEAD'] : []), ...verbs, 'OPTIONS'].sort()
    const options = await rig.ask('OPTIONS', path)
    t.equal(options.status, 200, path)
    t.equal(options.headers['content-type'], 'text/plain')
    t.strictSame(options.text.split(', ').sort(), allowed)
    t.strictSame(String(options.headers.allow).split(',').sort(), allowed)

    for (const verb of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
      if (allowed.includes(verb)) continue
      const answer = await rig.ask(verb, path, verb === 'POST' ? { raw: 'x', headers: {} } : {})
      t.equal(answer.status, 405, `${verb} ${path}`)
      t.equal(answer.headers.allow, options.headers.allow)
      if (verb !== 'HEAD') t.equal(answer.body.message, 'HTTP 405 Method Not Allowed')
    }
    if (verbs.includes('GET')) {
      const [head, get] = [await rig.ask('HEAD', path), await rig.get(path)]
      t.equal(head.status, get.status)
      t.equal(head.text, '')
      t.equal(head.headers['content-length'], get.headers['content-length'])
    }
  }
  t.equal((await rig.ask('OPTIONS', '/unknown')).status, 404)
})

t.test('media types are agreed upon or refused', async (t) => {
  const rig = await RestRig.start(t)
  const post = (headers: Record<string, string>) =>
    rig.ask('POST', '/connectors', { raw: '{"config": {}}', headers })
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    'text/json',
    '',
    'nonsense',
  ]) {
    const { status, body } = await post({ 'content-type': type })
    t.equal(status, 415, type)
    t.equal(body.message, 'HTTP 415 Unsupported Media Type')
  }
  const typed = await post({ 'content-type': 'Application/JSON; charset=utf-8' })
  t.equal(typed.status, 201)
  for (const [accept, status] of [
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['text/*, image/png', 406],
    ['text/html, */*;q=0.1', 200],
    ['application/*', 200],
    ['application/json', 200],
    ['', 200],
  ] as const) {
    const answer = await rig.get('/connectors', { accept })
    t.equal(answer.status, status, accept)
    if (status === 406) t.equal(answer.body.message, 'HTTP 406 Not Acceptable')
  }
  t.equal((await rig.get('/ui', { accept: 'text/html' })).status, 200)
})

t.test('no error text holds a secret of the request', async (t) => {
  const rig = await RestRig.start(t)
  const config = {
    'connection.password': 'hunter22',
    'connection.url': 'jdbc:postgresql://u:sesame@db/x?password=open7',
    'sasl.jaas.config': 'module required secretword=1',
  }
  for (const [method, path, body] of [
    ['PUT', '/connectors/a/config', config],
    ['POST', '/connectors', { name: 'a', config }],
    ['PUT', '/connector-plugins/X/config/validate', config],
  ] as const) {
    const told = Object.entries(config).map((pair) => pair.join('='))
    const message = `Connector config {${told.join(', ')}} contains no connector type`
    rig.herder.trouble = new BadRequestException(message, { hint: message })
    const { status, text } = await rig.ask(method, path, { body })
    t.equal(status, 400)
    t.match(text, /contains no connector type/)
    for (const secret of ['hunter22', 'sesame', 'open7', 'secretword=1']) t.notMatch(text, secret)
  }
})
