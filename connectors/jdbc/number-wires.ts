import { Decimal, TypedNumber } from '../../runtime/api/index.ts'
import { type ArrayWriter, BadValue } from './array-writer.ts'
import { refused, type Wire } from './wire-type.ts'

const int64Limit = 2n ** 63n

export function wholeNumbers(type: string, oid: number, bits: 16 | 32): Wire {
  const limit = 2 ** (bits - 1)
  const read = (value: unknown): number => {
    const number = typeof value === 'number' ? value : Number(wholeNumber(value))
    if (!Number.isInteger(number)) throw new BadValue(`the number ${number}, which is not whole`)
    if (number < -limit || number >= limit) throw new BadValue(`a number out of range for ${type}`)
    return number
  }
  return {
    type,
    oid,
    cast: null,
    write:
      bits === 16
        ? (writer, value) => writer.int16(read(value))
        : (writer, value) => writer.int32(read(value)),
    keyOf: read,
  }
}

export const int8: Wire = {
  type: 'int8',
  oid: 20,
  cast: null,
  write(writer, value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) writer.int64(value)
    else writer.bigint64(int64(value))
  },
  keyOf(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value
    const whole = int64(value)
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole
  },
}

function int64(value: unknown): bigint {
  const whole = typeof value === 'bigint' ? value : wholeNumber(value)
  if (whole < -int64Limit || whole >= int64Limit)
    throw new BadValue('a number out of range for int8')
  return whole
}

/** Whatever stands for a whole number exactly. */
export function wholeNumber(value: unknown): bigint {
  const given = value instanceof TypedNumber ? value.value : value
  if (typeof given === 'bigint') return given
  if (typeof given === 'number') {
    if (Number.isInteger(given)) return BigInt(given)
    throw new BadValue(`the number ${given}, which is not whole`)
  }
  if (typeof given === 'string' && /^\s*[+-]?\d{1,30}\s*$/.test(given))
    return BigInt(given.trim().replace(/^\+/, ''))
  if (given instanceof Decimal) {
    if (given.scale <= 0) return given.unscaled * 10n ** BigInt(Math.min(-given.scale, 30))
    const unit = 10n ** BigInt(Math.min(given.scale, 10_000))
    if (given.unscaled % unit === 0n) return given.unscaled / unit
    throw new BadValue('a decimal that is not whole')
  }
  throw refused(given)
}

export function floats(type: 'float4' | 'float8', oid: number): Wire {
  const isSingle = type === 'float4'
  const read = (value: unknown): number => {
    const number = typeof value === 'number' ? value : floatOf(value)
    if (!isSingle || !Number.isFinite(number)) return number
    const single = Math.fround(number)
    if (!Number.isFinite(single)) throw new BadValue('a number out of range for float4')
    if (Number.isInteger(number) && single !== number)
      throw new BadValue(`the whole number ${number}, which float4 cannot hold exactly`)
    return single
  }
  return {
    type,
    oid,
    cast: null,
    write: isSingle
      ? (writer, value) => writer.float32(read(value))
      : (writer, value) => writer.float64(read(value)),
    keyOf: null,
  }
}

function floatOf(value: unknown): number {
  if (value instanceof TypedNumber) return value.value
  if (typeof value === 'bigint') {
    const number = Number(value)
    if (BigInt(number) === value) return number
    throw new BadValue('a whole number that a double cannot hold exactly')
  }
  if (value instanceof Decimal) return Number(value.toString())
  if (typeof value === 'string') {
    const trimmed = value.trim()
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) {
      const number = Number(trimmed)
      if (Number.isFinite(number)) return number
      throw new BadValue('a number out of range for float8')
    }
    if (/^[+-]?(nan|inf(inity)?)$/i.test(trimmed))
      return /nan/i.test(trimmed) ? Number.NaN : trimmed.startsWith('-') ? -Infinity : Infinity
  }
  throw refused(value)
}

const decimalText = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,6}))?$/i

export const numeric: Wire = {
  type: 'numeric',
  oid: 1700,
  cast: null,
  write(writer, value) {
    if (value instanceof Decimal) writeDigits(writer, digitsOf(value.unscaled), value.scale)
    else if (typeof value === 'bigint') writeDigits(writer, digitsOf(value), 0)
    else writeNumericText(writer, value instanceof TypedNumber ? value.value : value)
  },
  keyOf: null,
}

/** A number prints much faster than a bigint. */
function digitsOf(value: bigint): string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? `${number}` : `${value}`
}

function writeDigits(writer: ArrayWriter, text: string, scale: number): void {
  const isNegative = text.charCodeAt(0) === 45
  writer.numeric(isNegative, isNegative ? text.slice(1) : text, scale)
}

function writeNumericText(writer: ArrayWriter, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    writer.specialNumeric(value)
    return
  }
  if (typeof value !== 'number' && typeof value !== 'string') throw refused(value)
  const match = decimalText.exec(typeof value === 'number' ? `${value}` : value.trim())
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? []
  const digits = whole + fraction
  if (digits === '') throw refused(value)
  const scale = fraction.length - Number(exponent)
  writer.numeric(sign === '-', digits, scale)
}

export const bool: Wire = {
  type: 'bool',
  oid: 16,
  cast: null,
  write(writer, value) {
    writer.boolean(typeof value === 'boolean' ? value : boolOf(value))
  },
  keyOf: (value) => Number(boolOf(value)),
}

function boolOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (['true', 't', 'yes', 'y', 'on', '1'].includes(word)) return true
  if (['false', 'f', 'no', 'n', 'off', '0'].includes(word)) return false
  throw refused(value)
}
