import t from 'tap'
import {
  INT8,
  INT32,
  INT64,
  project,
  SchemaBuilder,
  STRING,
  Struct,
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

t.test('values are projected onto another schema as Connect does', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op === 'project',
    ({ input, output, error }) => {
      const [source, target] = [toSchema(input.schema), toSchema(input.target)]
      if (source === null || target === null) return 'no schema'
      let value: unknown
      const thrown = failure(() => {
        value = project(source, toValue(source, input.value), target)
      })
      if (error) return errorDifference(error, thrown)
      if (thrown) return String(thrown)
      return difference(fromValue(target, toValue(target, output)), fromValue(target, value), '')
    },
  )
})

t.test('lists and maps are projected item by item', async (t) => {
  const list = (item: typeof INT8) => SchemaBuilder.array(item).build()
  t.same(project(list(INT8), [1, 2], list(INT64)), [1n, 2n])
  t.same(
    project(
      SchemaBuilder.map(STRING, INT8).build(),
      new Map([['a', 1]]),
      SchemaBuilder.map(STRING, INT64).build(),
    ),
    new Map([['a', 1n]]),
  )
  t.throws(() => project(list(INT64), [1n], list(INT32)), { name: 'SchemaProjectorException' })
  const [empty, required] = [
    SchemaBuilder.struct().build(),
    SchemaBuilder.struct().field('b', INT8).build(),
  ]
  t.throws(() => project(empty, new Struct(empty), required), {
    message: 'Required field `b` is missing from source schema: Schema{STRUCT}',
  })
})
