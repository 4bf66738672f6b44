/** The letters of Java's SimpleDateFormat, quotes and literals. */

export interface NumberToken {
  readonly letter: string
  readonly count: number
}

/** Text stands as it is; the rest are fields. */
export type Token = string | NumberToken

/** A pattern that Java refuses; the message is Java's. */
export class BadPattern extends Error {}

/** A pattern that Java takes and we do not. */
export class UnservedPattern extends Error {}

const javaLetters = 'GyMdkHmsSEDFwWahKzZYuXL'
const servedLetters = 'yMLdDHkKhmsSaZX'

export function parsePattern(pattern: string): readonly Token[] {
  const tokens: Token[] = []
  const text = (part: string) => {
    const last = tokens.at(-1)
    if (typeof last === 'string') tokens[tokens.length - 1] = last + part
    else if (part !== '') tokens.push(part)
  }
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] as string
    if (char === "'") at = readQuoted(pattern, at, text)
    else if (/[a-zA-Z]/.test(char)) {
      let end = at + 1
      while (pattern[end] === char) end++
      tokens.push(fieldOf(char, end - at))
      at = end
    } else {
      text(char)
      at++
    }
  }
  const unserved = tokens.find((token) => typeof token !== 'string' && !isServed(token))
  if (unserved !== undefined) {
    const { letter, count } = unserved as NumberToken
    throw new UnservedPattern(
      `The date pattern ${pattern} is not available yet: ${letter.repeat(count)} stands for a name or a week; numbers (y M d D H k K h m s S), a, Z and X are`,
    )
  }
  return tokens
}

/** Returns the place after the quoted text; two quotes are one, inside and outside. */
function readQuoted(pattern: string, start: number, text: (part: string) => void): number {
  if (pattern[start + 1] === "'") {
    text("'")
    return start + 2
  }
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text(pattern[at] as string)
    else if (pattern[at + 1] === "'") text(pattern[at++] as string)
    else return at + 1
  }
  throw new BadPattern('Unterminated quote')
}

function fieldOf(letter: string, count: number): NumberToken {
  if (!javaLetters.includes(letter)) throw new BadPattern(`Illegal pattern character '${letter}'`)
  if (letter === 'X' && count > 3) throw new BadPattern(`invalid ISO 8601 format: length=${count}`)
  return { letter: letter === 'L' ? 'M' : letter, count }
}

/** Months of three letters and more are names. */
function isServed({ letter, count }: NumberToken): boolean {
  return servedLetters.includes(letter) && (letter !== 'M' || count <= 2)
}
