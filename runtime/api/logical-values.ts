import { DataException } from './errors.ts'
import { logicalNames, type Schema } from './schema.ts'
import { Decimal, Instant } from './values.ts'

/** The four logical types ↔ the values of their base types. */

const dayMs = 86_400_000

/** Days since 1970 of a Date. */
export function daysOf(date: Instant): number {
  const ms = date.exact()
  if (ms % 86_400_000n !== 0n)
    throw new DataException(
      'Kafka Connect Date type should not have any time fields set to non-zero values.',
    )
  return Number(BigInt.asIntN(32, ms / 86_400_000n))
}

export function dateOfDays(days: number): Instant {
  return new Instant(days * dayMs)
}

/** Milliseconds after midnight of a Time. */
export function msOfDay(time: Instant): number {
  if (!(time.epochMs >= 0 && time.epochMs <= dayMs))
    throw new DataException(
      'Kafka Connect Time type should not have any date fields set to non-zero values.',
    )
  return time.epochMs
}

export function timeOfMs(ms: number): Instant {
  if (!(ms >= 0 && ms <= dayMs))
    throw new DataException(
      'Time values must use number of milliseconds greater than 0 and less than 86400000',
    )
  return new Instant(ms)
}

/** The `scale` parameter of a Decimal schema. */
export function scaleOf(schema: Schema): number {
  const text = schema.parameters?.get('scale')
  if (text === undefined)
    throw new DataException('Invalid Decimal schema: scale parameter not found.')
  const scale = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(scale >= -2147483648 && scale <= 2147483647))
    throw new DataException('Invalid scale parameter found in Decimal schema: ', {
      hint: `${logicalNames.decimal} needs a parameter "scale" with an integer, not "${text}".`,
    })
  return scale
}

/** Big-endian two's complement of the unscaled integer, as short as can be. */
export function decimalBytes(decimal: Decimal, schema: Schema): Buffer {
  const scale = scaleOf(schema)
  if (decimal.scale !== scale)
    throw new DataException(
      `Decimal value has mismatching scale for given Decimal schema. Schema has scale ${scale}, value has scale ${decimal.scale}.`,
    )
  return integerBytes(decimal.unscaled)
}

function integerBytes(value: bigint): Buffer {
  const magnitude = (value < 0n ? ~value : value).toString(16)
  // The first bit is the sign: one more byte when the highest digit would take it.
  const isFull = magnitude.length % 2 === 0 && Number.parseInt(magnitude[0] as string, 16) >= 8
  const length = Math.ceil(magnitude.length / 2) + (isFull ? 1 : 0)
  const unsigned = BigInt.asUintN(length * 8, value)
  return Buffer.from(unsigned.toString(16).padStart(length * 2, '0'), 'hex')
}

/** The reverse; empty bytes are no number. */
export function decimalOf(bytes: Uint8Array, scale: number): Decimal {
  if (bytes.length === 0) throw new DataException('Zero length BigInteger')
  const { buffer, byteOffset, byteLength } = bytes
  const hex = Buffer.from(buffer, byteOffset, byteLength).toString('hex')
  return new Decimal(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)), scale)
}
