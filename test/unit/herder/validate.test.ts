import t from 'tap'
import {
  configDef,
  defineSink,
  defineSource,
  type Findings,
  isPlainObject,
} from '../../../runtime/api/index.ts'
import type { ConfigInfos, ConfigMap, SentConfig } from '../../../runtime/herder/herder.ts'
import { PluginCatalog } from '../../../runtime/herder/plugin-catalog.ts'
import type { WorkerRules } from '../../../runtime/herder/validate.ts'
import { declaredPlugins } from '../../../runtime/plugins/declared-plugins.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'

const transforms = 'org.apache.kafka.connect.transforms'

const probeSink = defineSink({
  name: 'ProbeSink',
  doc: 'Takes a mode, a table and a password.',
  version: '2.5',
  aliases: [{ class: 'com.acme.AcmeSinkConnector', rename: { table: 'acme.table' } }],
  config: configDef({
    table: { type: 'string', importance: 'high', doc: 'Where to.', group: 'Target' },
    mode: {
      type: 'string',
      importance: 'medium',
      doc: 'How.',
      default: 'insert',
      oneOf: ['insert', 'upsert'],
      recommended: () => ['insert', 'upsert'],
    },
    password: { type: 'password', importance: 'high', doc: 'Secret.', default: null },
    pw: {
      type: 'password',
      importance: 'high',
      doc: 'Secret, once.',
      default: null,
      deprecated: { since: '1.0', use: 'password' },
    },
    hidden: { type: 'int', importance: 'low', doc: 'Not shown.', default: 1, internal: true },
  }),
  validate({ table, mode, password }): Findings {
    if (table === 'quoting') return { password: `${password?.reveal()} is too short` }
    return table === 'locked' && mode === 'upsert' ? { table: 'locked refuses upserts' } : {}
  },
  async check({ table }): Promise<Findings> {
    return table === 'gone' ? { table: ['there is no such table'] } : {}
  },
  open: () => ({ put: async () => {} }),
})

const probeSource = defineSource({
  name: 'ProbeSource',
  doc: 'Has no keys of its own.',
  config: {},
  open: () => ({ async *[Symbol.asyncIterator]() {} }),
})

const rules: WorkerRules = {
  converters: {
    key: 'JsonConverter',
    value: 'org.apache.kafka.connect.json.JsonConverter',
    header: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  },
  clients: { policy: 'All', kafka: null },
  createsTopics: true,
}

