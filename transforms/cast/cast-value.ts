import {
  DataException,
  Decimal,
  daysOf,
  decimalText,
  doubleText,
  floatText,
  Instant,
  instantText,
  msOfDay,
  type Schema,
  Struct,
  TypedNumber,
} from '../../runtime/api/index.ts'
import { lowLong, toFloat32, toFloat64 } from '../../runtime/api/text/decimal-number.ts'
import { kindOf } from '../fields/operand.ts'
import { parseFloat32, parseFloat64, parseInteger } from './parse-number.ts'
import { type CastTo, castTypes } from './spec.ts'

export type { CastTo } from './spec.ts'

/**
 * Casts as Java's: a whole number is cut to the width (two's complement), a float stops at the ends of int32 or int64 and is cut from there.
 * That wrapping is what Cast promises, so it is kept, unlike elsewhere.
 */

type Cast = boolean | string | number | bigint
type CastsFrom<T> = Readonly<Record<CastTo, (value: T) => Cast>>

const bits = { int8: 8, int16: 16, int32: 32, int64: 64 } as const

function wrap(value: number | bigint, width: 8 | 16 | 32): number {
  const low = typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value
  return (low << (32 - width)) >> (32 - width)
}

function saturated(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value))) || 0
}

function saturatedLong(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  if (value <= -(2 ** 63)) return -(2n ** 63n)
  return BigInt(Math.trunc(value) || 0)
}

const fromInteger: CastsFrom<number | bigint> = {
  int8: (value) => wrap(value, 8),
  int16: (value) => wrap(value, 16),
  int32: (value) => wrap(value, 32),
  int64: (value) => BigInt.asIntN(64, BigInt(value)),
  float32: (value) =>
    typeof value === 'bigint' ? toFloat32(new Decimal(value, 0)) : Math.fround(value),
  float64: Number,
  boolean: (value) => Number(value) !== 0,
  string: String,
}

const fromDouble: CastsFrom<number> = {
  int8: (value) => wrap(saturated(value), 8),
  int16: (value) => wrap(saturated(value), 16),
  int32: saturated,
  int64: saturatedLong,
  float32: Math.fround,
  float64: (value) => value,
  // By way of an int64: 0.5 is false.
  boolean: (value) => saturatedLong(value) !== 0n,
  string: doubleText,
}

const fromFloat: CastsFrom<number> = { ...fromDouble, string: floatText }

const fromBoolean: CastsFrom<boolean> = {
  int8: Number,
  int16: Number,
  int32: Number,
  int64: BigInt,
  float32: Number,
  float64: Number,
  boolean: (value) => value,
  string: String,
}

const fromText: CastsFrom<string> = {
  int8: (text) => Number(parseInteger(text, bits.int8)),
  int16: (text) => Number(parseInteger(text, bits.int16)),
  int32: (text) => Number(parseInteger(text, bits.int32)),
  int64: (text) => parseInteger(text, bits.int64),
  float32: parseFloat32,
  float64: parseFloat64,
  boolean: (text) => text.toLowerCase() === 'true',
  string: (text) => text,
}

const fromDecimal: CastsFrom<Decimal> = {
  int8: (value) => wrap(lowLong(value), 8),
  int16: (value) => wrap(lowLong(value), 16),
  int32: (value) => wrap(lowLong(value), 32),
  int64: lowLong,
  float32: toFloat32,
  float64: toFloat64,
  boolean: (value) => lowLong(value) !== 0n,
  string: decimalText,
}

/** A cast of values of this schema; the result is what a schema of the new type holds. */
export function schemaCaster(schema: Schema, to: CastTo): (value: unknown) => unknown {
  if (['array', 'map', 'struct'].includes(schema.type))
    return () => unsupported(schema.type.toUpperCase())
  return (value) => (value === null ? null : cast(schema, value, to))
}

/** A cast of a value without a schema, to a value without one. */
export function castValue(value: unknown, to: CastTo): unknown {
  if (value === null) return null
  if (value instanceof Instant || value instanceof Decimal)
    throw new DataException(
      `Cast transformation was passed a value of type class ${kindOf(value)} which is not supported by Connect's data API`,
      { hint: 'Without a schema, dates and decimals cannot be cast. TimestampConverter may help.' },
    )
  if (value instanceof Struct) return unsupported('STRUCT')
  if (Array.isArray(value)) return unsupported('ARRAY')
  const isMap =
    typeof value === 'object' && !(value instanceof Uint8Array || value instanceof TypedNumber)
  return isMap ? unsupported('MAP') : untyped(cast(null, value, to), to)
}

function cast(schema: Schema | null, value: unknown, to: CastTo): Cast {
  switch (typeof value) {
    case 'string':
      return fromText[to](value)
    case 'boolean':
      return fromBoolean[to](value)
    case 'bigint':
      return fromInteger[to](value)
    case 'number':
      return fromNumber(schema, value)[to](value)
    default:
      return castObject(schema, value, to)
  }
}

function fromNumber(schema: Schema | null, value: number): CastsFrom<number> {
  if (schema === null)
    return Number.isInteger(value) && !Object.is(value, -0) ? fromInteger : fromDouble
  if (schema.type === 'float32') return fromFloat
  return schema.type === 'float64' ? fromDouble : fromInteger
}

function castObject(schema: Schema | null, value: unknown, to: CastTo): Cast {
  if (value instanceof TypedNumber) {
    const casts = { float32: fromFloat, float64: fromDouble }[value.type as 'float32' | 'float64']
    return (casts ?? fromInteger)[to](value.value)
  }
  if (value instanceof Decimal) return fromDecimal[to](value)
  if (value instanceof Instant && to === 'string') return instantText(value)
  if (value instanceof Instant) return fromInteger[to](encoded(schema, value))
  if (value instanceof Uint8Array && to === 'string')
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  throw new DataException(`Unexpected type in Cast transformation: class ${kindOf(value)}`)
}

/** What the base type of a logical one would hold. */
function encoded(schema: Schema | null, value: Instant): number | bigint {
  if (schema?.logical === 'date') return daysOf(value)
  return schema?.logical === 'time' ? msOfDay(value) : value.exact()
}

/** Back to a value that tells its type without a schema. */
function untyped(value: Cast, to: CastTo): unknown {
  switch (to) {
    case 'boolean':
    case 'string':
      return value
    case 'int64':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    case 'float64':
      return Number.isInteger(value) ? new TypedNumber(to, value as number) : value
    default:
      return new TypedNumber(to, value as number)
  }
}

const inputs = [...castTypes, 'bytes'].map((type) => type.toUpperCase()).join(', ')

export function unsupported(type: string): never {
  throw new DataException(
    `Cast transformation does not support casting from ${type}; supported types are [${inputs}]`,
  )
}
