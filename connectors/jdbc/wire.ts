import { Decimal, Instant, type Logical, TypedNumber } from '../../runtime/api/index.ts'
import { type ArrayWriter, BadValue } from './array-writer.ts'
import { isScalar, kindOf, textOf } from './scalar-text.ts'
import type { TableColumn } from './table.ts'
import type { Zone } from './zone.ts'

/** How values reach one column: the element type of its parameter, and who turns a value into it. */
export interface Wire {
  /** As the parameter's array is declared: `int8`. */
  readonly type: string
  readonly oid: number
  /** The type that the server casts each element to; null: the parameter's own. */
  readonly cast: string | null
  /** Writes a value that is not null; throws BadValue, or `wantsText` where only the server can read this. */
  write(writer: ArrayWriter, value: unknown): void
  /** Equal for values that are the same key; null when only the server can tell. */
  readonly keyOf: ((value: unknown) => string | number | bigint) | null
}

/** Thrown when a text meets a column of dates or times: the server reads more formats than we do, so the column goes as text from now on. */
export const wantsText = Symbol('wants text')

export interface Zones {
  readonly timestamps: Zone
  readonly dates: Zone
}

const millisecondsOfDay = 86_400_000
const daysTo2000 = 10_957
const int64Limit = 2n ** 63n

/** The wire for a column, given what the field's schema says it is; the column's type wins over the field's. */
export function wireFor(column: TableColumn, logical: Logical | null, zones: Zones): Wire {
  switch (column.typeName) {
    case 'int2':
      return wholeNumbers('int2', 21, 16)
    case 'int4':
      return wholeNumbers('int4', 23, 32)
    case 'int8':
      return int8
    case 'float4':
      return floats('float4', 700)
    case 'float8':
      return floats('float8', 701)
    case 'numeric':
      return numeric
    case 'bool':
      return bool
    case 'bytea':
      return bytea
    case 'text':
    case 'varchar':
      return text(logical, zones, column.hasPlainEquality)
    case 'timestamp':
      return timestamps('timestamp', 1114, zones.timestamps)
    case 'timestamptz':
      return timestamps('timestamptz', 1184, null)
    case 'date':
      return dates(logical === 'date' ? zones.dates : zones.timestamps)
    case 'time':
      return times(logical, zones.timestamps)
    default:
      return textWire(column, logical, zones)
  }
}

/** Text that the server casts: for inet, uuid, jsonb, enums, arrays, domains and whatever else has an input function. */
export function textWire(column: TableColumn, logical: Logical | null, zones: Zones): Wire {
  const print = textOf(logical, zones)
  return {
    type: 'text',
    oid: 25,
    cast: column.type,
    write: column.isArray
      ? (writer, value) =>
          writer.text(Array.isArray(value) ? arrayLiteral(value, print) : print(scalar(value)))
      : (writer, value) => writer.text(print(scalar(value))),
    keyOf: null,
  }
}

function text(logical: Logical | null, zones: Zones, hasPlainEquality: boolean): Wire {
  const print = textOf(logical, zones)
  return {
    type: 'text',
    oid: 25,
    cast: null,
    write: (writer, value) => writer.text(typeof value === 'string' ? value : print(scalar(value))),
    keyOf: hasPlainEquality
      ? (value) => (typeof value === 'string' ? value : print(scalar(value)))
      : null,
  }
}

function scalar(value: unknown): unknown {
  if (!isScalar(value)) throw new BadValue(`a ${kindOf(value)}`)
  return value
}

function wholeNumbers(type: string, oid: number, bits: 16 | 32): Wire {
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

const int8: Wire = {
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
function wholeNumber(value: unknown): bigint {
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

function floats(type: 'float4' | 'float8', oid: number): Wire {
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

const numeric: Wire = {
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

const bool: Wire = {
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

const bytea: Wire = {
  type: 'bytea',
  oid: 17,
  cast: null,
  write: (writer, value) => writer.bytes(octets(value)),
  keyOf: (value) => Buffer.from(octets(value)).toString('latin1'),
}

function octets(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw refused(value)
}

/** `zone`: whose wall clock a column without a zone shows; null for a column that holds the instant itself. */
function timestamps(type: string, oid: number, zone: Zone | null): Wire {
  return {
    type,
    oid,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      const shown = zone === null ? ms : ms + zone.offset(ms)
      if (shown < -210_866_803_200_000 || shown > Number.MAX_SAFE_INTEGER)
        throw new BadValue('a time out of range for timestamp')
      writer.timestamp(shown)
    },
    keyOf: null,
  }
}

function dates(zone: Zone): Wire {
  return {
    type: 'date',
    oid: 1082,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      const days = Math.floor((ms + zone.offset(ms)) / millisecondsOfDay) - daysTo2000
      if (days < -2_451_545 || days > 2_145_031_948) throw new BadValue('a date out of range')
      writer.int32(days)
    },
    keyOf: null,
  }
}

function times(logical: Logical | null, zone: Zone): Wire {
  return {
    type: 'time',
    oid: 1083,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      if (logical === 'time' && (ms < 0 || ms >= millisecondsOfDay))
        throw new BadValue('a time of day outside 0 to 24 hours')
      const shown = (ms + zone.offset(ms)) % millisecondsOfDay
      writer.int64((shown < 0 ? shown + millisecondsOfDay : shown) * 1000)
    },
    keyOf: null,
  }
}

function instantMs(value: unknown): number {
  if (value instanceof Instant) return value.epochMs
  if (typeof value === 'string') throw wantsText
  throw refused(value)
}

function refused(value: unknown): BadValue {
  return new BadValue(`a ${kindOf(value)}`)
}

function arrayLiteral(items: readonly unknown[], print: (value: unknown) => string): string {
  const texts = items.map((item) => {
    if (item === null || item === undefined) return 'NULL'
    if (!isScalar(item)) throw new BadValue(`an array with a ${kindOf(item)} in it`)
    const text =
      item instanceof Uint8Array ? `\\x${Buffer.from(item).toString('hex')}` : print(item)
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${texts.join(',')}}`
}
