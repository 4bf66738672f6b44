import t from 'tap'
import {
  ConfigException,
  type ConnectRecord,
  configDef,
  DataException,
  defineTransformation,
  INT64,
  nonNull,
  OPTIONAL_STRING,
  type RawConfig,
  RetriableException,
  SchemaBuilder,
  type SinkRecord,
  STRING,
  Struct,
} from '../../../runtime/api/index.ts'
import { declaredPlugins } from '../../../runtime/plugins/declared-plugins.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'
import { StageException } from '../../../runtime/worker/stage-exception.ts'
import { TransformationChain } from '../../../runtime/worker/transformation-chain.ts'
import {
  errorDifference,
  failure,
  recordDifference,
  replay,
  toRecord,
  type Vector,
} from '../../helpers/vectors.ts'

const scanned = await PluginRegistry.scan()

/** Stands in the vectors' configurations; its own issue brings the real one. */
const hoistField = defineTransformation({
  name: 'HoistField',
  class: 'org.apache.kafka.connect.transforms.HoistField',
  doc: 'For tests.',
  config: configDef({
    field: { type: 'string', importance: 'medium', doc: '', validator: nonNull },
  }),
  sides: ['key', 'value'],
  create: () => ({
    plan: (schema) => ({ schema, map: (value) => value }),
    map: (value) => value,
  }),
})

const registry = new PluginRegistry({
  plugins: [
    ...scanned.list().filter(({ name }) => !name.startsWith('HoistField')),
    ...declaredPlugins(hoistField),
  ],
  broken: [],
})

const apache = 'org.apache.kafka.connect.transforms.'

/** Classes without their package. */
function chainOf(raw: RawConfig): TransformationChain {
  const full = Object.entries(raw).map(([key, value]) => {
    if (!/^[a-z]+\.[^.]+\.type$/.test(key) || value?.includes('.')) return [key, value]
    return [key, (key.startsWith('predicates.') ? `${apache}predicates.` : apache) + value]
  })
  return TransformationChain.create(Object.fromEntries(full), registry)
}

const record: SinkRecord = Object.freeze({
  topic: 'orders',
  partition: 3,
  keySchema: null,
  key: 'k',
  valueSchema: null,
  value: Object.freeze({ id: 1, name: 'n', secret: 's' }),
  timestamp: 1_483_425_001_864,
  headers: [],
  offset: 12,
  timestampType: 'CreateTime',
  originalTopic: 'orders',
  originalPartition: 3,
  originalOffset: 12,
})

const threeFields: RawConfig = {
  transforms: 'insert,replace,time',
  'transforms.insert.type': 'InsertField$Value',
  'transforms.insert.topic.field': 'topic',
  'transforms.insert.static.field': 'ts',
  'transforms.insert.static.value': '2017-01-03 06:30:01',
  'transforms.replace.type': 'ReplaceField$Value',
  'transforms.replace.exclude': 'secret',
  'transforms.replace.renames': 'name:title',
  'transforms.time.type': 'TimestampConverter$Value',
  'transforms.time.field': 'ts',
  'transforms.time.format': 'yyyy-MM-dd HH:mm:ss',
  'transforms.time.target.type': 'unix',
}

t.test('chains answer as Kafka Connect does', async (t) => {
  replay(t, 'chains', isServed, (vector) =>
    vector.error?.phase === 'validate' || vector.error?.phase === 'configure'
      ? refused(vector)
      : applied(vector),
  )
})

/** Chains of the classes that are there; what is refused is replayed whatever else it names. */
function isServed({ config, error, configured }: Vector): boolean {
  const isRefused = error?.phase === 'validate' || error?.phase === 'configure'
  const isStandIn = (name: string) => configured === true && name.includes('HoistField$')
  const isThere = (name: string) =>
    scanned.find(['transformation', 'predicate'], name) !== undefined || isStandIn(name)
  const types = Object.entries(config).filter(([key]) =>
    /^(transforms|predicates)\..*\.type$/.test(key),
  )
  return isRefused
    ? types.every(
        ([, name]) =>
          registry.find(['transformation', 'predicate'], `${name}`) ||
          error.message?.includes(`${name}`),
      )
    : types.every(([, name]) => isThere(`${name}`))
}

function refused({ config, error }: Vector): string | undefined {
  const found = failure(() => TransformationChain.create(config, registry))
  const [first] = found instanceof ConfigException ? found.problems : []
  // Connect wraps what a plugin's own `configure` says in a ConnectException that names the Java class.
  const message = error?.message?.replace(/^(\S+(Connect|Config)Exception: )+/, '') ?? ''
  return errorDifference(
    { ...error, class: 'ConfigException', phase: 'configure', message },
    first === undefined ? found : new ConfigException([first]),
  )
}

