import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { adminSettings } from '../../../../runtime/log/kafka/settings/admin-settings.ts'
import { bootstrapAddresses } from '../../../../runtime/log/kafka/settings/bootstrap.ts'
import { connectionKeys } from '../../../../runtime/log/kafka/settings/connection-keys.ts'
import { connectionSettings } from '../../../../runtime/log/kafka/settings/connection-settings.ts'
import { consumerKeys } from '../../../../runtime/log/kafka/settings/consumer-keys.ts'
import { consumerSettings } from '../../../../runtime/log/kafka/settings/consumer-settings.ts'
import { durationMs } from '../../../../runtime/log/kafka/settings/duration.ts'
import type { ParsedSettings } from '../../../../runtime/log/kafka/settings/parsed-settings.ts'
import { producerKeys } from '../../../../runtime/log/kafka/settings/producer-keys.ts'
import { producerSettings } from '../../../../runtime/log/kafka/settings/producer-settings.ts'
import { securityKeys } from '../../../../runtime/log/kafka/settings/security-keys.ts'
import { type Client, isKnown } from '../../../../runtime/log/kafka/settings/unused-keys.ts'
import type { ClientSettings } from '../../../../runtime/log/log.ts'

/** Key → default of Kafka 4.3.1's own clients, as their `configDef` prints them. */
const java: Readonly<Record<Client, Readonly<Record<string, string | null>>>> = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../fixtures/kafka-settings/java-client-keys.json'),
    'utf8',
  ),
)
const honoured = {
  admin: { ...connectionKeys, ...securityKeys },
  producer: { ...connectionKeys, ...securityKeys, ...producerKeys },
  consumer: { ...connectionKeys, ...securityKeys, ...consumerKeys },
}
const parsers = { admin: adminSettings, producer: producerSettings, consumer: consumerSettings }
const servers = { 'bootstrap.servers': 'kafka:9092' }
const keysOf = ({ problems }: ParsedSettings<unknown>) => problems.map(([key]) => key)

function everything(client: Client, settings: ClientSettings): readonly string[] {
  return [connectionSettings({ ...servers, ...settings }), parsers[client](settings)].flatMap(
    ({ problems, warnings }) => [...problems, ...warnings].map(([key]) => key),
  )
}

t.test('each key of Kafka’s clients is honoured, has no effect, or is refused', async (t) => {
  for (const client of ['admin', 'producer', 'consumer'] as const) {
    const keys = Object.keys(java[client])
    t.ok(keys.length > 80, client)
    t.strictSame(
      keys.filter((key) => !isKnown(client, key)),
      [],
      client,
    )
    for (const key of keys) {
      if (key in honoured[client]) continue
      const said = everything(client, { [key]: 'true' })
      t.strictSame(said, [key], `${client}: ${key} is spoken of once`)
    }
  }
})

t.test('a key that Kafka does not know is said to have no effect', async (t) => {
  const { warnings, problems } = producerSettings({ 'linger.msec': '5' })
  t.strictSame(problems, [])
  t.match(warnings, [['linger.msec', /linger\.msec has no effect/]])
})

t.test('defaults are Java’s, or those that Connect sets', async (t) => {
  const differs: Readonly<Record<string, string>> = {
    'connections.max.idle.ms': 'that of producers and consumers, for the admin client too',
    'sasl.mechanism': 'GSSAPI is not spoken: the key has to be given',
    'delivery.timeout.ms': 'Connect: for ever',
    'max.block.ms': 'Connect: for ever',
    'enable.idempotence': 'true unless acks says otherwise',
    'enable.auto.commit': 'Connect: the worker commits',
    'auto.offset.reset': 'left out: whoever reads says where to begin',
    'max.poll.records': 'what the sink declares',
    'partition.assignment.strategy': 'by ranges',
    'sasl.oauthbearer.jwt.retriever.class': 'printed as a class',
  }
  for (const client of ['admin', 'producer', 'consumer'] as const)
    for (const [key, { default: ours }] of Object.entries(honoured[client])) {
      const theirs = java[client][key]
      if (theirs === undefined || theirs === null || key in differs) continue
      const shown = Array.isArray(ours) ? `[${ours.join(', ')}]` : String(ours ?? '')
      t.equal(shown, theirs === '[]' ? '' : theirs, `${client}: ${key}`)
    }
})

t.test('bootstrap.servers takes names, IPv4 and IPv6', async (t) => {
  t.strictSame(bootstrapAddresses(['kafka:9092', '10.0.0.1:1', '[::1]:9092', 'SSL://b_1.x:2']), [
    { host: 'kafka', port: 9092 },
    { host: '10.0.0.1', port: 1 },
    { host: '::1', port: 9092 },
    { host: 'b_1.x', port: 2 },
  ])
  for (const wrong of ['kafka', 'kafka:', ':9092', '::1:9092', 'kafka:0', 'kafka:65536', 'a b:1'])
    t.type(bootstrapAddresses([wrong]), 'string', wrong)
  t.strictSame(keysOf(connectionSettings({})), ['bootstrap.servers'])
  t.strictSame(keysOf(connectionSettings({ 'bootstrap.servers': '' })), ['bootstrap.servers'])
})

