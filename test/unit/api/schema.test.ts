import t from 'tap'
import {
  DATE,
  Decimal,
  decimal,
  FLOAT64,
  INT8,
  INT32,
  INT64,
  Instant,
  OPTIONAL_STRING,
  Schema,
  SchemaBuilder,
  STRING,
  Struct,
  sameValue,
  TIMESTAMP,
  TypedNumber,
} from '../../../runtime/api/index.ts'

const point = () =>
  SchemaBuilder.struct()
    .name('geo.Point')
    .version(2)
    .doc('A place.')
    .parameter('unit', 'degree')
    .field('lat', FLOAT64)
    .field('label', OPTIONAL_STRING)

t.test('schemas are equal when every attribute is', async (t) => {
  const schema = point().build()
  t.ok(schema.equals(point().build()))
  t.notOk(schema.equals(null))
  const others = [
    point().optional().build(),
    point().field('more', INT8).build(),
    point().parameter('more', 'x').build(),
    schema.with({ name: 'geo.Other' }),
    schema.with({ version: 3 }),
    schema.with({ doc: null }),
    schema.with({ fields: [...schema.fields].reverse() }),
    schema.with({ default: new Struct(schema) }),
  ]
  for (const other of others) t.notOk(schema.equals(other), `${JSON.stringify(other)}`)
  t.notOk(SchemaBuilder.array(INT8).build().equals(SchemaBuilder.array(INT32).build()))
  t.notOk(SchemaBuilder.map(STRING, INT8).build().equals(SchemaBuilder.map(STRING, INT32).build()))
})

t.test('values are equal by content', async (t) => {
  const pairs: [unknown, unknown][] = [
    [Buffer.from('a'), new Uint8Array([97])],
    [new Decimal(15n, 1), new Decimal(15n, 1)],
    [new Instant(5), new Instant(5n)],
    [
      [1, [2n]],
      [1, [2n]],
    ],
    [new Map([['a', [1]]]), new Map([['a', [1]]])],
    [{ a: Number.NaN }, { a: Number.NaN }],
  ]
  for (const [a, b] of pairs) t.ok(sameValue(a, b))
  const others: [unknown, unknown][] = [
    [new Decimal(15n, 1), new Decimal(150n, 2)],
    [0, -0],
    [1, 1n],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [new Map([['a', 1]]), { a: 1 }],
    [new TypedNumber('int8', 1), new TypedNumber('int16', 1)],
    [null, 0],
  ]
  for (const [a, b] of others) t.notOk(sameValue(a, b))
})

t.test('a schema tells its logical type and prints its name', async (t) => {
  t.equal(DATE.logical, 'date')
  t.equal(decimal(2).logical, 'decimal')
  t.equal(INT32.logical, null)
  t.equal(String(INT32), 'Schema{INT32}')
  t.equal(String(TIMESTAMP), 'Schema{org.apache.kafka.connect.data.Timestamp:INT64}')
  t.throws(() => INT8.field('a'), { message: 'Cannot look up fields on non-struct type' })
})

t.test('a builder refuses what Connect refuses', async (t) => {
  const cases: [string, () => unknown][] = [
    ['Invalid SchemaBuilder call: name has already been set.', () => point().name('other')],
    ['Invalid SchemaBuilder call: version has already been set.', () => point().version(1)],
    ['Invalid SchemaBuilder call: doc has already been set.', () => point().doc('')],
    [
      'Invalid SchemaBuilder call: optional has already been set.',
      () => point().optional().required(),
    ],
    [
      'Invalid SchemaBuilder call: default has already been set.',
      () => new SchemaBuilder('int8').defaultValue(1).defaultValue(2),
    ],
    ['Invalid default value', () => new SchemaBuilder('int8').defaultValue('x')],
    ['Invalid default value', () => new SchemaBuilder('int8').defaultValue(300)],
    ['Invalid default value', () => new SchemaBuilder('int8').defaultValue(null)],
    [
      'Invalid default value',
      () => new SchemaBuilder('int32').defaultValue(new Instant(0)).name('late'),
    ],
    ['Cannot create fields on type INT8', () => new SchemaBuilder('int8').field('a', INT8)],
    ['fieldName cannot be null.', () => point().field('', INT8)],
    ['fieldSchema for field a cannot be null.', () => point().field('a', null as never)],
    ['Cannot create field because of field name duplication lat', () => point().field('lat', INT8)],
    ['valueSchema cannot be null.', () => SchemaBuilder.array(null as never)],
    ['keySchema cannot be null.', () => SchemaBuilder.map(null as never, INT8)],
    ['valueSchema cannot be null.', () => SchemaBuilder.map(INT8, null as never)],
  ]
  for (const [message, run] of cases)
    t.throws(run, { name: 'SchemaBuilderException', code: 'CONNECT_SCHEMA_BUILDER', message })
  t.ok(
    point().name('geo.Point').optional().optional().build().optional,
    'the same again is no change',
  )
  t.equal(new SchemaBuilder('int8').optional().defaultValue(null).build().default, null)
  t.same(
    new SchemaBuilder('int32')
      .name(DATE.name as string)
      .defaultValue(new Instant(0))
      .build().default,
    new Instant(0),
  )
})

t.test('what was built no longer changes with its builder', async (t) => {
  const builder = point()
  const schema = builder.build()
  builder.parameter('later', 'x').field('later', INT64)
  t.equal(schema.parameters?.size, 1)
  t.equal(schema.fields.length, 2)
  t.equal(new Schema({ type: 'int8', parameters: new Map() }).parameters, null)
})

t.test('a decimal prints its digits, and never a thousand zeros that nobody wrote', async (t) => {
  t.equal(String(new Decimal(-5n, 3)), '-0.005')
  t.equal(String(new Decimal(12345n, 2)), '123.45')
  t.equal(String(new Decimal(12n, -2)), '1200')
  t.equal(String(new Decimal(12n, -2_000_000_000)), '12e2000000000')
  t.equal(String(new Decimal(12n, 2_000_000_000)), '12e-2000000000')
})
