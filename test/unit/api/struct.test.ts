import t from 'tap'
import {
  Decimal,
  describe,
  INT64,
  Instant,
  SchemaBuilder,
  Struct,
  TypedNumber,
  validateValue,
} from '../../../runtime/api/index.ts'
import {
  difference,
  errorDifference,
  failure,
  fromValue,
  replay,
  toSchema,
  toValue,
} from '../../helpers/vectors.ts'

t.test('a value is held against its schema as Connect does', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op === 'validateValue',
    ({ input, error }) => {
      const schema = toSchema(input.schema)
      const thrown = failure(() => validateValue(schema, toValue(schema, input.value)))
      return error ? errorDifference(error, thrown) : thrown ? String(thrown) : undefined
    },
  )
})

t.test('put takes what the field allows', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op === 'put',
    ({ input, output, error }) => {
      const schema = toSchema(input.schema)
      if (schema === null) return 'no schema'
      const field = schema.type === 'struct' ? schema.field(input.field) : undefined
      let struct: Struct | undefined
      const thrown = failure(() => {
        struct = new Struct(schema).put(input.field, toValue(field?.schema ?? null, input.value))
      })
      if (error) return errorDifference(error, thrown)
      if (thrown) return String(thrown)
      return difference(
        fromValue(schema, toValue(schema, output)),
        fromValue(schema, struct ?? null),
        '',
      )
    },
  )
})

const schema = SchemaBuilder.struct()
  .field('id', INT64)
  .field('name', new SchemaBuilder('string').optional().defaultValue('nobody').build())
  .field('size', new SchemaBuilder('int32').defaultValue(1).build())
  .build()

t.test('get fills in the default, the stored value stays null', async (t) => {
  const struct = new Struct(schema).put('id', 5n)
  t.equal(struct.get('name'), 'nobody')
  t.equal(struct.at(1), 'nobody')
  t.equal(struct.getWithoutDefault('name'), null)
  t.equal(struct.at(0), 5n)
  t.throws(() => struct.get('other'), { message: 'other is not a valid field name' })
  t.throws(() => struct.put('size', null), {
    message: 'Invalid value: null used for required field: "size", schema type: INT32',
  })
})

t.test(
  'validate passes a null that has a default and names the field that lacks its value',
  async (t) => {
    const struct = new Struct(schema)
    t.throws(() => struct.validate(), {
      message: 'Invalid value: null used for required field: "id", schema type: INT64',
    })
    struct.put('id', 1n).validate()
  },
)

t.test('structs are equal when schema and stored values are', async (t) => {
  const [a, b] = [new Struct(schema).put('id', 1n), new Struct(schema).put('id', 1n)]
  t.ok(a.equals(b))
  b.put('name', 'nobody')
  t.notOk(a.equals(b), 'a default is not the same as its value')
  t.notOk(a.equals(new Struct(schema.with({ doc: 'x' })).put('id', 1n)))
  t.notOk(a.equals({ id: 1n }))
})

t.test('only a struct schema has structs', async (t) => {
  t.throws(() => new Struct(INT64), {
    code: 'CONNECT_DATA',
    message: 'Not a struct schema: Schema{INT64}',
  })
})

t.test('values of every kind have a name for messages', async (t) => {
  const kinds: [unknown, string][] = [
    [null, 'null'],
    [1, 'class number'],
    [1n, 'class int64'],
    ['', 'class string'],
    [true, 'class boolean'],
    [new TypedNumber('float32', 1), 'class float32'],
    [Buffer.of(), 'class bytes'],
    [[], 'class list'],
    [{}, 'class map'],
    [Object.create(null), 'class map'],
    [new Map(), 'class map'],
    [new Decimal(1n, 0), 'class Decimal'],
    [new Instant(0), 'class Instant'],
    [new Struct(schema), 'class Struct'],
  ]
  for (const [value, kind] of kinds) t.equal(describe(value), kind)
})
