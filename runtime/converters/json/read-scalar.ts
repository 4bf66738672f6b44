import {
  DataException,
  Decimal,
  decimalOf,
  Instant,
  javaText,
  parseDecimal,
  type Schema,
  scaleOf,
  toFloat32,
  wholeLong,
} from '../../api/index.ts'
import { type JsonTree, kindOf, NumberText } from './json-tree.ts'

/** JSON → numbers, bytes and logical values. */

function isNumber(tree: JsonTree): tree is number | bigint | NumberText {
  return typeof tree === 'number' || typeof tree === 'bigint' || tree instanceof NumberText
}

export function readInteger(tree: JsonTree, low: number, high: number, type: string): number {
  if (typeof tree === 'number' && Number.isInteger(tree) && tree >= low && tree <= high) return tree
  if (!isNumber(tree)) return 0
  const whole = wholeOf(tree)
  if (whole === undefined || whole < low || whole > high) return refuseNumber(tree, type)
  return Number(whole)
}

export function readInt64(tree: JsonTree): bigint {
  if (typeof tree === 'number' && Number.isSafeInteger(tree)) return BigInt(tree)
  if (!isNumber(tree)) return 0n
  return wholeOf(tree) ?? refuseNumber(tree, 'INT64')
}

function wholeOf(number: number | bigint | NumberText): bigint | undefined {
  if (typeof number === 'bigint') return BigInt.asIntN(64, number) === number ? number : undefined
  if (number instanceof NumberText) return wholeLong(number.decimal)
  return Number.isInteger(number) ? BigInt(number) : undefined
}

function refuseNumber(number: number | bigint | NumberText, type: string): never {
  const text = javaText(null, number instanceof NumberText ? number.decimal : number)
  throw new DataException(`The number ${text} does not fit ${type}`, {
    hint: 'Connect would silently wrap it around or cut its fraction. Send a value of that type, or widen the type in the schema.',
  })
}

export function readFloat32(tree: JsonTree): number {
  if (!isNumber(tree)) return 0
  const value = typeof tree === 'number' ? nearestFloat(tree) : toFloat32(asDecimal(tree))
  return Number.isFinite(value) ? value : refuseNumber(tree, 'FLOAT32')
}

export function readFloat64(tree: JsonTree): number {
  if (typeof tree === 'number') return tree
  if (!isNumber(tree)) return 0
  const value = typeof tree === 'bigint' ? Number(tree) : tree.double
  return Number.isFinite(value) ? value + 0 : refuseNumber(tree, 'FLOAT64')
}

function asDecimal(number: bigint | NumberText): Decimal {
  return typeof number === 'bigint' ? new Decimal(number, 0) : number.decimal
}

/** A double that lies in the middle of two floats was perhaps rounded there: the decimal digits decide. */
function nearestFloat(double: number): number {
  const float = Math.fround(double)
  const opposite = 2 * double - float
  if (float === double || Math.fround(opposite) !== opposite) return float
  return toFloat32(parseDecimal(String(double)) as Decimal)
}

export function readInt32(tree: JsonTree, type: string): number {
  if (typeof tree === 'number' && Number.isInteger(tree) && (tree | 0) === tree) return tree
  throw new DataException(
    `Invalid type for ${type}, underlying representation should be integer but was ${kindOf(tree)}`,
  )
}

export function readTimestamp(tree: JsonTree): Instant {
  if (typeof tree === 'number' && Number.isInteger(tree)) return new Instant(tree)
  if (typeof tree === 'bigint')
    return new Instant(wholeOf(tree) ?? refuseNumber(tree, 'a Timestamp'))
  throw new DataException(
    `Invalid type for Timestamp, underlying representation should be integral but was ${kindOf(tree)}`,
  )
}

export function readDecimal(schema: Schema, tree: JsonTree): Decimal {
  if (tree instanceof NumberText) return tree.decimal
  if (typeof tree === 'bigint') return new Decimal(tree, 0)
  if (typeof tree === 'number') return parseDecimal(String(tree)) as Decimal
  if (typeof tree !== 'string')
    throw new DataException(
      `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${kindOf(tree)}`,
    )
  try {
    const unscaled = shortInteger(tree)
    if (unscaled !== undefined) return new Decimal(BigInt(unscaled), scaleOf(schema))
    return decimalOf(readBase64(tree), scaleOf(schema))
  } catch (cause) {
    throw new DataException('Invalid bytes for Decimal field', { cause })
  }
}

const sextets = new Map(
  Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', (char, value) => [
    char.charCodeAt(0),
    value,
  ]),
)
const sextetOf = Uint8Array.from({ length: 128 }, (_, code) => sextets.get(code) ?? 255)

/** The two's complement integer that 4 or 8 characters of base64 stand for, as most decimals' do; undefined for whatever needs the long way. */
function shortInteger(text: string): number | undefined {
  const { length } = text
  if (length !== 4 && length !== 8) return undefined
  let padding = 0
  if (text.charCodeAt(length - 1) === 61) padding = text.charCodeAt(length - 2) === 61 ? 2 : 1
  let value = 0
  for (let i = 0; i < length - padding; i++) {
    const sextet = sextetOf[text.charCodeAt(i)] ?? 255
    if (sextet === 255) return undefined
    value = value * 64 + sextet
  }
  // The last character of a padded text holds 4 or 2 bits too many.
  if (padding > 0) value = Math.floor(value / (padding === 1 ? 4 : 16))
  const bits = 8 * ((length / 4) * 3 - padding)
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value
}

/** Strict base64 with its padding; line breaks and blanks are allowed between groups of four. */
export function readBase64(text: string): Buffer {
  const chunks = /\s/.test(text) ? text.trim().split(/\s+/) : [text]
  const joined = chunks.join('')
  if (!base64Alphabet.test(joined) || chunks.some((chunk) => chunk.length % 4 !== 0))
    throw new DataException('Invalid bytes field')
  return Buffer.from(joined, 'base64')
}

const base64Alphabet = /^[A-Za-z0-9+/]*={0,2}$/
