import { DATE, type Schema, TIME, TIMESTAMP } from '../schema.ts'
import { Instant } from '../values.ts'
import { civilTime } from './civil-time.ts'
import { latin } from './decimal-number.ts'

/** Dates as `Values` prints and reads them, in UTC. */

const dayMs = 86_400_000

/** By the instant alone: a time within the first day (and ever before it), a date at a midnight, else both. */
export function instantText(instant: Instant): string {
  const { date, year } = civilTime(instant)
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${String(date.getUTCMilliseconds()).padStart(3, '0')}Z`
  if (instant.epochMs < dayMs) return time
  const day = `${String(year).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
  return instant.exact() % BigInt(dayMs) === 0n ? day : `${day}T${time}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

// Lenient as Java's SimpleDateFormat: blanks before a number, any number of digits, a sign; what follows the pattern is not looked at.
const number = String.raw`[ \t]*(-?\p{Nd}+)`
const datePattern = new RegExp(`^${number}-${number}-${number}`, 'u')
const timePattern = new RegExp(`^${number}:${number}:${number}\\.${number}Z`, 'u')
const timestampPattern = new RegExp(
  `^${number}-${number}-${number}T${number}:${number}:${number}\\.${number}Z`,
  'u',
)

/** A text of exactly the length of a date, time or timestamp literal (colons may be escaped), or undefined. */
export function parseTemporal(token: string): { schema: Schema; value: Instant } | undefined {
  const text = token.replaceAll('\\:', ':')
  switch (text.length) {
    case 10:
      return temporalOf(DATE, datePattern.exec(text), ([y, m, d]) => [y, m, d])
    case 13:
      return temporalOf(TIME, timePattern.exec(text), (time) => [1970, 1, 1, ...time])
    case 24:
      return temporalOf(TIMESTAMP, timestampPattern.exec(text), (all) => all)
    default:
      return undefined
  }
}

type Parts = (number | undefined)[]

function temporalOf(
  schema: Schema,
  match: RegExpExecArray | null,
  order: (numbers: Parts) => Parts,
): { schema: Schema; value: Instant } | undefined {
  if (!match) return undefined
  const numbers = match.slice(1).map((digits) => Number(latin(digits)))
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = order(numbers)
  // Parts beyond their range roll over; setUTCFullYear takes years below 100 as they are.
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, ms)
  const epochMs = date.getTime()
  return Number.isNaN(epochMs) ? undefined : { schema, value: new Instant(epochMs) }
}
