import { DataException } from '../errors.ts'
import { doubleText, javaText } from '../java-text.ts'
import { dateOfDays, daysOf, decimalOf, msOfDay, scaleOf, timeOfMs } from '../logical-values.ts'
import type { Schema } from '../schema.ts'
import { describe, Struct } from '../struct.ts'
import { Decimal, Instant, isPlainObject, TypedNumber } from '../values.ts'
import { lowLong, parseDecimal, toFloat64 } from './decimal-number.ts'
import { printValue } from './print-value.ts'

/** Converts a value to the type of `target`; a text only where a number is wanted, read as one. See `convertValue`. */
export function convertUnparsed(target: Schema, schema: Schema | null, value: unknown): unknown {
  if (target.logical !== null || target.type === 'array' || target.type === 'map')
    return value === null ? refuseNull(target) : convertComposed(target, schema, value)
  if (value === null) return target.type === 'struct' ? refuseNull(target) : null
  switch (target.type) {
    case 'boolean':
      return toBoolean(schema, value)
    case 'int8':
      return Number(BigInt.asIntN(8, toLong(schema, value)))
    case 'int16':
      return Number(BigInt.asIntN(16, toLong(schema, value)))
    case 'int32':
      return Number(BigInt.asIntN(32, toLong(schema, value)))
    case 'int64':
      return toLong(schema, value)
    case 'float32':
      return Math.fround(toDouble(schema, value))
    case 'float64':
      return toDouble(schema, value)
    case 'string':
      return printValue(schema, value)
    case 'bytes':
      if (value instanceof Uint8Array) return value
      return refuse(target, schema, value)
    default:
      return value instanceof Struct ? value : refuse(target, schema, value)
  }
}

function convertComposed(target: Schema, schema: Schema | null, value: unknown): unknown {
  switch (target.logical) {
    case 'decimal':
      return toDecimal(target, schema, value)
    case 'date':
      return toDate(schema, value)
    case 'time':
      return toTime(schema, value)
    case 'timestamp':
      return toTimestamp(schema, value)
    default:
      return toCollection(target, schema, value)
  }
}

function refuseNull(target: Schema): null {
  if (target.optional) return null
  throw new DataException('Unable to convert a null value to a schema that requires a value', {
    hint: `Expected a value for ${target}.`,
  })
}

function refuse(wanted: Schema | null, schema: Schema | null, value: unknown): never {
  throw new DataException(
    `Unable to convert ${javaText(schema, value)} (${describe(value)}) to ${wanted ?? 'a number'}`,
  )
}

function toBoolean(schema: Schema | null, value: unknown): boolean {
  return typeof value === 'boolean' ? value : toLong(schema, value) !== 0n
}

/** The low 64 bits of a number or a text, or what a Date stands for. */
function toLong(schema: Schema | null, value: unknown): bigint {
  switch (typeof value) {
    case 'bigint':
      return BigInt.asIntN(64, value)
    case 'number':
      return saturated(value)
    case 'string': {
      const decimal = parseDecimal(value)
      return decimal === undefined ? refuse(schema, schema, value) : lowLong(decimal)
    }
  }
  if (value instanceof TypedNumber) return saturated(value.value)
  if (value instanceof Decimal) return lowLong(value)
  if (value instanceof Instant) {
    if (schema?.logical === 'date') return BigInt(daysOf(value))
    if (schema?.logical === 'time') return BigInt(msOfDay(value))
    if (schema?.logical === 'timestamp') return value.exact()
  }
  return refuse(schema, schema, value)
}

const maxLong = 2n ** 63n - 1n
const minLong = -(2n ** 63n)

function saturated(value: number): bigint {
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return maxLong
  return value <= -(2 ** 63) ? minLong : BigInt(Math.trunc(value))
}

function toDouble(schema: Schema | null, value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof TypedNumber) return value.value
  if (value instanceof Decimal) return toFloat64(value)
  if (typeof value === 'string') {
    const decimal = parseDecimal(value)
    if (decimal !== undefined) return toFloat64(decimal)
  }
  return Number(toLong(schema, value))
}

function toDecimal(target: Schema, schema: Schema | null, value: unknown): Decimal {
  if (value instanceof Uint8Array) return decimalOf(value, scaleOf(target))
  if (value instanceof Decimal) return value
  const isNumber =
    typeof value === 'number' || typeof value === 'bigint' || value instanceof TypedNumber
  const text = isNumber ? doubleText(toDouble(schema, value)) : value
  const decimal = typeof text === 'string' ? parseDecimal(text) : undefined
  return decimal ?? refuse(target, schema, value)
}

function toDate(schema: Schema | null, value: unknown): Instant {
  if (value instanceof Instant) {
    if (schema === null || schema.logical === 'date') return value
    if (schema.logical === 'timestamp')
      return dateOfDays(Number(BigInt.asIntN(32, value.exact() / 86_400_000n)))
  }
  return dateOfDays(Number(BigInt.asIntN(32, toLong(schema, value))))
}

function toTime(schema: Schema | null, value: unknown): Instant {
  if (value instanceof Instant) {
    if (schema === null || schema.logical === 'time') return value
    if (schema.logical === 'timestamp') {
      const ms = value.exact() % 86_400_000n
      return timeOfMs(Number(ms < 0n ? ms + 86_400_000n : ms))
    }
  }
  return timeOfMs(Number(BigInt.asIntN(32, toLong(schema, value))))
}

function toTimestamp(schema: Schema | null, value: unknown): Instant {
  if (value instanceof Instant) {
    if (schema === null || schema.logical === 'timestamp') return value
    if (schema.logical === 'date') return new Instant(daysOf(value) * 86_400_000)
  }
  return new Instant(toLong(schema, value))
}

function toCollection(target: Schema, schema: Schema | null, value: unknown): unknown {
  const fits =
    target.type === 'array' ? Array.isArray(value) : value instanceof Map || isPlainObject(value)
  return fits ? value : refuse(target, schema, value)
}
