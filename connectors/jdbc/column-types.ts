import {
  ConnectException,
  Decimal,
  Instant,
  type Schema,
  type SchemaType,
  TypedNumber,
} from '../../runtime/api/index.ts'
import { textLiteral } from './sql.ts'
import type { Zones } from './wire-type.ts'
import { dateText, timestampText, timeText } from './zone.ts'

const physical: Partial<Record<SchemaType, string>> = {
  int8: 'SMALLINT',
  int16: 'SMALLINT',
  int32: 'INT',
  int64: 'BIGINT',
  float32: 'REAL',
  float64: 'DOUBLE PRECISION',
  boolean: 'BOOLEAN',
  string: 'TEXT',
  bytes: 'BYTEA',
}

const logical = { decimal: 'DECIMAL', date: 'DATE', time: 'TIME', timestamp: 'TIMESTAMP' } as const

/** The column type of a field with a schema. */
export function columnType(schema: Schema): string {
  if (schema.logical !== null) return logical[schema.logical]
  if (schema.type === 'array' && schema.valueSchema) return `${columnType(schema.valueSchema)}[]`
  const type = physical[schema.type]
  if (type === undefined)
    throw new ConnectException(
      `${schema.name} (${schema.type.toUpperCase()}) type doesn't have a mapping to the SQL database column type`,
      { hint: 'Flatten the value, or leave the field out with ReplaceField or fields.whitelist.' },
    )
  return type
}

/** A schema's default as a literal. */
export function defaultLiteral(schema: Schema, zones: Zones): string | null {
  return schema.default === null ? null : literal(schema, schema.default, zones)
}

function literal(schema: Schema, value: unknown, zones: Zones): string {
  if (value instanceof Instant) {
    const ms = value.epochMs
    if (schema.logical === 'date') return textLiteral(dateText(ms, zones.dates))
    if (schema.logical === 'time') return textLiteral(timeText(ms, zones.timestamps))
    return textLiteral(timestampText(ms, zones.timestamps))
  }
  if (Array.isArray(value) && schema.valueSchema) {
    const inner = schema.valueSchema
    const items = value.map((item) => (item === null ? 'NULL' : literal(inner, item, zones)))
    return `ARRAY[${items.join(', ')}]::${columnType(schema)}`
  }
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'`
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'string') return textLiteral(value)
  return typeof value === 'number' && !Number.isFinite(value) ? `'${value}'` : String(value)
}

/** What a schemaless value would be stored as. */
type Inferred =
  | 'BOOLEAN'
  | 'BIGINT'
  | 'DECIMAL'
  | 'DOUBLE PRECISION'
  | 'TEXT'
  | 'BYTEA'
  | 'TIMESTAMP'

const int64Limit = 2n ** 63n
const numbers: readonly string[] = ['BIGINT', 'DOUBLE PRECISION', 'DECIMAL']

/** The column type that holds all these values of a schemaless field; null when every one is null or nested. */
export function inferredType(values: Iterable<unknown>): string | null {
  let scalars: Inferred | null = null
  let elements: Inferred | null = null
  let hasArrays = false
  for (const value of values) {
    if (Array.isArray(value)) {
      hasArrays = true
      for (const item of value) elements = widened(elements, inferredScalar(item))
    } else {
      scalars = widened(scalars, inferredScalar(value))
    }
  }
  if (hasArrays) return scalars === null ? `${elements ?? 'TEXT'}[]` : 'TEXT'
  return scalars
}

function inferredScalar(value: unknown): Inferred | null {
  switch (typeof value) {
    case 'boolean':
      return 'BOOLEAN'
    case 'string':
      return 'TEXT'
    case 'number':
      return Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE PRECISION'
    case 'bigint':
      return value >= -int64Limit && value < int64Limit ? 'BIGINT' : 'DECIMAL'
  }
  if (value instanceof TypedNumber)
    return value.type.startsWith('int') ? 'BIGINT' : 'DOUBLE PRECISION'
  if (value instanceof Decimal) return 'DECIMAL'
  if (value instanceof Instant) return 'TIMESTAMP'
  if (value instanceof Uint8Array) return 'BYTEA'
  return null
}

/** Whole numbers beyond int64 make a DECIMAL, which is exact; whatever meets a text becomes text. */
function widened(a: Inferred | null, b: Inferred | null): Inferred | null {
  if (a === null || a === b) return b
  if (b === null) return a
  if (numbers.includes(a) && numbers.includes(b))
    return a === 'DECIMAL' || b === 'DECIMAL' ? 'DECIMAL' : 'DOUBLE PRECISION'
  return 'TEXT'
}