t.test('time-outs come typed; what is no number is a problem of its key', async (t) => {
  const { settings, problems } = connectionSettings({
    ...servers,
    'request.timeout.ms': '1234',
    'reconnect.backoff.max.ms': ' 7 ',
    'client.dns.lookup': 'resolve_canonical_bootstrap_servers_only',
    'client.rack': 'r1',
  })
  t.strictSame(problems, [])
  t.match(settings, {
    requestTimeoutMs: 1234,
    reconnectBackoffMaxMs: 7,
    looksUpNames: true,
    rack: 'r1',
    ssl: null,
    sasl: null,
    metadataMaxAgeMs: 300_000,
  })
  const wrong = { 'request.timeout.ms': '1s', 'retry.backoff.ms': '-1', 'client.dns.lookup': 'x' }
  t.strictSame(
    keysOf(connectionSettings({ ...servers, ...wrong })).sort(),
    Object.keys(wrong).sort(),
  )
})

t.test('a producer', async (t) => {
  t.match(producerSettings({}), {
    settings: { acks: -1, isIdempotent: true, compression: 'none', transactionalId: null },
    problems: [],
    warnings: [],
  })
  const settings = (more: ClientSettings) => producerSettings(more).settings
  t.match(settings({ acks: '1' }), { acks: 1, isIdempotent: false })
  t.match(settings({ acks: '0' }), { acks: 0, isIdempotent: false })
  t.match(settings({ acks: '-1' }), { acks: -1, isIdempotent: true })
  t.match(settings({ 'enable.idempotence': 'false' }), { isIdempotent: false })
  t.match(settings({ 'compression.type': 'zstd' }), { compressionLevel: null })
  t.match(settings({ 'compression.type': 'zstd', 'compression.zstd.level': '7' }), {
    compression: 'zstd',
    compressionLevel: 7,
  })
  t.match(settings({ 'compression.type': 'gzip', 'compression.gzip.level': '-1' }), {
    compressionLevel: null,
  })
  for (const [wrong, key] of [
    [{ acks: '2' }, 'acks'],
    [{ acks: '1', 'enable.idempotence': 'true' }, 'acks'],
    [{ retries: '0', 'enable.idempotence': 'true' }, 'retries'],
    [
      { 'max.in.flight.requests.per.connection': '6', 'enable.idempotence': 'true' },
      'max.in.flight.requests.per.connection',
    ],
    [{ 'transactional.id': 'a', acks: '1' }, 'transactional.id'],
    [{ 'transactional.id': '' }, 'transactional.id'],
    [{ 'compression.type': 'brotli' }, 'compression.type'],
    [{ 'compression.gzip.level': '0' }, 'compression.gzip.level'],
    [{ 'transaction.two.phase.commit.enable': 'true' }, 'transaction.two.phase.commit.enable'],
  ] as const)
    t.strictSame(keysOf(producerSettings(wrong)), [key], JSON.stringify(wrong))
})

t.test('a consumer', async (t) => {
  t.match(consumerSettings({}), {
    settings: {
      groupId: null,
      offsetReset: null,
      sessionTimeoutMs: 45_000,
      maxPollRecords: null,
      isolation: 'read_uncommitted',
    },
    problems: [],
    warnings: [],
  })
  const settings = (more: ClientSettings) => consumerSettings(more).settings
  t.match(settings({ 'auto.offset.reset': 'none' }), { offsetReset: 'none' })
  t.match(settings({ 'auto.offset.reset': 'by_duration:PT1H' }), {
    offsetReset: { agoMs: 3_600_000 },
  })
  t.match(settings({ 'group.instance.id': 'i1', 'max.poll.records': '7' }), {
    groupInstanceId: 'i1',
    maxPollRecords: 7,
  })
  for (const wrong of [
    { 'auto.offset.reset': 'newest' },
    { 'auto.offset.reset': 'by_duration:1h' },
    { 'enable.auto.commit': 'true' },
    { 'group.protocol': 'CONSUMER' },
    { 'group.protocol': 'share' },
    { 'group.instance.id': '' },
    { 'isolation.level': 'serializable' },
    { 'heartbeat.interval.ms': '45000' },
  ])
    t.strictSame(keysOf(consumerSettings(wrong)), Object.keys(wrong), JSON.stringify(wrong))
  t.strictSame(consumerSettings({ 'enable.auto.commit': 'false' }).warnings, [])
  const cooperative = {
    'partition.assignment.strategy': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
  }
  t.match(consumerSettings(cooperative).warnings, [['partition.assignment.strategy', /ranges/]])
})

t.test('durations are read as Java reads them', async (t) => {
  for (const [text, ms] of [
    ['PT1H30M', 5_400_000],
    ['P2DT1S', 172_801_000],
    ['PT0.25S', 250],
    ['pt5m', 300_000],
    ['P1D', 86_400_000],
  ] as const)
    t.equal(durationMs(text), ms, text)
  for (const text of ['', 'P', 'PT', '1h', 'PT1', 'P1Y', 'P1DT'])
    t.equal(durationMs(text), undefined, text)
})
