import type { PatternReader } from './pattern-reader.ts'

export interface Quantifier {
  readonly low: number
  readonly high: number
  /** As it is written, in both languages. */
  readonly text: string
}

/** The quantifier that follows, if any; not the `?` or `+` that makes it lazy or possessive. */
export function readQuantifier(reader: PatternReader): Quantifier | undefined {
  const char = reader.peek()
  if (char === '?' || char === '*' || char === '+') {
    reader.next()
    const high = char === '?' ? 1 : Number.POSITIVE_INFINITY
    return { low: char === '+' ? 1 : 0, high, text: char }
  }
  if (char !== '{') return undefined
  const text = reader.take(/^\{\d+(,\d*)?\}/)
  if (text === undefined) return reader.fail('Illegal repetition')
  const [low = 0, high = low] = text
    .slice(1, -1)
    .split(',')
    .map((part) => (part === '' ? Number.POSITIVE_INFINITY : Number(part)))
  if (high < low || low > 0x7fffffff) reader.fail('Illegal repetition range', reader.position - 1)
  return { low, high, text }
}
