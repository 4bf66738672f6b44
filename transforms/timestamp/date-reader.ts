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
  readonly #fields = new Float64Array(unset)

  constructor(tokens: readonly Token[]) {
    this.#steps = stepsOf(tokens)
    const last = (letters: string) =>
      tokens.findLastIndex((token) => typeof token !== 'string' && letters.includes(token.letter))
    const halfDay = last('hK') < 0 || last('a') < 0 ? -1 : Math.max(last('hK'), last('a'))
    this.#usesDayOfYear = last('D') > last('d')
    this.#usesHalfDay = last('Hk') < 0 || halfDay > last('Hk')
  }

  /** Ms since 1970; undefined when the text has another form, or says what no date can be. */
  read(text: string): number | undefined {
    const fields = this.#fields
    fields.set(unset)
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
    return Number.isSafeInteger(ms) ? ms : undefined
  }

  #epochMs(fields: Fields): number {
    const days = this.#usesDayOfYear
      ? daysFromCivil(fields[year] as number, 0, fields[dayOfYear] as number)
      : daysFromCivil(fields[year] as number, (fields[month] as number) - 1, fields[day] as number)
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
}

type Fields = Float64Array

const [year, month, day, dayOfYear, hour, halfDayHour] = [0, 1, 2, 3, 4, 5] as const
const [afternoon, minute, second, millisecond, offset] = [6, 7, 8, 9, 10] as const
const unset = Float64Array.of(1970, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)

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
  /** Counts as zero (`24` of `k`, `12` of `h`); else -1. */
  readonly zero: number
  /** Two digits mean a year near to now: this is the first such year; else 0. */
  readonly firstYear: number
  readonly zone: ZoneReader | null
}

const blankStep = { code: 0, field: 0, width: 0, zero: -1, firstYear: 0, zone: null }

function stepsOf(tokens: readonly Token[]): Step[] {
  return tokens.flatMap((token, index) => {
    if (typeof token === 'string')
      return token
        .split('')
        .map((char) => ({ ...blankStep, kind: kinds.literal, code: char.charCodeAt(0) }))
    return [stepOf(token, tokens[index + 1])]
  })
}

function stepOf({ letter, count }: NumberToken, following: Token | undefined): Step {
  if (letter === 'a') return { ...blankStep, kind: kinds.halfDay }
  if (letter === 'Z' || letter === 'X')
    return { ...blankStep, kind: kinds.zone, zone: zoneReader(letter, count) }
  const isNumberNext = typeof following === 'object' && !'aZX'.includes(following.letter)
  return {
    ...blankStep,
    kind: kinds.number,
    field: fieldOfLetter[letter] as number,
    width: isNumberNext ? count : 0,
    zero: { k: 24, h: 12 }[letter] ?? -1,
    // From 80 years ago up to 20 years ahead.
    firstYear: letter === 'y' && count <= 2 ? new Date().getUTCFullYear() - 80 : 0,
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
  if (step.firstYear !== 0 && digits === 2 && value >= 0) value = nearYear(value, step.firstYear)
  fields[step.field] = value
  return at
}

function nearYear(twoDigits: number, firstYear: number): number {
  const century = firstYear - (firstYear % 100)
  return century + twoDigits + (twoDigits < firstYear % 100 ? 100 : 0)
}
