import type { Validator } from './config-def.ts'
import { PatternError } from './regex/pattern-reader.ts'
import { type Translation, translate } from './regex/translate.ts'

/**
 * A regular expression written for Java (`RegexRouter`, `topics.regex`), matched as Java matches it. What has no faithful translation is
 * refused in words when it is made, never matched differently.
 */
export class JavaRegex {
  readonly pattern: string
  readonly #translation: Translation
  /** Matches where the whole text does, for whoever needs a RegExp. */
  readonly whole: RegExp
  readonly #part: RegExp

  /** Throws an Error whose message says what is wrong, and where. */
  constructor(pattern: string) {
    this.pattern = pattern
    this.#translation = translate(pattern)
    this.whole = new RegExp(`^(?:${this.#translation.source})$`, 'v')
    this.#part = new RegExp(this.#translation.source, 'v')
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    return this.whole.test(text)
  }

  /**
   * Prepares a replacement in Java's grammar. A wrong one fails when a text matches, as in Java; only a reference that we cannot serve
   * faithfully throws here.
   */
  replacement(template: string): JavaReplacement {
    const parts = parseTemplate(template, this.#translation)
    const unstable = parts.find((part) => this.#translation.unstable.has(part as number))
    if (unstable === undefined) return new JavaReplacement(this.#part, parts)
    throw new PatternError(
      `Group ${unstable} lies in a repetition that may skip it or match nothing: what it then holds cannot be told as Java would`,
    )
  }
}

/** A text, the number of a group, or what is wrong with the rest. */
type Part = string | number | PatternError

/** `$1`, `${name}` and `\c` in a text that takes the place of a match. */
export class JavaReplacement {
  readonly #regex: RegExp
  readonly #parts: readonly Part[]

  constructor(regex: RegExp, parts: readonly Part[]) {
    this.#regex = regex
    this.#parts = parts
  }

  /** Replaces the first match, searched from the start of the text. Throws when the replacement is wrong and something matches. */
  replaceFirst(text: string): string {
    const match = this.#regex.exec(text)
    if (match === null) return text
    const groups = match.groups ?? {}
    let inserted = ''
    for (const part of this.#parts) {
      if (typeof part === 'string') inserted += part
      else if (typeof part === 'number')
        inserted += (part === 0 ? match[0] : groups[`g${part}`]) ?? ''
      else throw part
    }
    return text.slice(0, match.index) + inserted + text.slice(match.index + match[0].length)
  }
}

function parseTemplate(template: string, translation: Translation): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < template.length; at++) {
    const char = template[at] as string
    if (char === '\\') {
      at++
      parts.push(template[at] ?? new PatternError('character to be escaped is missing'))
    } else if (char === '$') {
      const { part, length } = reference(template.slice(at + 1), translation)
      parts.push(part)
      at += length
    } else parts.push(char)
  }
  return parts
}

/** What stands after a dollar sign. */
function reference(
  text: string,
  translation: Translation,
): { readonly part: Part; readonly length: number } {
  const found = /^(?:\{([a-zA-Z0-9]*)(\}?)|([0-9]+))/.exec(text)
  if (!found) {
    const reason = text === '' ? ': group index is missing' : ''
    return { part: new PatternError(`Illegal group reference${reason}`), length: text.length }
  }
  const [whole, name = '', brace, digits] = found
  if (digits !== undefined) return numbered(digits, translation.groupCount)
  const part =
    brace === ''
      ? new PatternError("named capturing group is missing trailing '}'")
      : (translation.names.get(name) ?? new PatternError(`No group with name {${name}}`))
  return { part, length: whole.length }
}

/** Further digits belong to the group only while such a group exists: `$12` with one group is group 1 and a 2. */
function numbered(
  digits: string,
  groupCount: number,
): { readonly part: Part; readonly length: number } {
  let length = 1
  while (length < digits.length && Number(digits.slice(0, length + 1)) <= groupCount) length++
  const group = Number(digits.slice(0, length))
  return { part: group > groupCount ? new PatternError(`No group ${group}`) : group, length }
}

/** A key that holds a Java regular expression. */
export const javaRegex: Validator = (value) => {
  if (value === null) return 'Invalid regex: there is none'
  try {
    new JavaRegex(String(value))
    return undefined
  } catch (error) {
    return `Invalid regex: ${(error as Error).message}`
  }
}
