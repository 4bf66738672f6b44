import t from 'tap'
import { Struct, validateValue } from '../../../runtime/api/index.ts'
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
