import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { KafkaCluster } from '../../../../runtime/log/kafka/cluster.ts'
import { addressText } from '../../../../runtime/log/kafka/connection/address.ts'
import { Backoff } from '../../../../runtime/log/kafka/connection/backoff.ts'
import { within } from '../../../../runtime/log/kafka/connection/deadline.ts'
import { trouble } from '../../../../runtime/log/kafka/connection/trouble.ts'
import { connectionSettings } from '../../../../runtime/log/kafka/settings/connection-settings.ts'
import { FakeBroker } from '../../../helpers/fake-broker.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }
const METADATA = 3

async function open(t: Test, broker: FakeBroker, more = {}): Promise<KafkaCluster> {
  const { settings } = connectionSettings({
    'bootstrap.servers': `127.0.0.1:${broker.port}`,
    'request.timeout.ms': '10000',
    ...more,
  })
  const cluster = await KafkaCluster.open(settings, { logger, clientId: 'unit' })
  t.teardown(() => cluster.close())
  return cluster
}

t.test('a broker that does not speak our versions is refused in words', async (t) => {
  const broker = await FakeBroker.start(t)
  broker.versions = broker.versions.map(([key, low, high]) =>
    key === 1 ? [key, 12, 18] : [key, low, high],
  )
  await t.rejects(open(t, broker), {
    code: 'CONNECT_ERROR',
    message: new RegExp(`${broker.port} serves Fetch 12-18, this worker speaks 11`),
  })
  t.notOk(broker.asked.some(({ apiKey }) => apiKey === METADATA))
})

t.test('an answer out of turn ends the connection, and nobody gets it', async (t) => {
  const broker = await FakeBroker.start(t)
  const cluster = await open(t, broker)
  broker.idShift = 1
  await t.rejects(cluster.metadata([], { fresh: true }), {
    code: 'CONNECT_RETRIABLE',
    message: /out of turn/,
  })
  broker.idShift = 0
  t.equal((await cluster.metadata([], { fresh: true })).clusterId, 'a-cluster')
})

t.test(
  'a garbled answer ends the connection, and the next one is asked over another',
  async (t) => {
    const broker = await FakeBroker.start(t)
    const cluster = await open(t, broker)
    broker.extraBytes = 3
    await t.rejects(cluster.metadata([], { fresh: true }), {
      code: 'CONNECT_RETRIABLE',
      message: new RegExp(`${broker.port}: The answer to Metadata .* cannot be read: 3 bytes`),
    })
    broker.extraBytes = 0
    const API_VERSIONS = 18
    const connections = () => broker.asked.filter(({ apiKey }) => apiKey === API_VERSIONS).length
    const before = connections()
    t.equal((await cluster.metadata([], { fresh: true })).clusterId, 'a-cluster')
    t.equal(connections(), before + 1)
  },
)

t.test('a broker that throttles us is left alone for that long (KIP-219)', async (t) => {
  const broker = await FakeBroker.start(t)
  const cluster = await open(t, broker)
  broker.throttleMs = 400
  await cluster.metadata([], { fresh: true })
  const told = performance.now()
  broker.throttleMs = 0
  const answers = await Promise.all([
    cluster.metadata([], { fresh: true }),
    cluster.metadata([], { fresh: true }),
  ])
  t.equal(answers.length, 2)
  const [last] = broker.asked.slice(-2)
  t.ok(last!.atMs - told > 350, 'not before')
})

t.test('what is known of the brokers is asked for once, until it is too old', async (t) => {
  const broker = await FakeBroker.start(t)
  const count = () => broker.asked.filter(({ apiKey }) => apiKey === METADATA).length
  const cluster = await open(t, broker, { 'metadata.max.age.ms': '200' })
  const before = count()
  await Promise.all([cluster.metadata([]), cluster.metadata([])])
  t.equal(count(), before, 'as it is known')
  await Promise.all([cluster.metadata(null), cluster.metadata(null)])
  t.equal(count(), before + 1, 'who asks the same at the same time shares the answer')
  await sleep(250)
  await cluster.metadata([])
  t.equal(count(), before + 2)
})

t.test('a deadline', async (t) => {
  const never = new Promise<never>(() => {})
  const late = () => new Error('late')
  t.equal(await within(Promise.resolve(7), { ms: 1000, onTimeout: late }), 7)
  await t.rejects(within(never, { ms: 1, onTimeout: late }), { message: 'late' })
  const abort = new AbortController()
  const waiting = within(never, { ms: 60_000, signal: abort.signal, onTimeout: late })
  abort.abort(new Error('enough'))
  await t.rejects(waiting, { message: 'enough' })
  const over = { ms: Number.MAX_SAFE_INTEGER, onTimeout: late }
  t.equal(await within(sleep(5, 'long enough'), over), 'long enough', 'longer than a timer can be')
})

t.test('a backoff doubles up to its bound, with jitter', async (t) => {
  const backoff = new Backoff(50, 1000)
  const seen: number[] = []
  for (let failure = 1; failure <= 40; failure++) {
    backoff.failed()
    seen.push(backoff.ms / Math.min(1000, 50 * 2 ** (failure - 1)))
  }
  t.ok(seen.every((share) => share >= 0.8 && share <= 1.2))
  t.ok(new Set(seen).size > 1)
  backoff.reset()
  t.ok(backoff.ms <= 60)
})

t.test('trouble is told with the address, and whether repeating helps', async (t) => {
  const of = (code: string) => trouble('[::1]:9092', Object.assign(new Error(code), { code }))
  t.equal(addressText({ host: '::1', port: 9092 }), '[::1]:9092')
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'EPIPE', 'ESOMETHING'])
    t.match(of(code), { code: 'CONNECT_RETRIABLE', message: /\[::1\]:9092/ }, code)
  for (const code of [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ])
    t.match(of(code), { code: 'CONNECT_ERROR', message: /\[::1\]:9092/ }, code)
})
