/**
 * Cuts a text at the delimiters `: , { } [ ] "`, each a token of its own unless a backslash escapes it; all between two of them is one token,
 * backslashes included. One token of look-ahead.
 */
export class Tokens {
  readonly text: string
  #position = 0
  #next: string | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Where the token that comes next begins. */
  mark(): number {
    return this.#position - (this.#next?.length ?? 0)
  }

  rewindTo(position: number): void {
    this.#position = position
    this.#next = undefined
  }

  hasNext(): boolean {
    return this.#next !== undefined || this.#position < this.text.length
  }

  next(): string {
    const token = this.#next ?? this.#cut()
    this.#next = undefined
    return token
  }

  /** The text of that many tokens, or undefined (and nothing is consumed) when there are fewer. */
  take(count: number): string | undefined {
    const start = this.mark()
    for (let i = 0; i < count; i++) {
      if (!this.hasNext()) {
        this.rewindTo(start)
        return undefined
      }
      this.next()
    }
    return this.text.slice(start, this.#position)
  }

  /** Consumes the next token if it is that word. Tokens of blanks before it are dropped, whether it is or not. */
  skip(word: string): boolean {
    if (!this.hasNext()) return false
    this.#next ??= this.#cut()
    while (isBlank(this.#next) && this.#position < this.text.length) this.#next = this.#cut()
    if (trim(this.#next) !== word) return false
    this.#next = undefined
    return true
  }

  #cut(): string {
    const { text } = this
    const start = this.#position
    let escaped = false
    let end = start
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === 92) escaped = !escaped
      else if (!escaped && isDelimiter(code)) break
      else escaped = false
    }
    if (end === start) end++
    this.#position = end
    return text.slice(start, end)
  }
}

function isDelimiter(code: number): boolean {
  switch (code) {
    case 34: // "
    case 44: // ,
    case 58: // :
    case 91: // [
    case 93: // ]
    case 123: // {
    case 125: // }
      return true
    default:
      return false
  }
}

/** Java's `trim`: everything up to the blank counts. */
export function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 32) start++
  while (end > start && text.charCodeAt(end - 1) <= 32) end--
  return text.slice(start, end)
}

export function isBlank(text: string): boolean {
  return trim(text) === ''
}
