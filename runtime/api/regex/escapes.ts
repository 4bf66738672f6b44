import type { PatternReader } from './pattern-reader.ts'

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

/** The one character that an escape stands for, in a class or outside; `letter` is what follows the backslash and was read already. */
export function readCodePoint(reader: PatternReader, letter: string): number {
  const control = controls[letter]
  if (control !== undefined) return control
  switch (letter) {
    case '0':
      return octal(reader)
    case 'x':
      return hexadecimal(reader)
    case 'u':
      return unicode(reader)
    case 'c':
      return (reader.raw().codePointAt(0) as number) ^ 64
  }
  if (/[a-zA-Z]/.test(letter)) {
    if ('GXN'.includes(letter)) reader.refuse(`\\${letter}`)
    return reader.fail('Illegal/unsupported escape sequence')
  }
  return letter.codePointAt(0) as number
}

function octal(reader: PatternReader): number {
  const digits = reader.take(/^([0-3][0-7]{0,2}|[4-7][0-7]?)/)
  return digits === undefined ? reader.fail('Illegal octal escape sequence') : parseInt(digits, 8)
}

function hexadecimal(reader: PatternReader): number {
  const digits = reader.take(/^([0-9a-fA-F]{2}|\{[0-9a-fA-F]+\})/)?.replace(/[{}]/g, '')
  const code = parseInt(digits ?? '', 16)
  return code <= 0x10ffff ? code : reader.fail('Illegal hexadecimal escape sequence')
}

/** Two of them may be the halves of one character. */
function unicode(reader: PatternReader): number {
  const digits = reader.take(/^[0-9a-fA-F]{4}/)
  if (digits === undefined) return reader.fail('Illegal Unicode escape sequence')
  const first = parseInt(digits, 16)
  if (first < 0xd800 || first > 0xdbff) return first
  const low = reader.take(/^\\u[dD][c-fC-F][0-9a-fA-F]{2}/)
  if (low === undefined) return first
  return String.fromCharCode(first, parseInt(low.slice(2), 16)).codePointAt(0) as number
}
