/** Why a pattern cannot be used: what Java says of a wrong one, or that we have no faithful translation. */
export class PatternError extends Error {}

/** A Java pattern, code point by code point. In comments mode `peek` and `next` pass over blanks and comments, `raw` does not. */
export class PatternReader {
  readonly #pattern: string
  readonly #chars: readonly string[]
  #at = 0
  skipsComments = false

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#chars = Array.from(unquoted(pattern))
  }

  get position(): number {
    return this.#at
  }

  /** The next significant character, or undefined at the end. */
  peek(): string | undefined {
    if (this.skipsComments) this.#skipComments()
    return this.#chars[this.#at]
  }

  next(): string | undefined {
    const char = this.peek()
    if (char !== undefined) this.#at++
    return char
  }

  /** The next character as it is, past the end an error. */
  raw(): string {
    const char = this.#chars[this.#at++]
    if (char === undefined) this.fail('Unexpected end of the pattern')
    return char
  }

  /** What follows, literally. */
  startsWith(text: string): boolean {
    return text === this.#chars.slice(this.#at, this.#at + text.length).join('')
  }

  /** Goes past the text when it follows. */
  accept(text: string): boolean {
    const follows = this.startsWith(text)
    if (follows) this.#at += text.length
    return follows
  }

  /** Goes past what matches from here on and returns it. */
  take(sticky: RegExp): string | undefined {
    const found = sticky.exec(this.#chars.slice(this.#at).join(''))?.[0]
    if (found !== undefined) this.#at += Array.from(found).length
    return found
  }

  /** Where in the pattern, as Java shows it. */
  fail(reason: string, index = this.#at): never {
    const place = index >= 0 ? ` near index ${index}` : ''
    const caret = index >= 0 && index < this.#pattern.length ? `\n${' '.repeat(index)}^` : ''
    throw new PatternError(`${reason}${place}\n${this.#pattern}${caret}`)
  }

  refuse(what: string): never {
    return this.fail(`${what} cannot be translated from Java's regular expressions`)
  }

  #skipComments(): void {
    for (;;) {
      const char = this.#chars[this.#at]
      if (char === '#') {
        while (this.#at < this.#chars.length && !/[\n\r\u0085\u2028\u2029]/.test(this.#here()))
          this.#at++
      } else if (char !== undefined && /[\t-\r ]/.test(char)) this.#at++
      else return
    }
  }

  #here(): string {
    return this.#chars[this.#at] ?? ''
  }
}

/** `\Q…\E` written with a backslash before each character that could mean something. */
function unquoted(pattern: string): string {
  return pattern.replace(/\\Q(.*?)(\\E|$)|\\./gs, (found, quoted?: string) =>
    quoted === undefined ? found : quoted.replace(/[\0-\x7f]/g, escaped),
  )
}

function escaped(char: string): string {
  return /[a-zA-Z]/.test(char) ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
