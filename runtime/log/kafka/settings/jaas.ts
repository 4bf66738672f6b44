/** What `sasl.jaas.config` says: one login module with its options. */
export interface LoginModule {
  /** The class without its package: `PlainLoginModule`. */
  readonly name: string
  readonly options: Readonly<Record<string, string>>
}

interface Token {
  readonly text: string
  readonly isQuoted: boolean
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const example =
  'org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";'

/**
 * Reads it as Java does: a class, a flag, `key=value` pairs, a semicolon; values in quotes with backslash escapes. What is wrong is thrown as an
 * Error that never holds a part of the text, as that may be the password (I5).
 */
export function parseJaas(text: string): LoginModule {
  const tokens = [...tokensOf(text)]
  const next = () => tokens.shift()
  const className = next()
  if (!className || !/^[\w.$]+$/.test(className.text))
    throw wrong('it must begin with the class of a login module')
  const flag = next()
  if (!flag || !/^(required|requisite|sufficient|optional)$/i.test(flag.text))
    throw wrong('"required" must follow the class')
  const options: Record<string, string> = {}
  let end = next()
  for (let count = 1; end && (end.isQuoted || end.text !== ';'); count++, end = next()) {
    const equals = next()
    const value = next()
    if (
      equals?.text !== '=' ||
      equals.isQuoted ||
      !value ||
      (!value.isQuoted && value.text === ';')
    )
      throw wrong(`option ${count} is not of the form key="value"`)
    options[end.text] = value.text
  }
  if (!end) throw wrong('a semicolon must end it')
  if (tokens.length > 0) throw wrong('only one login module may stand there')
  return { name: className.text.replace(/^.*\./, ''), options }
}

function* tokensOf(text: string): Generator<Token> {
  let at = 0
  while (at < text.length) {
    const char = text[at]!
    if (/\s/.test(char)) at++
    else if (text.startsWith('//', at)) at = endOf(text, '\n', at)
    else if (text.startsWith('/*', at)) at = endOf(text, '*/', at)
    else if (char === ';' || char === '=') {
      yield { text: char, isQuoted: false }
      at++
    } else if (char === '"' || char === "'") {
      const { value, end } = quoted(text, at)
      yield { text: value, isQuoted: true }
      at = end
    } else {
      const [word = ''] = /^[^\s;="']+/.exec(text.slice(at)) ?? []
      yield { text: word, isQuoted: false }
      at += word.length
    }
  }
}

function quoted(text: string, start: number): { readonly value: string; readonly end: number } {
  const quote = text[start]
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!
    if (char === quote) return { value, end: at + 1 }
    if (char !== '\\') {
      value += char
      continue
    }
    const [octal] = /^[0-3]?[0-7]{1,2}/.exec(text.slice(at + 1)) ?? []
    if (octal !== undefined) {
      value += String.fromCharCode(Number.parseInt(octal, 8))
      at += octal.length
    } else {
      at++
      value += escapes[text[at] ?? ''] ?? text[at] ?? ''
    }
  }
  throw wrong('a quote is not closed')
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from + 2)
  return found < 0 ? text.length : found + mark.length
}

function wrong(what: string): Error {
  return new Error(`sasl.jaas.config: ${what}, as in ${example}`)
}
