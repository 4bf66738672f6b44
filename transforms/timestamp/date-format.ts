import { civilFromDays, dayMs, daysFromCivil } from './calendar.ts'
import { type NumberToken, parsePattern, type Token } from './date-pattern.ts'
import { DateReader } from './date-reader.ts'

/** A SimpleDateFormat of numbers, in UTC. */
export class DateFormat {
  readonly pattern: string
  readonly #tokens: readonly Token[]
  readonly #reader: DateReader

  /** Throws BadPattern or UnservedPattern. */
  constructor(pattern: string) {
    this.pattern = pattern
    this.#tokens = parsePattern(pattern)
    this.#reader = new DateReader(this.#tokens)
  }

  /** Ms since 1970, or undefined. Lenient as Java: day 32 is the first of the next month, what follows the pattern is not looked at. */
  parse(text: string): number | undefined {
    return this.#reader.read(text)
  }

  format(epochMs: number): string {
    const days = Math.floor(epochMs / dayMs)
    const { year, month, day } = civilFromDays(days)
    const ms = epochMs - days * dayMs
    const hour = Math.floor(ms / 3_600_000)
    const values: Values = {
      // Java shows the year of the era.
      y: year > 0 ? year : 1 - year,
      M: month + 1,
      d: day,
      D: days - daysFromCivil(year, 0, 1) + 1,
      H: hour,
      k: hour || 24,
      K: hour % 12,
      h: hour % 12 || 12,
      m: Math.floor(ms / 60_000) % 60,
      s: Math.floor(ms / 1000) % 60,
      S: ms % 1000,
    }
    let text = ''
    for (const token of this.#tokens)
      text += typeof token === 'string' ? token : formatField(token, values, hour)
    return text
  }
}

type Values = Readonly<Record<string, number>>

function formatField({ letter, count }: NumberToken, values: Values, hour: number): string {
  switch (letter) {
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'Z':
      return '+0000'
    case 'X':
      return 'Z'
    default: {
      const digits = String(values[letter])
      return letter === 'y' && count === 2
        ? digits.slice(-2).padStart(2, '0')
        : digits.padStart(count, '0')
    }
  }
}
