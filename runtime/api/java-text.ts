import type { Schema } from './schema.ts'
import { Struct } from './struct.ts'
import { civilTime } from './text/civil-time.ts'
import { Decimal, Instant, isPlainObject, TypedNumber } from './values.ts'

/** Values as Java's `toString` prints them: what StringConverter writes, what Cast makes of numbers, what messages show. */

/** A double: shortest text that reads back as it, always with a point; scientific below 1e-3 and from 1e7 on (`1.0E7`). */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value)
    return Number.isInteger(value) ? `${text}.0` : text
  }
  return floatingText(value, () => value.toExponential(), value.toExponential(1))
}

/** A float: the same for 32 bits. */
export function floatText(value: number): string {
  return floatingText(value, () => shortestFloat(value), value.toExponential(1))
}

function floatingText(value: number, shortest: () => string, twoDigits: string): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return String(value)
  const found = shortest()
  // Java prints two digits at least and takes the nearest such number: 4.9E-324 where JavaScript says 5e-324.
  const text = found.includes('.') ? found : twoDigits
  const e = text.indexOf('e')
  const exponent = Number(text.slice(e + 1))
  const sign = text.startsWith('-') ? '-' : ''
  const mantissa = text.slice(sign.length, e)
  if (exponent < -3 || exponent >= 7) return `${sign}${mantissa}E${exponent}`
  const digits = mantissa.replace('.', '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${withoutTrailingZeros(digits)}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${withoutTrailingZeros(digits.slice(exponent + 1))}`
}

function withoutTrailingZeros(digits: string): string {
  return digits.replace(/0+$/, '') || '0'
}

function shortestFloat(value: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential(8)
}

/** BigDecimal's canonical text: plain digits, or an exponent when the scale is negative or the number very small (`1E+3`, `1E-7`). */
export function decimalText({ unscaled, scale }: Decimal): string {
  if (scale === 0) return String(unscaled)
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
  const exponent = digits.length - 1 - scale
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0')
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  const power = exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`
  return `${sign}${digits[0]}${fraction}${power}`
}

/** Any value. The schema, when there is one, tells numbers apart. */
export function javaText(schema: Schema | null, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(schema, value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof TypedNumber) return typedText(value)
  if (value instanceof Decimal) return decimalText(value)
  if (value instanceof Instant) return dateText(value)
  if (value instanceof Uint8Array) return `[B@${value.byteLength.toString(16)}`
  if (value instanceof Struct) return structText(value)
  const items = schema?.valueSchema ?? null
  if (Array.isArray(value)) return `[${value.map((item) => javaText(items, item)).join(', ')}]`
  if (value instanceof Map) {
    const keys = schema?.keySchema ?? null
    return mapText(Array.from(value, ([key, item]) => [javaText(keys, key), javaText(items, item)]))
  }
  if (isPlainObject(value))
    return mapText(Object.entries(value).map(([key, item]) => [key, javaText(null, item)]))
  return String(value)
}

/** A number under its schema; without one an integer is an int64, the rest are doubles. */
export function numberText(schema: Schema | null, value: number): string {
  if (schema?.type === 'float32') return floatText(value)
  const isInteger = schema === null ? Number.isInteger(value) : schema.type !== 'float64'
  return isInteger && !Object.is(value, -0) ? String(value) : doubleText(value)
}

function typedText({ type, value }: TypedNumber): string {
  if (type === 'float32') return floatText(value)
  return type === 'float64' ? doubleText(value) : String(value)
}

function mapText(pairs: readonly (readonly string[])[]): string {
  return `{${pairs.map(([key, value]) => `${key}=${value}`).join(', ')}}`
}

function structText({ schema, values }: Struct): string {
  const shown = schema.fields.flatMap(({ name, index, schema }) =>
    values[index] === null ? [] : [`${name}=${javaText(schema, values[index])}`],
  )
  return `Struct{${shown.join(',')}}`
}

/** `Thu Jan 01 01:02:03 UTC 1970` */
function dateText(instant: Instant): string {
  const { date, year } = civilTime(instant)
  const [weekday = '', day, month, , time] = date.toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`
}
