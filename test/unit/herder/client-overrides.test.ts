import t from 'tap'
import { defineSink, defineSource } from '../../../runtime/api/index.ts'
import type { ClientRules, KafkaClients } from '../../../runtime/herder/client-overrides.ts'
import type { ConfigInfos, SentConfig } from '../../../runtime/herder/herder.ts'
import type { OverridePolicy } from '../../../runtime/herder/override-policy.ts'
import { PluginCatalog } from '../../../runtime/herder/plugin-catalog.ts'
import { declaredPlugins } from '../../../runtime/plugins/declared-plugins.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'

const probes = [
  defineSink({
    name: 'ProbeSink',
    doc: 'Takes everything.',
    config: {},
    open: () => ({ put: async () => {} }),
  }),
  defineSource({
    name: 'ProbeSource',
    doc: 'Gives nothing.',
    config: {},
    open: () => ({ async *[Symbol.asyncIterator]() {} }),
  }),
]
const scanned = await PluginRegistry.scan()
const plugins = new PluginRegistry({
  plugins: [...scanned.list(), ...probes.flatMap((probe) => declaredPlugins(probe))],
  broken: [],
})

const cluster: KafkaClients = {
  groupId: 'connect-cluster',
  common: { 'bootstrap.servers': 'b:1' },
  producer: {},
  consumer: {},
  admin: {},
}

function rig(kafka: KafkaClients | null, policy: OverridePolicy = 'All', createsTopics = true) {
  const warnings: [fields: object, message: string][] = []
  const clients: ClientRules = { policy, kafka }
  const catalog = new PluginCatalog({
    plugins,
    logger: {
      debug() {},
      info() {},
      error() {},
      warn: (fields, message) => warnings.push([fields, message]),
    },
    rules: {
      converters: { key: 'JsonConverter', value: 'JsonConverter', header: 'SimpleHeaderConverter' },
      clients,
      createsTopics,
    },
    check: async () => ({}),
  })
  const sink = (more: SentConfig = {}) => ({
    name: 'n',
    'connector.class': 'ProbeSink',
    topics: 'a',
    ...more,
  })
  const source = (more: SentConfig = {}) => ({
    name: 'n',
    'connector.class': 'ProbeSource',
    ...more,
  })
  return {
    warnings,
    sink: (more?: SentConfig) => catalog.validate('ProbeSink', sink(more)),
    source: (more?: SentConfig) => catalog.validate('ProbeSource', source(more)),
    warn(config: SentConfig) {
      warnings.length = 0
      catalog.warn(catalog.validateKeys(config), config)
      return warnings.map(([, message]) => message)
    },
    sinkConfig: sink,
    sourceConfig: source,
  }
}

const errors = ({ configs }: ConfigInfos) =>
  configs.flatMap(({ value }) => value.errors.map((text) => [value.name, text]))
const rows = ({ configs }: ConfigInfos, prefix: string) =>
  configs.filter(({ value }) => value.name.startsWith(prefix))

t.test('on Kafka an override is a row of the answer, checked as the client reads it', async (t) => {
  const { sink, source } = rig(cluster)
  const infos = await source({
    'producer.override.acks': '1',
    'producer.override.linger.ms': '5',
    'producer.override.sasl.jaas.config': 'secret',
    'key.converter': 'JsonConverter',
  })
  t.strictSame(
    rows(infos, 'producer.').map(({ definition, value }) => [
      definition && [definition.name, definition.type, definition.display_name],
      value.value,
    ]),
    [
      [['producer.override.sasl.jaas.config', 'PASSWORD', 'sasl.jaas.config'], '[hidden]'],
      [['producer.override.acks', 'STRING', 'acks'], '1'],
      [null, null],
    ],
  )
  t.ok(
    infos.configs.findIndex(({ value }) => value.name === 'producer.override.acks') <
      infos.configs.findIndex(({ value }) => value.name === 'key.converter.schemas.enable'),
    'clients come before converters',
  )
  t.strictSame(errors(await source({ 'producer.override.max.request.size': 'x' })), [
    [
      'producer.override.max.request.size',
      'Invalid value x for configuration producer.override.max.request.size: Not a number of type INT',
    ],
  ])
  t.match(errors(await sink({ 'consumer.override.enable.auto.commit': 'true' })), [
    ['consumer.override.enable.auto.commit', /leave the key out/],
  ])
  t.strictSame(errors(await sink({ 'consumer.override.auto.offset.reset': 'none' })), [])
  t.match(
    errors(
      await sink({
        'consumer.override.session.timeout.ms': '2000',
        'consumer.override.heartbeat.interval.ms': '2000',
      }),
    ),
    [['consumer.override.heartbeat.interval.ms', /lower than session\.timeout\.ms/]],
    'what only shows together',
  )
  t.strictSame(errors(await source({ 'producer.override.bootstrap.servers': 'other:9' })), [])
})