function applied(vector: Vector): string | undefined {
  const chain = TransformationChain.create(vector.config, registry)
  if (vector.configured) return undefined
  let found: ConnectRecord | null = null
  const error = failure(() => {
    found = chain.apply(toRecord(vector.input))
  })
  if (vector.error === undefined)
    return error === undefined
      ? recordDifference(vector.output, found)
      : `threw ${(error as Error).stack}`
  if (!(error instanceof StageException)) return `expected a failure, got ${error}`
  return errorDifference(vector.error, error.cause, { phase: 'apply', stage: error.stage.index })
}

t.test(
  'a record goes through all stages in order and the one that came in stays as it was',
  async (t) => {
    const chain = chainOf(threeFields)
    const before = structuredClone(record)
    const found = chain.apply(record)
    t.strictSame(found, {
      ...record,
      value: { id: 1, title: 'n', topic: 'orders', ts: 1_483_425_001_000 },
    })
    t.strictSame(Object.keys(found?.value as object), ['id', 'title', 'topic', 'ts'])
    t.strictSame(record, before)
    t.strictSame(
      chain.stages.map(({ alias }) => alias),
      ['insert', 'replace', 'time'],
    )
    t.notOk(chain.isEmpty)
  },
)

t.test('structs go the same way, with a schema made once', async (t) => {
  const schemaOf = () =>
    SchemaBuilder.struct()
      .name('order')
      .field('id', INT64)
      .field('name', OPTIONAL_STRING)
      .field('secret', STRING)
      .build()
  const chain = chainOf(threeFields)
  const found = [schemaOf(), schemaOf()].map((valueSchema) =>
    chain.apply({ ...record, valueSchema, value: new Struct(valueSchema, [1n, null, 's']) }),
  )
  const [first, second] = found
  t.strictSame((first as ConnectRecord & { value: Struct }).value.values, [
    1n,
    null,
    'orders',
    1_483_425_001_000n,
  ])
  t.strictSame(
    first?.valueSchema?.fields.map(({ name, schema }) => `${name} ${schema.type}`),
    ['id int64', 'title string', 'topic string', 'ts int64'],
  )
  t.equal(first?.valueSchema?.name, 'order')
  // Equal schemas share a plan, so what comes out is identical: caches further on depend on it.
  t.equal(first?.valueSchema, second?.valueSchema)
})

t.test('a record that nothing changes passes as the same object', async (t) => {
  const chain = chainOf({
    transforms: 'a,b,c',
    'transforms.a.type': 'InsertField$Key',
    'transforms.a.topic.field': 'topic',
    'transforms.b.type': 'RegexRouter',
    'transforms.b.regex': 'no',
    'transforms.b.replacement': 'x',
    'transforms.c.type': 'Filter',
    'transforms.c.predicate': 'p',
    predicates: 'p',
    'predicates.p.type': 'RecordIsTombstone',
  })
  const untouched = { ...record, key: null }
  t.equal(chain.apply(untouched), untouched)
  t.equal(chain.apply({ ...untouched, value: null }), null)
  const empty = chainOf({})
  t.equal(empty.apply(record), record)
  t.ok(empty.isEmpty)
  t.strictSame([...empty.reads], [])
})

t.test('predicates see what the stages before them made, negated or not', async (t) => {
  const raw: RawConfig = {
    transforms: 'route,drop',
    'transforms.route.type': 'RegexRouter',
    'transforms.route.regex': 'orders',
    'transforms.route.replacement': 'routed',
    'transforms.drop.type': 'Filter',
    'transforms.drop.predicate': 'is-routed',
    predicates: 'is-routed',
    'predicates.is-routed.type': 'TopicNameMatches',
    'predicates.is-routed.pattern': 'routed',
  }
  t.equal(chainOf(raw).apply(record), null)
  const negated = chainOf({ ...raw, 'transforms.drop.negate': 'TRUE' })
  t.strictSame(negated.apply(record), { ...record, topic: 'routed' })
  t.equal(negated.apply({ ...record, topic: 'other' }), null)
  t.strictSame([...negated.reads], ['topic'])
})

