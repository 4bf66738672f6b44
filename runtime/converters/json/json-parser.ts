import { DataException } from '../../api/index.ts'
import type { JsonTree } from './json-tree.ts'
import { maxDepth, maxDigits } from './plain-json.ts'

/** What becomes of the text of a number that is no integer. */
export type FractionReader<T> = (text: string) => T

/**
 * Reads one JSON value exactly, where `JSON.parse` would lose something or stops early. As Connect's reader it allows leading zeros, ignores what
 * follows the value, and refuses numbers of more than 1000 digits and nesting beyond 1000. Keeps its own stack.
 */
export class JsonParser<T> {
  readonly #text: string
  readonly #fraction: FractionReader<T>
  #position = 0

  constructor(text: string, fraction: FractionReader<T>) {
    this.#text = text
    this.#fraction = fraction
  }

  /** Undefined when there is nothing but blanks. */
  parse(): JsonTree | T | undefined {
    if (Number.isNaN(this.#peek())) return undefined
    const open: (unknown[] | Record<string, unknown>)[] = []
    const keys: string[] = []
    for (;;) {
      const code = this.#peek()
      let value: unknown
      if (code === 123 || code === 91) {
        if (open.length === maxDepth)
          throw this.#error(`Nesting is deeper than ${maxDepth} levels`, this.#position)
        this.#position++
        const container = code === 123 ? {} : []
        if (this.#peek() !== (code === 123 ? 125 : 93)) {
          open.push(container)
          keys.push(code === 123 ? this.#key() : '')
          continue
        }
        this.#position++
        value = container
      } else value = this.#scalar(code, open.length === 0)
      for (;;) {
        const container = open.at(-1)
        if (container === undefined) return value as JsonTree | T
        const isList = Array.isArray(container)
        if (isList) container.push(value)
        else setOwn(container, keys.at(-1) as string, value)
        const next = this.#peek()
        if (next === 44) {
          this.#position++
          if (!isList) keys[keys.length - 1] = this.#key()
          break
        }
        if (next !== (isList ? 93 : 125))
          throw this.#unexpected(isList ? '"," or "]"' : '"," or "}"')
        this.#position++
        keys.pop()
        value = open.pop()
      }
    }
  }

  /** Whether nothing but blanks follows. */
  isAtEnd(): boolean {
    return Number.isNaN(this.#peek())
  }

  /** The code of the next character that is no blank; NaN at the end. */
  #peek(): number {
    for (; ; this.#position++) {
      const code = this.#text.charCodeAt(this.#position)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code
    }
  }

  #key(): string {
    if (this.#peek() !== 34) throw this.#unexpected('a member name in double quotes')
    const key = this.#string()
    if (this.#peek() !== 58) throw this.#unexpected('":"')
    this.#position++
    return key
  }

  #scalar(code: number, isTop: boolean): unknown {
    if (code === 34) return this.#string()
    if (code === 45 || (code >= 48 && code <= 57)) return this.#number(isTop)
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#position)) continue
      const end = this.#position + word.length
      if (/[\w$]/.test(this.#text[end] ?? '')) break
      this.#position = end
      return value
    }
    throw this.#unexpected('a value')
  }

  #string(): string {
    const text = this.#text
    const start = this.#position
    let isEscaped = false
    let end = start + 1
    for (; ; end++) {
      const code = text.charCodeAt(end)
      if (code === 34) break
      if (code === 92) {
        isEscaped = true
        end++
      } else if (!(code >= 32)) {
        throw Number.isNaN(code)
          ? this.#error('A string has no end', start)
          : this.#error('A control character in a string must be escaped', end)
      }
    }
    this.#position = end + 1
    if (!isEscaped) return text.slice(start + 1, end)
    try {
      return JSON.parse(text.slice(start, end + 1)) as string
    } catch (cause) {
      throw this.#error('A string has a bad escape', start, cause)
    }
  }

  #number(isTop: boolean): unknown {
    const text = this.#text
    const start = this.#position
    const first = text.charCodeAt(start) === 45 ? start + 1 : start
    const point = this.#endOfDigits(first)
    if (point === first) throw this.#error('A number has no digits', start)
    const end = this.#endOfFraction(point)
    this.#position = end
    if (end - start > maxDigits && digitsIn(text.slice(start, end)) > maxDigits)
      throw this.#error(`A number has more than ${maxDigits} digits`, start)
    const next = text.charCodeAt(end)
    // Inside a container the next delimiter is looked for anyway.
    if (next === 46 || (isTop && !Number.isNaN(next) && !isBlank(next)))
      throw this.#unexpected('the end of the number')
    const number = text.slice(start, end)
    if (end > point) return this.#fraction(number)
    // A decimal knows no negative zero.
    if (point - first < 16) return Number(number) + 0
    const exact = BigInt(number)
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
  }

  /** Leading zeros are allowed. */
  #endOfDigits(start: number): number {
    let end = start
    for (let code = this.#text.charCodeAt(end); code >= 48 && code <= 57; ) {
      code = this.#text.charCodeAt(++end)
    }
    return end
  }

  /** A point or an exponent needs digits after it, or it is none. */
  #endOfFraction(start: number): number {
    const text = this.#text
    let end = start
    if (text.charCodeAt(end) === 46) {
      const digits = this.#endOfDigits(end + 1)
      if (digits > end + 1) end = digits
    }
    const code = text.charCodeAt(end)
    if (code !== 101 && code !== 69) return end
    const sign = text.charCodeAt(end + 1)
    const first = sign === 43 || sign === 45 ? end + 2 : end + 1
    const digits = this.#endOfDigits(first)
    return digits > first ? digits : end
  }

  #unexpected(wanted: string): DataException {
    const at = this.#position
    const found = this.#text[at]
    return found === undefined
      ? this.#error(`The text ends where ${wanted} should be`, at)
      : this.#error(`Unexpected ${JSON.stringify(found)} where ${wanted} should be`, at)
  }

  #error(what: string, at: number, cause?: unknown): DataException {
    const before = this.#text.slice(0, at)
    const line = before.split('\n').length
    return new DataException(`${what} (line ${line}, column ${at - before.lastIndexOf('\n')})`, {
      cause,
    })
  }
}

const words: readonly (readonly [string, JsonTree])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

function digitsIn(text: string): number {
  return text.replace(/[^0-9]/g, '').length
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

/** `__proto__` becomes a member like any other. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
}
