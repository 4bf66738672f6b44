import {
  DATE,
  DataException,
  INT64,
  Instant,
  type Schema,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../runtime/api/index.ts'
import { kindOf } from '../fields/operand.ts'
import { dayMs } from './calendar.ts'
import type { DateFormat } from './date-format.ts'

/** The five forms of a point in time, each ↔ an `Instant`. */

export const timeTypes = ['string', 'unix', 'Date', 'Time', 'Timestamp'] as const
export const precisions = ['nanoseconds', 'microseconds', 'milliseconds', 'seconds'] as const

export type TimeType = (typeof timeTypes)[number]
export type Precision = (typeof precisions)[number]

export const targetSchemas: Readonly<Record<TimeType, Schema>> = {
  string: STRING,
  unix: INT64,
  Date: DATE,
  Time: TIME,
  Timestamp: TIMESTAMP,
}

export interface Options {
  readonly format: DateFormat | null
  readonly precision: Precision
}

export type ToInstant = (value: unknown) => Instant
export type FromInstant = (instant: Instant) => unknown

export function reader(type: TimeType, { format, precision }: Options): ToInstant {
  switch (type) {
    case 'string':
      return (value) => readText(value, format)
    case 'unix':
      return (value) => readUnix(value, precision)
    default:
      return (value) => {
        if (value instanceof Instant) return value
        throw new DataException(
          `Expected ${type} to be a java.util.Date, but found class ${kindOf(value)}`,
        )
      }
  }
}

export function writer(type: TimeType, { format, precision }: Options): FromInstant {
  switch (type) {
    case 'string':
      return (instant) => (format as DateFormat).format(civilMs(instant))
    case 'unix':
      return (instant) => unixOf(instant, precision)
    case 'Date':
      return (instant) => {
        const ms = civilMs(instant)
        return new Instant(ms - timeOfDay(ms))
      }
    case 'Time':
      return (instant) => new Instant(timeOfDay(civilMs(instant)))
    default:
      return (instant) => instant
  }
}

/** What a value without a schema is, or undefined. */
export function typeOfValue(value: unknown): TimeType | undefined {
  if (typeof value === 'string') return 'string'
  if (value instanceof Instant) return 'Timestamp'
  return isLong(value) ? 'unix' : undefined
}

export function typeOfSchema(schema: Schema): TimeType | undefined {
  switch (schema.logical) {
    case 'date':
      return 'Date'
    case 'time':
      return 'Time'
    case 'timestamp':
      return 'Timestamp'
    default:
      return { string: 'string', int64: 'unix' }[schema.type as 'string' | 'int64'] as
        | TimeType
        | undefined
  }
}

function readText(value: unknown, format: DateFormat | null): Instant {
  if (typeof value !== 'string')
    throw new DataException(
      `Expected string timestamp to be a String, but found class ${kindOf(value)}`,
    )
  if (format === null)
    throw new DataException('TimestampConverter was given a text and has no format to read it', {
      hint: 'Set format to the pattern of these texts, for example yyyy-MM-dd HH:mm:ss.',
    })
  const ms = format.parse(value)
  if (ms !== undefined) return new Instant(ms)
  throw new DataException(
    `Could not parse timestamp: value (${value}) does not match pattern (${format.pattern})`,
  )
}

/** With a schema always a bigint, without one a number or a bigint. */
function isLong(value: unknown): value is number | bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

const perMs: Readonly<Record<Precision, bigint>> = {
  nanoseconds: 1_000_000n,
  microseconds: 1000n,
  milliseconds: 1n,
  seconds: 1n,
}

function readUnix(value: unknown, precision: Precision): Instant {
  if (!isLong(value))
    throw new DataException(
      `Expected Unix timestamp to be a Long, but found class ${kindOf(value)}`,
    )
  const exact = BigInt(value)
  // Divisions drop the rest, towards zero.
  return new Instant(
    precision === 'seconds' ? withinLong(exact * 1000n, precision) : exact / perMs[precision],
  )
}

function unixOf(instant: Instant, precision: Precision): bigint {
  const ms = instant.exact()
  return precision === 'seconds' ? ms / 1000n : withinLong(ms * perMs[precision], precision)
}

/** Java stops at the ends of int64 in silence: a wrong time. */
function withinLong(value: bigint, precision: Precision): bigint {
  if (BigInt.asIntN(64, value) === value) return value
  throw new DataException(`A time is beyond what 64 bits hold in ${precision}: ${value}`)
}

function civilMs(instant: Instant): number {
  if (Number.isSafeInteger(instant.epochMs)) return instant.epochMs
  throw new DataException(`${instant.exact()} ms since 1970 is beyond the calendar`)
}

function timeOfDay(ms: number): number {
  return ms - Math.floor(ms / dayMs) * dayMs
}
