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
  toFloat64,
  wholeLong,
} from '../../api/index.ts'
import { type JsonTree, kindOf } from './json-tree.ts'

/** JSON → numbers, bytes and logical values. */

function isNumber(tree: JsonTree): tree is number | bigint | Decimal {
  return typeof tree === 'number' || typeof tree === 'bigint' || tree instanceof Decimal
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

function wholeOf(number: number | bigint | Decimal): bigint | undefined {
  if (typeof number === 'bigint') return BigInt.asIntN(64, number) === number ? number : undefined
  if (number instanceof Decimal) return wholeLong(number)
  return Number.isInteger(number) ? BigInt(number) : undefined
}

function refuseNumber(number: number | bigint | Decimal, type: string): never {
  throw new DataException(`The number ${javaText(null, number)} does not fit ${type}`, {
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
  const value = typeof tree === 'bigint' ? Number(tree) : toFloat64(tree)
  return Number.isFinite(value) ? value + 0 : refuseNumber(tree, 'FLOAT64')
}

function asDecimal(number: bigint | Decimal): Decimal {
  return typeof number === 'bigint' ? new Decimal(number, 0) : number
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
  if (tree instanceof Decimal) return tree
  if (typeof tree === 'bigint') return new Decimal(tree, 0)
  if (typeof tree === 'number') return parseDecimal(String(tree)) as Decimal
  if (typeof tree !== 'string')
    throw new DataException(
      `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${kindOf(tree)}`,
    )
  try {
    return decimalOf(readBase64(tree), scaleOf(schema))
  } catch (cause) {
    throw new DataException('Invalid bytes for Decimal field', { cause })
  }
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