t.test('validating a connector config', async (t) => {
  const scanned = await PluginRegistry.scan()
  const plugins = new PluginRegistry({
    plugins: [...scanned.list(), ...declaredPlugins(probeSink), ...declaredPlugins(probeSource)],
    broken: [],
  })
  const checked: [string, ConfigMap][] = []
  const warnings: object[] = []
  const catalog = new PluginCatalog({
    plugins,
    logger: { debug() {}, info() {}, error() {}, warn: (fields) => warnings.push(fields) },
    rules,
    async check(plugin, config) {
      checked.push([plugin, config])
      const found = plugins.connector(plugin)
      const own = probeSink.check?.({ ...found.canonical(config) } as never, {} as never)
      const findings = Object.entries((await own) ?? {})
      return Object.fromEntries(findings.map(([key, text]) => [found.keyName(key), text]))
    },
  })
  const right = {
    name: 'n',
    'connector.class': 'ProbeSink',
    topics: 'a,b',
    table: 't',
  }
  const validate = (config: SentConfig, plugin = 'ProbeSink') => catalog.validate(plugin, config)
  const sink = (more: SentConfig = {}) => validate({ ...right, ...more })
  const source = (more: SentConfig = {}) =>
    validate({ name: 'n', 'connector.class': 'ProbeSource', ...more }, 'ProbeSource')
  const errorsOf = ({ configs }: ConfigInfos, key?: string) =>
    configs
      .filter(({ value }) => key === undefined || value.name === key)
      .flatMap(({ value }) => value.errors)
  const rowOf = ({ configs }: ConfigInfos, key: string) =>
    configs.find(({ value }) => value.name === key)
  const keysOf = ({ configs }: ConfigInfos) => configs.map(({ value }) => value.name)

  await t.test('finds nothing wrong with a right one and tries its connection', async (t) => {
    const infos = await sink()
    t.strictSame(errorsOf(infos), [])
    t.equal(infos.error_count, 0)
    t.equal(infos.name, 'ProbeSink')
    t.strictSame(checked.at(-1), ['tapline.ProbeSink', right])
  })

  await t.test('lists the keys of a sink in the order of Kafka Connect 4.3', async (t) => {
    const infos = await sink({ transforms: 'x', 'transforms.x.type': `${transforms}.RegexRouter` })
    t.strictSame(keysOf(infos), [
      'name',
      'connector.class',
      'connector.plugin.version',
      'tasks.max',
      'tasks.max.enforce',
      'key.converter',
      'key.converter.plugin.version',
      'value.converter',
      'value.converter.plugin.version',
      'header.converter',
      'header.converter.plugin.version',
      'transforms',
      'predicates',
      'config.action.reload',
      'errors.retry.timeout',
      'errors.retry.delay.max.ms',
      'errors.tolerance',
      'errors.log.enable',
      'errors.log.include.messages',
      'topics',
      'topics.regex',
      'errors.deadletterqueue.topic.name',
      'errors.deadletterqueue.topic.replication.factor',
      'errors.deadletterqueue.context.headers.enable',
      'transforms.x.type',
      'transforms.x.plugin.version',
      'transforms.x.regex',
      'transforms.x.replacement',
      'transforms.x.negate',
      'transforms.x.predicate',
      'table',
      'mode',
      'password',
      'pw',
    ])
    t.strictSame(infos.groups, [
      'Common',
      'Transforms',
      'Predicates',
      'Error Handling',
      'Transforms: x',
      'Target',
    ])
    const orders = infos.configs.map(({ definition }) => definition?.order_in_group)
    t.strictSame(
      orders.slice(0, 30),
      [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1, 2, 3, 4, 5, 4, 4, 6, 7, 8, 0, 1, 2, 3, 4,
        5,
      ],
    )
  })

  await t.test('lists those of a source', async (t) => {
    const infos = await source()
    t.strictSame(keysOf(infos).slice(19), [
      'topic.creation.groups',
      'exactly.once.support',
      'transaction.boundary',
      'transaction.boundary.interval.ms',
      'offsets.storage.topic',
    ])
    t.strictSame(infos.groups, [
      'Common',
      'Transforms',
      'Predicates',
      'Error Handling',
      'Topic Creation',
      'Exactly Once Support',
      'offsets.topic',
    ])
    t.strictSame(errorsOf(infos), [])
  })

  await t.test('describes a key as clients of any version read it', async (t) => {
    const infos = await sink({ password: 'geheim' })
    t.match(rowOf(infos, 'tasks.max'), {
      definition: {
        name: 'tasks.max',
        type: 'INT',
        required: false,
        default_value: '1',
        importance: 'HIGH',
        group: 'Common',
        order_in_group: 4,
        width: 'SHORT',
        display_name: 'Tasks max',
        dependents: [],
        order: 4,
      },
      value: { name: 'tasks.max', value: '1', recommended_values: [], errors: [], visible: true },
    })
    t.match(rowOf(infos, 'mode'), {
      definition: { group: null, order_in_group: -1, width: 'NONE', display_name: 'mode' },
      value: { recommended_values: ['insert', 'upsert'] },
    })
    t.match(rowOf(infos, 'table')?.definition, { required: true, default_value: null })
    t.equal(rowOf(infos, 'topics')?.value.value, 'a,b')
    t.equal(rowOf(infos, 'password')?.value.value, '[hidden]')
    t.notMatch(JSON.stringify(infos), /geheim/)
    t.equal(
      rowOf(infos, 'key.converter')?.value.value,
      'org.apache.kafka.connect.json.JsonConverter',
    )
    t.ok(
      rowOf(infos, 'value.converter')?.value.recommended_values.includes(
        'org.apache.kafka.connect.storage.StringConverter',
      ),
    )
    t.equal(rowOf(infos, 'connector.plugin.version')?.definition?.default_value, '2.5')
  })

  await t.test('keeps every problem, and validates what it cannot parse as null', async (t) => {
    const infos = await validate({
      'connector.class': 'ProbeSink',
      'tasks.max': 'x',
      mode: 'merge',
      password: null,
      'foreign.key': null,
      'errors.tolerance': 'some',
    })
    t.strictSame(errorsOf(infos), [
      'Null value can not be supplied as the configuration value.',
      'Missing required configuration "name" which has no default value.',
      'Invalid value x for configuration tasks.max: Not a number of type INT',
      'Invalid value null for configuration tasks.max: Value must be non-null',
      'Invalid value some for configuration errors.tolerance: String must be one of: none, all',
      'Must configure one of topics or topics.regex',
      'Must configure one of topics or topics.regex',
      'Missing required configuration "table" which has no default value.',
      'Invalid value merge for configuration mode: String must be one of: insert, upsert',
      'Null value can not be supplied as the configuration value.',
    ])
    t.equal(infos.error_count, 10)
    t.match(infos.configs[0], { definition: null, value: { name: 'foreign.key', value: null } })
    t.equal(rowOf(infos, 'tasks.max')?.value.value, null)
  })

  await t.test('leaves unknown keys out of the answer', async (t) => {
    const infos = await sink({ 'some.foreign.key': 'x', __proto__: 'y' })
    t.notOk(keysOf(infos).includes('some.foreign.key'))
    t.equal(infos.error_count, 0)
    const sent = JSON.parse(JSON.stringify(right).replace('{', '{"__proto__":"x","a":null,'))
    t.ok(isPlainObject(sent))
    t.equal((await validate(sent)).error_count, 1)
  })

  await t.test('asks for topics or a pattern, not for both', async (t) => {
    const both = await sink({ 'topics.regex': 'a.*' })
    const message = 'topics and topics.regex are mutually exclusive options, but both are set.'
    t.strictSame(errorsOf(both, 'topics'), [message])
    t.strictSame(errorsOf(both, 'topics.regex'), [message])
    t.strictSame(errorsOf(await sink({ topics: ' ', 'topics.regex': 'a.*' })), [])
    t.match(errorsOf(await sink({ topics: '', 'topics.regex': '(' })), [
      /^Invalid value \( for configuration topics\.regex: Invalid regex: /,
    ])
  })

  await t.test('refuses names that are empty, hold controls or fit into no URL', async (t) => {
    const namedErrors = async (name: string) => errorsOf(await sink({ name }), 'name')
    t.strictSame(await namedErrors(''), [
      'Invalid value  for configuration name: String may not be empty',
    ])
    t.match(await namedErrors('a\r\nb'), [
      /String may not contain control sequences but had the following ASCII chars: 13, 10$/,
    ])
    for (const name of ['.', '..', 'half\ud800']) t.equal((await namedErrors(name)).length, 1, name)
    t.strictSame(await namedErrors('a/b ü%?;'), [])
  })

  await t.test('checks transformations and predicates, alias by alias', async (t) => {
    const infos = await sink({
      transforms: 'gone,kind,outer,missing,neg,cast',
      'transforms.gone.type': 'com.acme.Gone',
      'transforms.kind.type': 'org.apache.kafka.connect.json.JsonConverter',
      'transforms.outer.type': `${transforms}.Cast`,
      'transforms.neg.type': 'Filter',
      'transforms.neg.negate': 'true',
      'transforms.cast.type': `${transforms}.Cast$Value`,
      'transforms.cast.replace.null.with.default': 'maybe',
      predicates: 'p',
      'predicates.p.type': 'TopicNameMatches',
      'predicates.p.pattern': '',
    })
    const of = (key: string) => errorsOf(infos, key)
    t.strictSame(of('transforms.gone.type'), [
      'Invalid value com.acme.Gone for configuration transforms.gone.type: Class com.acme.Gone could not be found.',
      'Invalid value null for configuration transforms.gone.type: Not a Transformation',
    ])
    t.strictSame(of('transforms.kind.type'), [
      'Class class org.apache.kafka.connect.json.JsonConverter does not implement the Transformation interface',
    ])
    t.strictSame(of('transforms.outer.type'), [
      `This class is abstract and cannot be created. Did you mean ${transforms}.Cast$Key, ${transforms}.Cast$Value?`,
    ])
    t.strictSame(of('transforms.missing.type'), [
      'Missing required configuration "transforms.missing.type" which has no default value.',
      'Invalid value null for configuration transforms.missing.type: Not a Transformation',
    ])
    t.strictSame(of('transforms.neg.type'), [
      "Config 'transforms.neg.negate' was provided but there is no config 'transforms.neg.predicate' defining a predicate to be negated.",
    ])
    t.strictSame(of('transforms.cast.spec').slice(0, 1), [
      'Missing required configuration "transforms.cast.spec" which has no default value.',
    ])
    t.strictSame(of('transforms.cast.replace.null.with.default'), [
      'Invalid value maybe for configuration transforms.cast.replace.null.with.default: Expected value to be either true or false',
      'Invalid value null for configuration replace.null.with.default: entry must be non null',
    ])
    t.strictSame(
      of('predicates.p.pattern'),
      ['Invalid value  for configuration pattern: String must be non-empty'],
      'a validator knows the short name',
    )
    t.equal(rowOf(infos, 'transforms.neg.type')?.value.value, `${transforms}.Filter`)
    t.ok(infos.groups.includes('Predicates: p'))
    const twice = await sink({ transforms: 'a,a', 'transforms.a.type': 'Filter' })
    t.strictSame(errorsOf(twice, 'transforms'), [
      'Invalid value [a, a] for configuration transforms: Duplicate alias provided.',
    ])
    const aliases = Array.from({ length: 300_000 }, (_, n) => n.toString(36)).join(',')
    t.strictSame(errorsOf(await sink({ transforms: aliases }), 'transforms'), [
      "Configuration 'transforms' lists 300000 aliases; 1000 are the most there can be.",
    ])
  })

  await t.test('checks converters, whose keys come with their class', async (t) => {
    const infos = await sink({
      'key.converter': 'Json',
      'key.converter.schemas.enable': 'perhaps',
      'value.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
      'value.converter.schemas.enable': 'perhaps',
      'header.converter': 'Gone',
    })
    t.equal(
      rowOf(infos, 'key.converter')?.value.value,
      'org.apache.kafka.connect.json.JsonConverter',
    )
    t.match(errorsOf(infos, 'key.converter.schemas.enable'), [
      'Invalid value perhaps for configuration schemas.enable: Expected value to be either true or false',
    ])
    t.equal(keysOf(infos).at(-1)?.startsWith('key.converter.'), true)
    t.strictSame(errorsOf(infos, 'value.converter'), [
      'Class class org.apache.kafka.connect.storage.SimpleHeaderConverter does not implement the Converter interface',
    ])
    t.strictSame(errorsOf(infos, 'header.converter'), [
      'Invalid value Gone for configuration header.converter: Class Gone could not be found.',
    ])
    const worker = await sink({ 'key.converter.schemas.enable': 'perhaps' })
    t.equal(worker.error_count, 0, "the worker's own converter is not the connector's affair")
  })

  await t.test('a sink does not read its own dead letters', async (t) => {
    const queue = { 'errors.deadletterqueue.topic.name': ' dlq ' }
    t.equal((await sink({ ...queue, 'errors.tolerance': 'all' })).error_count, 0)
    t.strictSame(errorsOf(await sink({ ...queue, topics: 'a, dlq' }), 'topics'), [
      "The DLQ topic 'dlq' may not be included in the list of topics ('topics=[a, dlq]') consumed by the connector",
    ])
    const matching = await sink({ ...queue, topics: '', 'topics.regex': 'd.*' })
    t.strictSame(errorsOf(matching, 'topics.regex'), [
      "The DLQ topic 'dlq' may not be matched by the regex for the topics ('topics.regex=d.*') consumed by the connector",
    ])
    t.equal((await sink({ ...queue, topics: '', 'topics.regex': 'dl' })).error_count, 0)
  })

  await t.test('refuses on the key what is not available yet', async (t) => {
    const later: [SentConfig, string][] = [[{ 'connector.plugin.version': '1.0' }, '2.5']]
    for (const [config, standard] of later) {
      const [key = ''] = Object.keys(config)
      t.strictSame(errorsOf(await sink(config)), [
        `Setting ${key} is not available yet: leave it out${standard ? ` or set it to ${standard}` : ''}.`,
      ])
      t.strictSame(errorsOf(await sink({ [key]: standard })), [], `${key}=${standard}`)
    }
    for (const config of [
      { 'exactly.once.support': 'required' },
      { 'transaction.boundary': 'interval' },
      { 'offsets.storage.topic': 'mine' },
    ]) {
      const infos = await source(config)
      t.equal(infos.error_count, 1, JSON.stringify(config))
    }
    t.equal((await source({ 'exactly.once.support': 'REQUESTED' })).error_count, 0)
    // Of a provider that is not there, as Kafka Connect: it stays what it is.
    t.equal((await sink({ table: `x-$\{file:/etc/secrets:table}` })).error_count, 0)
    t.equal((await sink({ table: `$\{topic}` })).error_count, 0)
  })

  await t.test('takes max.poll.records for a sink', async (t) => {
    const key = 'consumer.override.max.poll.records'
    t.strictSame(errorsOf(await sink({ [key]: '10' })), [])
    t.strictSame(errorsOf(await sink({ [key]: '0' })), [
      `Invalid value 0 for configuration ${key}: Value must be at least 1`,
    ])
    const infos = await source({ [key]: '10' })
    t.equal(infos.error_count, 0)
    t.notOk(keysOf(infos).includes(key), 'a source has no such client')
  })

  await t.test(
    'takes group and start of a sink, and Java expressions for its topics',
    async (t) => {
      t.strictSame(errorsOf(await sink({ 'consumer.override.group.id': 'mine' })), [])
      const reset = 'consumer.override.auto.offset.reset'
      t.strictSame(errorsOf(await sink({ [reset]: 'latest' })), [])
      t.strictSame(errorsOf(await sink({ [reset]: 'none' })), [
        `Invalid value none for configuration ${reset}: String must be one of: earliest, latest`,
      ])
      const { topics: _, ...others } = right
      const regex = { ...others, 'topics.regex': '(?i)a\\Q.\\E[^b&&[a-z]]' }
      t.strictSame(errorsOf(await validate(regex)), [])
    },
  )

  await t.test('lets the plugin look at its keys together when each is right', async (t) => {
    t.strictSame(errorsOf(await sink({ table: 'locked', mode: 'upsert' }), 'table'), [
      'locked refuses upserts',
    ])
    t.strictSame(errorsOf(await sink({ table: 'locked', mode: 'merge' }), 'table'), [])
    const alias = { ...right, 'connector.class': 'com.acme.AcmeSinkConnector', mode: 'upsert' }
    const infos = await validate({ ...alias, 'acme.table': 'locked' }, 'AcmeSink')
    t.strictSame(errorsOf(infos, 'acme.table'), ['locked refuses upserts'])
  })

  await t.test('hides the secrets that a plugin quotes', async (t) => {
    t.strictSame(errorsOf(await sink({ table: 'quoting', password: 'pst' }), 'password'), [
      '[hidden] is too short',
    ])
  })

  await t.test('has a word in the log for keys that nothing reads or that are old', async (t) => {
    const config = { ...right, foreign: '1', 'key.converter.schemas.enable': 'true', pw: 'p' }
    catalog.warn(catalog.validateKeys(config), config)
    t.strictSame(warnings, [
      { connector: 'n', keys: ['foreign', 'key.converter.schemas.enable'] },
      { connector: 'n', key: 'pw', since: '1.0', use: 'password' },
    ])
  })

  await t.test('tries the connection last, and only when nothing else is wrong', async (t) => {
    t.strictSame(errorsOf(await sink({ table: 'gone' }), 'table'), ['there is no such table'])
    const before = checked.length
    await sink({ table: 'gone', 'tasks.max': '0' })
    t.equal(checked.length, before)
    const alias = { ...right, 'connector.class': 'com.acme.AcmeSinkConnector' }
    const infos = await validate({ ...alias, 'acme.table': 'gone', table: '' }, 'AcmeSink')
    t.strictSame(errorsOf(infos, 'acme.table'), ['there is no such table'])
    t.equal(checked.at(-1)?.[0], 'com.acme.AcmeSinkConnector')
  })

  await t.test('compares the class with the one in the path', async (t) => {
    for (const [plugin, className] of [
      ['ProbeSink', 'ProbeSinkConnector'],
      ['ProbeSinkConnector', 'ProbeSink'],
      ['tapline.ProbeSink', 'tapline.ProbeSink'],
      ['Sink', 'ProbeSink'],
    ] as const) {
      t.equal((await validate({ ...right, 'connector.class': className }, plugin)).error_count, 0)
    }
    await t.rejects(validate({ ...right, 'connector.class': 'ProbeSink' }, 'tapline.ProbeSink'), {
      code: 'CONNECT_BAD_REQUEST',
      message: 'Included connector type ProbeSink does not match request type tapline.ProbeSink',
    })
    await t.rejects(validate({ name: 'n', password: 'geheim' }), {
      code: 'CONNECT_BAD_REQUEST',
      message: 'Connector config {name, password} contains no connector type',
    })
    await t.rejects(validate({ 'connector.class': 'Nope' }, 'Nope'), {
      code: 'CONNECT_BAD_REQUEST',
      message: /^Failed to find any class that implements Connector and which name matches Nope/,
    })
  })

  await t.test('the keys of a plugin are listed with those that every connector has', async (t) => {
    const keys = catalog.config('ProbeSink').map(({ name }) => name)
    t.strictSame(keys.slice(0, 5), ['table', 'mode', 'password', 'pw', 'name'])
    t.ok(keys.includes('topics'))
    t.notOk(keys.includes('hidden'))
    t.strictSame(
      catalog.config('RegexRouter').map(({ name }) => name),
      ['regex', 'replacement'],
    )
    t.ok(catalog.config('JsonConverter').some(({ name }) => name === 'schemas.enable'))
    t.throws(() => catalog.config('Nope'), {
      code: 'CONNECT_NOT_FOUND',
      message: 'Unknown plugin Nope.',
    })
  })

  await t.test('plugins are listed with or without what is no connector', async (t) => {
    t.match(
      catalog.list(true).find((plugin) => plugin.class === 'tapline.ProbeSink'),
      { type: 'sink', version: '2.5' },
    )
    t.notOk(catalog.list(true).some(({ type }) => type === 'transformation'))
    t.ok(catalog.list(false).some(({ type }) => type === 'header_converter'))
  })
})
