/** Offsets in texts: after `Z` in a pattern RFC 822's or GMT's, after `X` those of ISO 8601. */

const hours = '(?<hours>[01]\\d|2[0-3])'
const minutes = '(?<minutes>[0-5]\\d)'

const rfc822 = new RegExp(
  `[ \\t]*(?:GMT(?![+-])|UTC|(?<sign>[+-])${hours}${minutes}` +
    `|GMT(?<sign>[+-])(?<hours>[01]?\\d|2[0-3]):${minutes})`,
  'iy',
)

const iso = [
  new RegExp(`[ \\t]*(?:Z|(?<sign>[+-])${hours})`, 'y'),
  new RegExp(`[ \\t]*(?:Z|(?<sign>[+-])${hours}${minutes})`, 'y'),
  new RegExp(`[ \\t]*(?:Z|(?<sign>[+-])${hours}:${minutes})`, 'y'),
]

/** What a field for a zone reads. Texts with `Z` come by the million: they take no regular expression. */
export function zoneReader(letter: string, count: number): ZoneReader {
  const expression = letter === 'X' ? iso[count - 1] : rfc822
  return new ZoneReader(expression as RegExp, letter === 'X')
}

export class ZoneReader {
  readonly #expression: RegExp
  readonly #isIso: boolean
  /** Where the last one ended. */
  end = 0

  constructor(expression: RegExp, isIso: boolean) {
    this.#expression = expression
    this.#isIso = isIso
  }

  /** Ms to the east of Greenwich, or undefined. */
  read(text: string, at: number): number | undefined {
    if (this.#isIso && text.charCodeAt(at) === 90) {
      this.end = at + 1
      return 0
    }
    this.#expression.lastIndex = at
    const match = this.#expression.exec(text)
    if (match === null) return undefined
    this.end = at + match[0].length
    const { sign, hours = '0', minutes = '0' } = match.groups ?? {}
    const offset = Number(hours) * 3_600_000 + Number(minutes) * 60_000
    return sign === '-' ? -offset : offset
  }
}
