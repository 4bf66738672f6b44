import { dayMs, daysFromCivil } from './calendar.ts'
import type { NumberToken, Token } from './date-pattern.ts'
import { readOddNumber } from './odd-number.ts'
import { type ZoneReader, zoneReader } from './zone.ts'

/** Reads texts of one pattern, without allocating for an ordinary one. */
export class DateReader {
  readonly #steps: readonly Step[]
  // All texts of a pattern set the same fields, so which of two for the same thing counts (the later) is known beforehand.
  readonly #usesDayOfYear: boolean
  readonly #usesHalfDay: boolean
  // Every text that is read to its end sets all fields of the pattern anew; the others keep these values.
  readonly #fields = Float64Array.of(1970, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
  /** Years of two digits lie within a hundred years from here: 80 years back. */
  readonly #centuryStart: number
  #year = 1970
  #month = 1
  #daysBefore = -1

  constructor(tokens: readonly Token[]) {
    const start = new Date()
    start.setUTCFullYear(start.getUTCFullYear() - 80)
    this.#centuryStart = start.getTime()
    this.#steps = stepsOf(tokens, start.getUTCFullYear())
    const last = (letters: string) =>
      tokens.findLastIndex((token) => typeof token !== 'string' && letters.includes(token.letter))
    const halfDay = last('hK') < 0 || last('a') < 0 ? -1 : Math.max(last('hK'), last('a'))
    this.#usesDayOfYear = last('D') > last('d')
    this.#usesHalfDay = last('Hk') < 0 || halfDay > last('Hk')
  }

  /** Ms since 1970; undefined when the text has another form, or says what no date can be. */
  read(text: string): number | undefined {
    const fields = this.#fields
    let at = 0
    for (const step of this.#steps) {
      switch (step.kind) {
        case kinds.literal:
          if (text.charCodeAt(at) !== step.code) return undefined
          at++
          break
        case kinds.number:
          at = readNumber(text, at, step, fields)
          if (at < 0) return undefined
          break
        case kinds.halfDay: {
          const half = text.slice(at, at + 2).toUpperCase()
          if (half !== 'AM' && half !== 'PM') return undefined
          fields[afternoon] = half === 'PM' ? 1 : 0
          at += 2
          break
        }
        default: {
          const zone = step.zone as ZoneReader
          const ms = zone.read(text, at)
          if (ms === undefined) return undefined
          fields[offset] = ms
          at = zone.end
        }
      }
    }
    const ms = this.#epochMs(fields)
    if (fields[ambiguous] === 1 && ms < this.#centuryStart) return this.#aCenturyLater(fields)
    return Number.isSafeInteger(ms) ? ms : undefined
  }

  /** The two digits are those of the first year of the hundred, the day lies before their beginning. */
  #aCenturyLater(fields: Fields): number {
    fields[year] = (fields[year] as number) + 100
    return this.#epochMs(fields)
  }

  #epochMs(fields: Fields): number {
    const days = this.#usesDayOfYear
      ? this.#monthStart(fields[year] as number, 1) + (fields[dayOfYear] as number)
      : this.#monthStart(fields[year] as number, fields[month] as number) + (fields[day] as number)
    const hours = this.#usesHalfDay
      ? (fields[halfDayHour] as number) + 12 * (fields[afternoon] as number)
      : (fields[hour] as number)
    return (
      days * dayMs +
      hours * 3_600_000 +
      (fields[minute] as number) * 60_000 +
      (fields[second] as number) * 1000 +
      (fields[millisecond] as number) -
      (fields[offset] as number)
    )
  }

  /** The day before the first of a month: texts that follow each other are mostly of the same one. */
  #monthStart(year: number, month: number): number {
    if (year !== this.#year || month !== this.#month) {
      this.#year = year
      this.#month = month
      this.#daysBefore = daysFromCivil(year, month - 1, 0)
    }
    return this.#daysBefore
  }
}

type Fields = Float64Array

const [year, month, day, dayOfYear, hour, halfDayHour] = [0, 1, 2, 3, 4, 5] as const
const [afternoon, minute, second, millisecond, offset, ambiguous] = [6, 7, 8, 9, 10, 11] as const

const fieldOfLetter: Readonly<Record<string, number>> = {
  y: year,
  M: month,
  d: day,
  D: dayOfYear,
  H: hour,
  k: hour,
  K: halfDayHour,
  h: halfDayHour,
  m: minute,
  s: second,
  S: millisecond,
}

const kinds = { literal: 0, number: 1, halfDay: 2, zone: 3 } as const

/** One shape for all kinds keeps the loop over them fast. */
interface Step {
  readonly kind: (typeof kinds)[keyof typeof kinds]
  /** Of a literal. */
  readonly code: number
  readonly field: number
  /** Exactly so many characters, where another number follows at once; else 0. */
  readonly width: number
  /** Counts as zero (`24` of `k`, `12` of `h`); else NaN. */
  readonly zero: number
  /** Two digits mean one of the hundred years from this one on; 0: they mean themselves. */
  readonly firstYear: number
  readonly zone: ZoneReader | null
}

const blankStep = { code: 0, field: 0, width: 0, zero: Number.NaN, firstYear: 0, zone: null }

function stepsOf(tokens: readonly Token[], firstYear: number): Step[] {
  return tokens.flatMap((token, index) => {
    if (typeof token === 'string')
      return token
        .split('')
        .map((char) => ({ ...blankStep, kind: kinds.literal, code: char.charCodeAt(0) }))
    return [stepOf(token, tokens[index + 1], firstYear)]
  })
}

function stepOf(
  { letter, count }: NumberToken,
  following: Token | undefined,
  firstYear: number,
): Step {
  if (letter === 'a') return { ...blankStep, kind: kinds.halfDay }
  if (letter === 'Z' || letter === 'X')
    return { ...blankStep, kind: kinds.zone, zone: zoneReader(letter, count) }
  const isNumberNext = typeof following === 'object' && !'aZX'.includes(following.letter)
  return {
    ...blankStep,
    kind: kinds.number,
    field: fieldOfLetter[letter] as number,
    width: isNumberNext ? count : 0,
    zero: { k: 24, h: 12 }[letter] ?? Number.NaN,
    firstYear: letter === 'y' && count <= 2 ? firstYear : 0,
  }
}

/** Returns where the number ends, or -1. */
function readNumber(text: string, start: number, step: Step, fields: Fields): number {
  const end = step.width === 0 ? text.length : start + step.width
  if (end > text.length) return -1
  let at = start
  let value = 0
  let code = 0
  while (at < end) {
    code = text.charCodeAt(at)
    if (code < 48 || code > 57) break
    value = value * 10 + (code - 48)
    at++
  }
  let digits = at - start
  const isOdd = digits === 0 || digits > 9 || (at < end && (code === 69 || code > 127))
  if (isOdd) {
    const found = readOddNumber(text, start, end)
    if (found === undefined) return -1
    value = found.value
    digits = found.digits
    at = found.end
  }
  if (value === step.zero) value = 0
  if (step.firstYear !== 0) {
    const isNear = digits === 2 && value >= 0
    fields[ambiguous] = isNear && value === step.firstYear % 100 ? 1 : 0
    if (isNear) value = nearYear(value, step.firstYear)
  }
  fields[step.field] = value
  return at
}

function nearYear(twoDigits: number, firstYear: number): number {
  const century = firstYear - (firstYear % 100)
  return century + twoDigits + (twoDigits < firstYear % 100 ? 100 : 0)
}
