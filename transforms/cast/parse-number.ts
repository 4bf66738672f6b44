import { DataException, parseDecimal } from '../../runtime/api/index.ts'
import { latin, toFloat32 } from '../../runtime/api/text/decimal-number.ts'

/** Text → numbers by the grammar of Java's `parseInt`, `parseLong`, `parseFloat` and `parseDouble`. */

/** A sign and decimal digits of any script, nothing else. */
export function parseInteger(text: string, bits: number): bigint {
  if (!/^[+-]?\p{Nd}+$/u.test(text) || /[\ud800-\udfff]/.test(text)) return outOfRange(text)
  const value = BigInt(latin(text).replace('+', ''))
  return BigInt.asIntN(bits, value) === value ? value : outOfRange(text)
}

const special = /^([+-]?)(NaN|Infinity)$/
const decimal = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/
const hexadecimal =
  /^([+-]?)0[xX](?:([\da-fA-F]+)\.?([\da-fA-F]*)|\.([\da-fA-F]+))[pP]([+-]?\d+)[fFdD]?$/

/** Blanks around are allowed, as are a suffix, exponents and hexadecimal. */
export function parseFloat64(text: string): number {
  const bare = trimmed(text)
  const digits = decimal.exec(bare)?.[1]
  if (digits !== undefined) return Number(digits)
  const [, sign, word] = special.exec(bare) ?? []
  if (word !== undefined) return word === 'NaN' || sign !== '-' ? Number(word) : -Infinity
  return parseHexadecimal(bare) ?? outOfRange(text)
}

export function parseFloat32(text: string): number {
  const double = parseFloat64(text)
  const float = Math.fround(double)
  if (float === double || !Number.isFinite(float)) return float
  // Rounding twice may end on the wrong side: read the digits themselves.
  const digits = decimal.exec(trimmed(text))?.[1]
  const exact = digits === undefined ? undefined : parseDecimal(digits)
  return exact === undefined ? float : toFloat32(exact)
}

function parseHexadecimal(text: string): number | undefined {
  const match = hexadecimal.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = match[4] ?? '', , power] = match
  const digits = Number(`0x${whole}${fraction}`)
  const exponent = Number(power) - 4 * fraction.length
  // In two steps, as 2 ** exponent alone may be out of range.
  const half = Math.trunc(exponent / 2)
  const value = digits * 2 ** half * 2 ** (exponent - half)
  return sign === '-' ? -value : value
}

/** Java's `trim`: every control character too. */
function trimmed(text: string): string {
  return text.replace(/^[\0- ]+|[\0- ]+$/g, '')
}

function outOfRange(text: string): never {
  throw new DataException(`Value (${text}) was out of range for requested data type`)
}
