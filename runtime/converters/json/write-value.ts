import {
  DataException,
  Decimal,
  daysOf,
  decimalBytes,
  decimalText,
  describe,
  doubleText,
  floatText,
  Instant,
  msOfDay,
  type Schema,
  type SchemaType,
  Struct,
} from '../../api/index.ts'
import { quote } from './json-string.ts'

/** A value → its JSON text, made once a schema. */
export type ValueWriter = (value: unknown) => string

export interface WriteOptions {
  readonly replaceNullWithDefault: boolean
  readonly decimalFormat: 'BASE64' | 'NUMERIC'
}

/** Writes values of one schema and refuses any other. */
export function compileWriter(schema: Schema, options: WriteOptions): ValueWriter {
  const write = logicalWriter(schema, options) ?? plainWriter(schema, options)
  const { default: fallback, optional } = schema
  if (fallback !== null && options.replaceNullWithDefault)
    return (value) => write(value ?? fallback)
  if (optional) return (value) => (value === null ? 'null' : write(value))
  return (value) => {
    if (value !== null) return write(value)
    throw new DataException(
      'Conversion error: null value for field that is required and has no default value',
    )
  }
}

function logicalWriter(schema: Schema, options: WriteOptions): ValueWriter | undefined {
  switch (schema.logical) {
    case 'decimal':
      return (value) => {
        if (!(value instanceof Decimal))
          throw new DataException(
            `Invalid type for Decimal, expected BigDecimal but was ${describe(value)}`,
          )
        if (options.decimalFormat === 'NUMERIC') return decimalText(value)
        return `"${decimalBytes(value, schema).toString('base64')}"`
      }
    case 'date':
      return (value) => String(daysOf(instant(value, 'Date')))
    case 'time':
      return (value) => String(msOfDay(instant(value, 'Time')))
    case 'timestamp':
      return (value) => String(instant(value, 'Timestamp').exact())
    default:
      return undefined
  }
}

function instant(value: unknown, type: string): Instant {
  if (value instanceof Instant) return value
  throw new DataException(`Invalid type for ${type}, expected Date but was ${describe(value)}`)
}

function refuse(type: SchemaType, value: unknown): never {
  throw new DataException(`Invalid type for ${type.toUpperCase()}: ${describe(value)}`)
}

function plainWriter(schema: Schema, options: WriteOptions): ValueWriter {
  switch (schema.type) {
    case 'int8':
      return integerWriter('int8', -128, 127)
    case 'int16':
      return integerWriter('int16', -32768, 32767)
    case 'int32':
      return integerWriter('int32', -2147483648, 2147483647)
    case 'int64':
      return (value) =>
        typeof value === 'bigint' && BigInt.asIntN(64, value) === value
          ? String(value)
          : refuse('int64', value)
    case 'float32':
      return (value) =>
        typeof value === 'number' ? floatJson(value, floatText) : refuse('float32', value)
    case 'float64':
      return (value) =>
        typeof value === 'number' ? floatJson(value, doubleText) : refuse('float64', value)
    case 'boolean':
      return (value) =>
        value === true ? 'true' : value === false ? 'false' : refuse('boolean', value)
    case 'string':
      return (value) => (typeof value === 'string' ? quote(value) : refuse('string', value))
    case 'bytes':
      return (value) => {
        if (value instanceof Uint8Array) return base64Json(value)
        throw new DataException(`Invalid type for bytes type: ${describe(value)}`)
      }
    case 'array':
      return arrayWriter(schema, options)
    case 'map':
      return schema.keySchema?.type === 'string'
        ? objectWriter(schema, options)
        : pairsWriter(schema, options)
    default:
      return structWriter(schema, options)
  }
}

function integerWriter(type: SchemaType, low: number, high: number): ValueWriter {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high
      ? `${value}`
      : refuse(type, value)
}

/** JSON has no NaN and no infinities: Connect writes their names as texts. */
export function floatJson(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : `"${value}"`
}

export function base64Json(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`
}

function innerWriter(schema: Schema | null, options: WriteOptions): ValueWriter {
  if (schema !== null) return compileWriter(schema, options)
  return (value) => {
    throw new DataException(`No schema tells how to write ${describe(value)}`)
  }
}

function arrayWriter(schema: Schema, options: WriteOptions): ValueWriter {
  const item = innerWriter(schema.valueSchema, options)
  return (value) => {
    if (!Array.isArray(value)) return refuse('array', value)
    let text = '['
    for (let i = 0; i < value.length; i++) text += i === 0 ? item(value[i]) : `,${item(value[i])}`
    return `${text}]`
  }
}

function objectWriter(schema: Schema, options: WriteOptions): ValueWriter {
  const key = innerWriter(schema.keySchema, options)
  const item = innerWriter(schema.valueSchema, options)
  return (value) => {
    if (!(value instanceof Map)) return refuse('map', value)
    let text = ''
    for (const [name, member] of value) {
      const written = key(name)
      text += `${text === '' ? '' : ','}${written === 'null' ? '"null"' : written}:${item(member)}`
    }
    return `{${text}}`
  }
}

function pairsWriter(schema: Schema, options: WriteOptions): ValueWriter {
  const key = innerWriter(schema.keySchema, options)
  const item = innerWriter(schema.valueSchema, options)
  return (value) => {
    if (!(value instanceof Map)) return refuse('map', value)
    let text = ''
    for (const [name, member] of value)
      text += `${text === '' ? '' : ','}[${key(name)},${item(member)}]`
    return `[${text}]`
  }
}

function structWriter(schema: Schema, options: WriteOptions): ValueWriter {
  const fields = schema.fields.map(({ name, index, schema: inner }) => ({
    start: `${index === 0 ? '' : ','}${quote(name)}:`,
    write: compileWriter(inner, options),
  }))
  return (value) => {
    if (!(value instanceof Struct)) return refuse('struct', value)
    if (!value.schema.equals(schema)) throw new DataException('Mismatching schema.')
    const { values } = value
    let text = '{'
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as (typeof fields)[number]
      text += field.start + field.write(values[i])
    }
    return `${text}}`
  }
}
