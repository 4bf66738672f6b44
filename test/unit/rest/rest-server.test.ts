import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { RestServer } from '../../../runtime/rest/rest-server.ts'
import { FakeHerder } from '../../helpers/fake-herder.ts'
import { RestRig, send, silent } from '../../helpers/rest-rig.ts'

const loopback = { host: '127.0.0.1', port: 0 }

/** What a server says to these octets before it hangs up. */
async function said(url: string, octets: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(octets)
  return text(socket)
}

t.test('the port opens before the herder is there, and says so', async (t) => {
  const server = new RestServer({ listeners: [loopback], logger: silent })
  const [url = ''] = await server.listen()
  t.teardown(() => server.close())
  const early = await send(url, 'GET', '/connectors/a', {})
  t.equal(early.status, 503)
  t.match(early.body, { error_code: 503, code: 'REST_STARTING' })
  const health = await send(url, 'GET', '/health/', {})
  t.equal(health.status, 503)
  t.strictSame(health.body, { status: 'starting', message: 'Worker is still starting up.' })
  await server.serve(new FakeHerder().add('a'))
  t.equal((await send(url, 'GET', '/connectors/a', {})).status, 200)
})

t.test('several listeners answer alike, each with its own base', async (t) => {
  const rig = await RestRig.start(t, { listeners: [loopback, { host: '::1', port: 0 }] })
  t.equal(rig.server.urls.length, 2)
  t.match(rig.server.urls[1], /^http:\/\/\[::1\]:\d+$/)
  for (const [index, url] of rig.server.urls.entries()) {
    const body = { name: `a${index}`, config: {} }
    const { headers } = await await fetch(`${url}/connectors`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    t.equal(headers.get('location'), `${url}/connectors/a${index}`)
  }
})

t.test('a port that cannot be opened is said in words, and nothing stays open', async (t) => {
  const rig = await RestRig.start(t)
  const port = Number(new URL(rig.url).port)
  const open = (...listeners: { host: string; port: number }[]) =>
    new RestServer({ listeners, logger: silent }).listen()
  await t.rejects(open(loopback, { host: '127.0.0.1', port }), {
    code: 'CONNECT_ERROR',
    message: `port ${port} on 127.0.0.1 is taken`,
    hint: /--port/,
  })
  await t.rejects(open({ host: '192.0.2.1', port: 0 }), {
    message: /192\.0\.2\.1 is no address of this machine/,
  })
})

t.test('a body that stalls is a 408 and the connection is closed', async (t) => {
  const rig = await RestRig.start(t, { bodyTimeoutMs: 200 })
  const head = 'POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const answer = await said(rig.url, `${head}Content-Length: 100\r\n\r\n{"name": `)
  t.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  t.match(answer, /Connection: close/)
  t.match(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), {
    error_code: 408,
    message: 'HTTP 408 Request Timeout',
    code: 'REST_REQUEST_TIMEOUT',
  })
  t.match(await said(rig.url, head), /^HTTP\/1\.1 408 /, 'so is a head that stalls')
  t.equal((await rig.get('/connectors')).status, 200)
  t.strictSame(rig.herder.calls, [])
})

t.test('what is no HTTP is a 400 in the error shape', async (t) => {
  const rig = await RestRig.start(t)
  const answer = await said(rig.url, 'hello\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.match(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), { error_code: 400 })
  const long = await said(rig.url, `GET /${'x'.repeat(1 << 15)} HTTP/1.1\r\nHost: x\r\n\r\n`)
  t.match(long, /^HTTP\/1\.1 431 /)
})

t.test('an answer that takes too long is a 500, and the work goes on', async (t) => {
  const rig = await RestRig.start(t, { requestTimeoutMs: 50 })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  rig.herder.trouble = promise
  const { status, body } = await rig.put('/connectors/a/config', {})
  t.equal(status, 500)
  t.match(body, { error_code: 500, message: 'Request timed out', code: 'REST_TIMEOUT' })
  t.equal((await rig.get('/connectors/a')).status, 404)
  rig.herder.trouble = undefined
  resolve(undefined)
  await delay(1)
  t.equal((await rig.get('/')).status, 200)
})

t.test(
  'trouble that nobody foresaw is logged with its error, a mistake of the client is not',
  async (t) => {
    const logged: object[] = []
    const logger = { ...silent, error: (fields: object) => logged.push(fields) }
    const rig = await RestRig.start(t, { logger })
    const trouble = new TypeError('surprise')
    rig.herder.trouble = trouble
    await rig.put('/connectors/a/config', {})
    await rig.get('/connectors/unknown')
    t.match(logged, [{ method: 'PUT', path: '/connectors/a/config', err: trouble }])
    t.equal(logged.length, 1)
  },
)

t.test('closing ends idle connections at once and slow requests at the deadline', async (t) => {
  const rig = await RestRig.start(t)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const idle = request(`${rig.url}/connectors`, { agent }).end()
  const [response] = await once(idle, 'response')
  await text(response)

  rig.herder.trouble = new Promise(() => {})
  const slow = send(rig.url, 'PUT', '/connectors/a/config', { body: {} })
  const cut = t.rejects(slow, { code: 'ECONNRESET' })
  while (rig.herder.calls.length === 0) await delay(5)
  const begun = performance.now()
  await rig.server.close(200)
  const took = performance.now() - begun
  t.ok(took >= 190 && took < 2_000, `${took} ms`)
  await cut
  await t.rejects(send(rig.url, 'GET', '/', {}), { code: 'ECONNREFUSED' })
  await rig.server.close()
})

t.test('the page is served with a policy that lets nothing else in', async (t) => {
  const rig = await RestRig.start(t)
  for (const [path, type] of [
    ['/ui', 'text/html'],
    ['/ui/', 'text/html'],
    ['/ui/page.css', 'text/css'],
    ['/ui/page.js', 'text/javascript'],
  ] as const) {
    const { status, headers, text } = await rig.get(path)
    t.equal(status, 200)
    t.equal(headers['content-type'], `${type}; charset=utf-8`)
    t.equal(headers['x-content-type-options'], 'nosniff')
    const policy = String(headers['content-security-policy'])
    t.match(policy, /default-src 'none'/)
    t.notMatch(policy, /unsafe|\*|https?:/)
    t.ok(text.length > 500, path)
    t.notMatch(text, /https?:\/\//, 'nothing comes from elsewhere')
    t.notMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/)
  }
  const { text: html } = await rig.get('/ui')
  t.notMatch(html, /<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style/i, 'nothing is inline')
})