t.test('settings of clients that the connector does not have are nobody’s', async (t) => {
  const { sink, source, warn, sourceConfig } = rig(cluster)
  t.equal(rows(await sink({ 'producer.override.acks': 'x' }), 'producer.').length, 0)
  t.equal(rows(await source({ 'consumer.override.group.id': 'x' }), 'consumer.').length, 0)
  const admin = { 'admin.override.request.timeout.ms': 'x' }
  t.strictSame(errors(await source(admin)), [])
  const creation = {
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
  }
  t.match(errors(await source({ ...admin, ...creation })), [
    ['admin.override.request.timeout.ms', /Not a number/],
  ])
  t.strictSame(warn(sourceConfig(admin)), ['nothing reads these keys of the connector config'])
})

t.test('a policy refuses in its own name', async (t) => {
  const given = {
    'producer.override.acks': '1',
    'producer.override.sasl.mechanism': 'PLAIN',
    'producer.override.unknown': 'x',
  }
  const text = (policy: string, key: string) => [
    `producer.override.${key}`,
    `The '${policy}' policy does not allow '${key}' to be overridden in the connector configuration.`,
  ]
  for (const kafka of [cluster, null]) {
    t.strictSame(
      errors(await rig(kafka, 'None').source(given)).sort(),
      ['acks', 'sasl.mechanism', 'unknown'].map((key) => text('None', key)),
    )
    t.strictSame(
      errors(await rig(kafka, 'Principal').source(given)).sort(),
      ['acks', 'unknown'].map((key) => text('Principal', key)),
    )
    t.strictSame(errors(await rig(kafka, 'All').source(given)), [])
  }
  t.equal((await rig(cluster, 'None').source(given)).error_count, 3, 'keys are counted')
})

t.test('a sink may not be in the group of the workers', async (t) => {
  const { sink } = rig(cluster)
  t.strictSame(errors(await sink({ name: 'cluster' })), [
    [
      'name',
      'Consumer group for sink connector named cluster conflicts with Connect worker group connect-cluster',
    ],
  ])
  t.strictSame(errors(await sink({ 'consumer.override.group.id': 'connect-cluster' })), [
    [
      'consumer.override.group.id',
      'Consumer group connect-cluster conflicts with Connect worker group connect-cluster',
    ],
  ])
  t.strictSame(errors(await sink({ name: 'cluster', 'consumer.override.group.id': 'mine' })), [])
  const { sink: embedded } = rig(null)
  t.strictSame(errors(await embedded({ name: 'cluster' })), [])
})

t.test('on the embedded log they are taken, and those without effect are named', async (t) => {
  const { sink, source, warn, sinkConfig, sourceConfig } = rig(null)
  const tuned = {
    'consumer.override.fetch.min.bytes': 'nonsense',
    'consumer.override.max.poll.records': '10',
    'consumer.override.security.protocol': 'SSL',
  }
  t.equal((await sink(tuned)).error_count, 0)
  t.equal((await source({ 'producer.override.acks': 'whatever' })).error_count, 0)
  t.strictSame(warn(sinkConfig(tuned)), [
    'consumer.override.fetch.min.bytes has no effect on the embedded log.',
    'consumer.override.security.protocol has no effect on the embedded log.',
  ])
  t.strictSame(warn(sourceConfig({ 'producer.override.acks': '1' })), [
    'producer.override.acks has no effect on the embedded log.',
  ])
})

t.test('on Kafka what has no meaning is named, each key once', async (t) => {
  const { warn, sourceConfig } = rig({ ...cluster, common: { ...cluster.common, retries: '1' } })
  t.strictSame(
    warn(sourceConfig({ 'producer.override.linger.ms': '5', 'producer.override.lingr.ms': '5' })),
    [
      'producer.override.linger.ms has no effect: the worker makes the batches, of what comes together.',
      "producer.override.lingr.ms has no effect: it is no key of Kafka's producer.",
    ],
  )
})

t.test(
  'topic creation is checked where the worker allows it, and shown only when wrong',
  async (t) => {
    const { source, warn, sourceConfig } = rig(cluster)
    const right = {
      'topic.creation.groups': 'g',
      'topic.creation.g.include': 'a.*',
      'topic.creation.g.cleanup.policy': 'compact',
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '-1',
    }
    const infos = await source(right)
    t.strictSame(errors(infos), [])
    t.strictSame(
      rows(infos, 'topic.creation.').map(({ value }) => value.name),
      ['topic.creation.groups'],
    )
    t.strictSame(warn(sourceConfig(right)), [])
    t.strictSame(warn(sourceConfig({ ...right, 'topic.creation.h.partitions': '1' })), [
      'nothing reads these keys of the connector config',
    ])
    const wrong = { ...right, 'topic.creation.default.partitions': '0' }
    const bad = await source(wrong)
    t.match(bad.configs[0], {
      definition: null,
      value: { name: 'topic.creation.default.partitions' },
    })
    t.equal(bad.error_count, 1)
    const off = rig(cluster, 'All', false)
    t.equal((await off.source(wrong)).error_count, 0)
    t.strictSame(off.warn(sourceConfig(right)), [
      'nothing reads these keys of the connector config',
    ])
  },
)