t.test(
  'schemaless maps keep their keys whatever these are called and however they vary',
  async (t) => {
    const chain = chainOf(threeFields)
    const hostile = JSON.parse('{"__proto__":{"a":1},"constructor":2,"secret":"s"}')
    const found = chain.apply({ ...record, value: hostile })?.value as object
    t.equal(
      JSON.stringify(found),
      '{"__proto__":{"a":1},"constructor":2,"topic":"orders","ts":1483425001000}',
    )
    t.equal(Object.getPrototypeOf(found), Object.prototype)
    // More shapes than are kept: those beyond take the plain way and come out alike.
    const wrong = Array.from({ length: 2_000 }, (_, i) => i).filter((i) => {
      const value = { [`k${i % 700}`]: i, name: 'n', secret: 's' }
      const wanted = { [`k${i % 700}`]: i, title: 'n', topic: 'orders', ts: 1_483_425_001_000 }
      return JSON.stringify(chain.apply({ ...record, value })?.value) !== JSON.stringify(wanted)
    })
    t.strictSame(wrong, [])
    const withoutText = new Map<unknown, unknown>([[1, 'a']])
    const inserted = chainOf({
      transforms: 'a',
      'transforms.a.type': 'InsertField$Value',
      'transforms.a.topic.field': 't',
    }).apply({ ...record, value: withoutText })
    t.strictSame(
      inserted?.value,
      new Map<unknown, unknown>([
        [1, 'a'],
        ['t', 'orders'],
      ]),
    )
  },
)

t.test('what is absent is left out, and a later stage treats it so', async (t) => {
  const raw: RawConfig = {
    transforms: 'insert,time',
    'transforms.insert.type': 'InsertField$Value',
    'transforms.insert.timestamp.field': 'ts',
    'transforms.insert.partition.field': 'p',
    'transforms.time.type': 'TimestampConverter$Value',
    'transforms.time.field': 'ts',
    'transforms.time.target.type': 'Timestamp',
  }
  const bare: ConnectRecord = { ...record, timestamp: null, partition: null, value: { a: 1 } }
  t.strictSame(chainOf(raw).apply(bare)?.value, { a: 1, ts: null })
})

const failing = (thrown: unknown) =>
  new PluginRegistry({
    plugins: declaredPlugins(
      defineTransformation({
        name: 'Failing',
        class: 'test.Failing',
        doc: 'For tests.',
        config: configDef({}),
        reads: [],
        create: () => ({
          apply() {
            throw thrown
          },
        }),
      }),
    ),
    broken: [],
  })

t.test('errors name the stage and keep what the host goes by', async (t) => {
  const raw = { transforms: 'boom', 'transforms.boom.type': 'test.Failing' }
  const thrownBy = (thrown: unknown) => {
    const found = failure(() => TransformationChain.create(raw, failing(thrown)).apply(record))
    return found as StageException
  }
  const bad = new DataException('no good', { hint: 'do better' })
  t.match(thrownBy(bad), {
    code: 'CONNECT_DATA',
    hint: 'do better',
    cause: bad,
    stage: { index: 0, alias: 'boom', class: 'test.Failing' },
    message: 'Transformation boom (test.Failing): no good',
  })
  t.match(thrownBy(new RetriableException('later', { afterMs: 5 })), {
    code: 'CONNECT_RETRIABLE',
    afterMs: 5,
  })
  t.match(thrownBy('text'), { code: 'CONNECT_ERROR', message: /boom.*: text$/ })
})

t.test('a chain that failed works on with the next record', async (t) => {
  const chain = chainOf(threeFields)
  t.throws(() => chain.apply({ ...record, value: 42 }), { code: 'CONNECT_DATA' })
  t.match(chain.apply(record)?.value, { title: 'n' })
})

t.test('every problem of the configuration is told at once, under its full key', async (t) => {
  const error = failure(() =>
    chainOf({
      transforms: 'a,b,c,d',
      'transforms.a.type': 'Cast$Value',
      'transforms.b.type': 'ReplaceField$Value',
      'transforms.b.replace.null.with.default': 'maybe',
      'transforms.b.renames': 'x',
      'transforms.b.predicate': 'nope',
      'transforms.c.type': 'Filter',
      'transforms.c.negate': 'true',
      'transforms.d.type': 'my.Unknown',
      predicates: 'p',
      'predicates.p.type': 'HasHeaderKey',
    }),
  ) as ConfigException
  t.equal(error.code, 'CONNECT_CONFIG')
  t.strictSame(
    [...new Set(error.problems.map(([key]) => key))],
    [
      'transforms.a.spec',
      'transforms.b.renames',
      'transforms.b.replace.null.with.default',
      'transforms.c.negate',
      'transforms.d.type',
      'predicates.p.name',
      'transforms.b.predicate',
    ],
  )
})

t.test('what a plugin refuses when it is made carries the full key, too', async (t) => {
  t.throws(
    () => chainOf({ transforms: 'i', 'transforms.i.type': 'InsertField$Value' }),
    new ConfigException([['transforms.i.topic.field', 'No field insertion configured']]),
  )
})
