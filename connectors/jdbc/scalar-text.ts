import { Decimal, Instant, type Logical, Struct, TypedNumber } from '../../runtime/api/index.ts'
import { BadValue } from './array-writer.ts'
import type { Zones } from './wire-type.ts'
import { dateText, timestampText, timeText } from './zone.ts'

export function isScalar(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value instanceof Decimal ||
    value instanceof Instant ||
    value instanceof TypedNumber ||
    value instanceof Uint8Array
  )
}

/** A value's kind in Connect's words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Struct) return 'STRUCT'
  if (value instanceof Map) return 'MAP'
  if (Array.isArray(value)) return 'ARRAY'
  if (value instanceof Uint8Array) return 'BYTES'
  if (value instanceof Decimal) return 'decimal'
  if (value instanceof Instant) return 'point in time'
  if (value instanceof TypedNumber) return 'number'
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'object' ? 'MAP' : typeof value
}

/** Prints scalars as Postgres reads them. `logical` tells a date or a time of day from a timestamp: their values look the same. */
export function textOf(logical: Logical | null, zones: Zones): (value: unknown) => string {
  const instant =
    logical === 'date'
      ? (ms: number) => dateText(ms, zones.dates)
      : logical === 'time'
        ? (ms: number) => timeText(ms, zones.timestamps)
        : (ms: number) => timestampText(ms, zones.timestamps)
  return (value) => {
    if (typeof value === 'string') return value
    if (value instanceof Instant) {
      if (Math.abs(value.epochMs) > 8.64e15) throw new BadValue('a time out of range')
      return instant(value.epochMs)
    }
    if (value instanceof TypedNumber) {
      const whole = value.type === 'float64' || value.type === 'float32'
      return whole && Number.isInteger(value.value) && Math.abs(value.value) < 1e21
        ? `${value.value}.0`
        : `${value.value}`
    }
    if (value instanceof Uint8Array) throw new BadValue('a BYTES')
    return String(value)
  }
}
