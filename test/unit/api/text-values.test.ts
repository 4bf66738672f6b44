import t from 'tap'
import {
  BOOLEAN,
  convertValue,
  DATE,
  decimal,
  FLOAT32,
  FLOAT64,
  INT8,
  INT16,
  INT32,
  INT64,
  inferSchema,
  parseText,
  Schema,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../../runtime/api/index.ts'
import {
  difference,
  errorDifference,
  failure,
  fromSchema,
  fromValue,
  replay,
  toSchema,
  toValue,
  type Vector,
  valueDifference,
} from '../../helpers/vectors.ts'

const targets: Record<string, Schema> = {
  convertToBoolean: BOOLEAN,
  convertToByte: INT8,
  convertToShort: INT16,
  convertToInteger: INT32,
  convertToLong: INT64,
  convertToFloat: FLOAT32,
  convertToDouble: FLOAT64,
  convertToString: STRING,
  convertToDecimal: decimal(2),
  convertToDate: DATE,
  convertToTime: TIME,
  convertToTimestamp: TIMESTAMP,
  convertToList: new Schema({ type: 'array' }),
  convertToMap: new Schema({ type: 'map' }),
  convertToStruct: new Schema({ type: 'struct' }),
}

t.test('a text is parsed to what Connect makes of it', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op === 'parseString',
    ({ input, output }) => {
      const parsed = parseText(input)
      if (output === null || parsed === null) return difference(output, parsed, '')
      return valueDifference(output, parsed)
    },
  )
})

t.test('a value is converted as Connect converts it', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op !== undefined && op in targets,
    ({ op, input, output, error }: Vector) => {
      const target = targets[op as string] as Schema
      const schema = toSchema(input.schema)
      let value: unknown
      const thrown = failure(() => {
        value = convertValue(target, schema, toValue(schema, input.value))
      })
      if (error) return errorDifference(error, thrown)
      if (thrown) return String((thrown as Error).stack)
      const isParsed = input.value?.t === 'string'
      const isKept = ['array', 'map', 'struct'].includes(target.type)
      const place = isKept ? (isParsed ? null : schema) : target
      return difference(fromValue(place, toValue(place, output)), fromValue(place, value), '')
    },
  )
})

t.test('the schema of a value is inferred as Connect infers it', async (t) => {
  replay(
    t,
    'values',
    ({ op }) => op === 'inferSchema',
    ({ input, output }) =>
      difference(
        fromSchema(toSchema(output)),
        fromSchema(inferSchema(toValue(null, input))),
        'schema',
      ),
  )
})
