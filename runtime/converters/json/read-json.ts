import { isUtf8 } from 'node:buffer'
import { DataException, TypedNumber } from '../../api/index.ts'
import { JsonParser } from './json-parser.ts'
import { type JsonTree, missing, NumberText } from './json-tree.ts'
import { type Fractions, isPlainJson } from './plain-json.ts'

/** How numbers come: `schemaless` as values without a schema have them, `exact` with every fraction as its text where a double may not stand for it. */
export type JsonNumbers = 'schemaless' | 'exact'

/** The value of JSON bytes. What is no JSON is a DataException whose cause says what and where. */
export function readJson(
  bytes: Uint8Array,
  numbers: JsonNumbers,
  fractions: Fractions = 'any',
): unknown {
  const buffer = asBuffer(bytes)
  const start = buffer.length > 2 && buffer[0] === 0xef && buffer[1] === 0xbb ? 3 : 0
  if (isPlainJson(buffer, start, buffer.length, fractions)) {
    const text = buffer.toString('utf8', start)
    // U+FFFD is either in the text itself or the trace of bytes that are no UTF-8.
    if (!text.includes('\ufffd')) {
      try {
        return JSON.parse(text)
      } catch {
        // The parser below says what is wrong, or that nothing is.
      }
    }
  }
  return readExactly(buffer, numbers)
}

/** The same from a part of the bytes; undefined when that is not one JSON value and nothing else. */
export function readPart(
  buffer: Buffer,
  start: number,
  end: number,
  numbers: JsonNumbers,
  fractions: Fractions,
): unknown {
  try {
    if (isPlainJson(buffer, start, end, fractions)) {
      const text = buffer.toString('utf8', start, end)
      if (!text.includes('\ufffd')) return JSON.parse(text)
    }
    const part = buffer.subarray(start, end)
    const parser = parserOf(isUtf8(part) ? part.toString() : '', numbers)
    const value = parser.parse()
    return parser.isAtEnd() ? value : undefined
  } catch {
    return undefined
  }
}

function parserOf(text: string, numbers: JsonNumbers): JsonParser<unknown> {
  return new JsonParser<unknown>(text, numbers === 'exact' ? exactFraction : schemalessFraction)
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readExactly(bytes: Buffer, numbers: JsonNumbers): unknown {
  try {
    const found = parserOf(textOf(bytes), numbers).parse()
    return found === undefined ? missing : found
  } catch (cause) {
    throw new DataException(
      'Converting byte[] to Kafka Connect data failed due to serialization error: ',
      { cause, hint: (cause as Error).message },
    )
  }
}

/** UTF-8, or UTF-16 when its byte order mark or the zero bytes of its first character show it. */
function textOf(bytes: Buffer): string {
  const [first, second] = bytes
  if (bytes.length > 1) {
    if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
      return utf16(bytes, 'utf-16be')
    if ((first === 0xff && second === 0xfe) || (second === 0 && first !== 0))
      return utf16(bytes, 'utf-16le')
  }
  const text = isUtf8(bytes) ? bytes.toString() : withOverlongNull(bytes)
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function utf16(bytes: Buffer, encoding: string): string {
  return new TextDecoder(encoding, { fatal: true }).decode(bytes)
}

/** Java writes U+0000 as C0 80 in some places: that alone is let in, anything else is refused. */
function withOverlongNull(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll('\xc0\x80', '\\u0000')
  const repaired = Buffer.from(text, 'latin1')
  if (isUtf8(repaired)) return repaired.toString()
  const at = firstDifference(bytes, Buffer.from(bytes.toString()))
  throw new DataException(
    `Invalid UTF-8 byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')} at offset ${at}`,
  )
}

function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

function exactFraction(text: string): NumberText {
  return new NumberText(text)
}

function schemalessFraction(text: string): number | TypedNumber {
  return schemalessDouble(Number(text), text)
}

/** A whole one is wrapped, so that it stays a float. A decimal knows no negative zero. */
function schemalessDouble(value: number, text: unknown): number | TypedNumber {
  if (!Number.isFinite(value))
    throw new DataException(`The number ${text} is beyond the range of float64`, {
      hint: 'Connect would silently make Infinity of it. Send it as text, or within ±1.8e308.',
    })
  return Number.isInteger(value) ? new TypedNumber('float64', value === 0 ? 0 : value) : value
}

/** A tree that was read exactly, as a schemaless value. */
export function schemalessOf(tree: JsonTree): unknown {
  if (tree instanceof NumberText) return schemalessDouble(tree.double, tree)
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(schemalessOf)
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, schemalessOf(value)]))
}
