import { decodeUtf8, encodable } from './utf8.ts'

/** A Java charset: what it cannot write becomes `?`, what it cannot read U+FFFD. */
export interface Charset {
  encode(text: string): Uint8Array | string
  decode(bytes: Uint8Array): string
}

/** The charset of that Java name, or undefined. */
export function charsetOf(name: string): Charset | undefined {
  const plain = name.toLowerCase().replaceAll('_', '-')
  const known = byName[plain]
  if (known !== undefined) return known
  return singleByteNames.test(plain) ? singleByte(plain) : undefined
}

const utf8: Charset = { encode: encodable, decode: decodeUtf8 }

const latin1: Charset = {
  encode: (text) => Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1'),
  decode: (bytes) => asBuffer(bytes).toString('latin1'),
}

const ascii: Charset = {
  encode: (text) => Buffer.from(text.replace(/[^\0-\x7f]/gu, '?'), 'latin1'),
  decode: (bytes) =>
    asBuffer(bytes)
      .toString('latin1')
      .replace(/[\x80-\xff]/g, '\ufffd'),
}

const byteOrderMark = '\ufeff'

const utf16le: Charset = {
  encode: (text) => Buffer.from(text.toWellFormed(), 'utf16le'),
  decode: (bytes) => new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes),
}

const utf16be: Charset = {
  encode: (text) => Buffer.from(text.toWellFormed(), 'utf16le').swap16(),
  decode: (bytes) => new TextDecoder('utf-16be', { ignoreBOM: true }).decode(bytes),
}

/** Written big-endian with its mark; read by its mark, else big-endian. */
const utf16: Charset = {
  encode: (text) => (text === '' ? '' : utf16be.encode(byteOrderMark + text)),
  decode(bytes) {
    const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe
    const isMarked = isLittle || (bytes[0] === 0xfe && bytes[1] === 0xff)
    return (isLittle ? utf16le : utf16be).decode(isMarked ? bytes.subarray(2) : bytes)
  },
}

const byName: Readonly<Record<string, Charset>> = {
  'utf-8': utf8,
  utf8,
  'iso-8859-1': latin1,
  'iso8859-1': latin1,
  latin1,
  'us-ascii': ascii,
  ascii,
  'utf-16': utf16,
  utf16,
  'utf-16be': utf16be,
  'utf-16le': utf16le,
}

// Those of the web's single-byte encodings that are called the same in Java and mean the same there.
const singleByteNames =
  /^(windows-125[0-8]|iso-8859-(2|3|4|5|6|7|8|10|13|14|15|16)|koi8-[ru]|ibm866|macintosh)$/

function singleByte(name: string): Charset {
  const decoder = new TextDecoder(name)
  const all = decoder.decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))
  // The web fills the gaps of windows-… with control characters; Java does not.
  const chars = name.startsWith('windows') ? all.replace(/[\x80-\x9f]/g, '\ufffd') : all
  const bytes = new Map(Array.from(chars, (char, byte) => [char, byte]))
  bytes.delete('\ufffd')
  return {
    encode: (text) => Buffer.from(Array.from(text, (char) => bytes.get(char) ?? 63)),
    decode(encoded) {
      let text = ''
      for (const byte of encoded) text += chars[byte]
      return text
    },
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
