import {
  BOOLEAN,
  BYTES,
  FLOAT32,
  FLOAT64,
  INT8,
  INT16,
  INT32,
  INT64,
  Schema,
  type SchemaType,
  STRING,
} from '../schema.ts'
import { Struct } from '../struct.ts'
import { isPlainObject, TypedNumber } from '../values.ts'

const ofNumber = {
  int8: INT8,
  int16: INT16,
  int32: INT32,
  float32: FLOAT32,
  float64: FLOAT64,
} as const

/** The schema that a schemaless value could have (Connect's `Values.inferSchema`), or null: dates, decimals, empty or mixed lists and maps. */
export function inferSchema(value: unknown): Schema | null {
  switch (typeof value) {
    case 'string':
      return STRING
    case 'boolean':
      return BOOLEAN
    case 'bigint':
      return INT64
    case 'number':
      return Number.isInteger(value) && !Object.is(value, -0) ? INT64 : FLOAT64
  }
  if (value instanceof TypedNumber) return ofNumber[value.type]
  if (value instanceof Uint8Array) return BYTES
  if (value instanceof Struct) return value.schema
  if (Array.isArray(value)) {
    const valueSchema = common(value)
    return valueSchema && new Schema({ type: 'array', valueSchema })
  }
  if (value instanceof Map || isPlainObject(value)) {
    const isMap = value instanceof Map
    const keySchema = common(isMap ? value.keys() : Object.keys(value))
    const valueSchema = common(isMap ? value.values() : Object.values(value))
    return keySchema && valueSchema && new Schema({ type: 'map', keySchema, valueSchema })
  }
  return null
}

/** Only the type of the elements counts: of lists in a list, no schema is known. */
function common(values: Iterable<unknown>): Schema | null {
  let type: SchemaType | undefined
  let optional = false
  for (const value of values) {
    const found = value === null ? undefined : inferSchema(value)
    if (found === null || (found && type && found.type !== type)) return null
    type ??= found?.type
    optional ||= found === undefined
  }
  return type === undefined ? null : new Schema({ type, optional })
}
