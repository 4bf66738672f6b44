import { ConnectException } from './errors.ts'

/** Java's properties format, as `java.util.Properties` reads it. The last of several equal keys counts. */
export function parseProperties(text: string): Readonly<Record<string, string>> {
  const entries = logicalLines(text).map(({ line, number }) => entryOf(line, number))
  return Object.fromEntries(entries)
}

/**
 * Java reads ISO-8859-1; what is valid UTF-8 is taken as that, for nobody means the two letters that an umlaut would be. A byte order mark
 * is no part of the first key.
 */
export function propertiesText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  }
}

interface LogicalLine {
  readonly line: string
  /** Of its first natural line, counted from 1. */
  readonly number: number
}

/** Without comments and blank lines; a line that ends in an odd number of backslashes goes on in the next. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = []
  let line = ''
  let number = 1
  for (const [at, natural] of text.split(/\r\n|\n|\r/).entries()) {
    const more = withoutIndent(natural)
    if (line === '') {
      if (more === '' || more.startsWith('#') || more.startsWith('!')) continue
      number = at + 1
    }
    const isContinued = goesOn(more)
    line += isContinued ? more.slice(0, -1) : more
    if (isContinued) continue
    if (line !== '') lines.push({ line, number })
    line = ''
  }
  return line === '' ? lines : [...lines, { line, number }]
}

function withoutIndent(line: string): string {
  return line.replace(/^[ \t\f]+/, '')
}

function goesOn(line: string): boolean {
  const [backslashes = ''] = /\\*$/.exec(line) ?? []
  return backslashes.length % 2 === 1
}

/** The key ends at the first blank, `=` or `:` that no backslash guards; one `=` or `:` and the blanks around it part it from the value. */
const parts = /^((?:[^\\ \t\f=:]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s

function entryOf(line: string, number: number): readonly [string, string] {
  const [, key = '', value = ''] = parts.exec(line) ?? []
  return [unescaped(key, number), unescaped(value, number)]
}

const named: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string, number: number): string {
  return text.replace(/\\(u(.{0,4})|.)?/gs, (_, escaped: string | undefined, hex = '') => {
    if (escaped === undefined) return ''
    if (!escaped.startsWith('u')) return named[escaped] ?? escaped
    if (/^[0-9a-fA-F]{4}$/.test(hex)) return String.fromCharCode(Number.parseInt(hex, 16))
    // I5: the text itself may be a secret.
    throw new ConnectException(`Line ${number}: malformed \\uxxxx encoding`, {
      hint: 'Four hexadecimal digits follow \\u; a backslash that is meant as such is written twice.',
    })
  })
}
