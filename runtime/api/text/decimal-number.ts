import { Decimal } from '../values.ts'

/** Text → exact decimals, and from there to the widths of Java's numbers. */

const decimalGrammar = /^([+-]?)(\p{Nd}*)(?:\.(\p{Nd}*))?(?:[eE]([+-]?\p{Nd}+))?$/u
const int32 = 2 ** 31

/** Reads the grammar of Java's BigDecimal (`-1.5e3`, `.5`, `1.`, digits of any script); undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = decimalGrammar.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = latin(whole + fraction)
  if (digits === '') return undefined
  const power = Number(latin(exponent))
  const scale = fractionLength(fraction) - power
  if (scale < -int32 || scale >= int32 || Math.abs(power) >= int32) return undefined
  const unscaled = BigInt(digits)
  return new Decimal(sign === '-' ? -unscaled : unscaled, scale)
}

function fractionLength(fraction: string): number {
  return isAscii(fraction) ? fraction.length : Array.from(fraction).length
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}

/** Decimal digits of any script as 0-9. Unicode keeps the ten digits of a script together, zero first. */
export function latin(text: string): string {
  if (isAscii(text)) return text
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) as number
    let first = code
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--
    return String((code - first) % 10)
  })
}

/** The number when it is whole and fits 64 bits, else undefined. */
export function wholeLong(decimal: Decimal): bigint | undefined {
  const { unscaled, scale } = decimal
  if (unscaled === 0n) return 0n
  const digits = digitCount(unscaled) - scale
  if (digits > 19 || digits < 1) return undefined
  const whole = truncated(decimal)
  const isExact = scale <= 0 || whole * 10n ** BigInt(scale) === unscaled
  return isExact && BigInt.asIntN(64, whole) === whole ? whole : undefined
}

/** The low 64 bits of the number without its fraction, as Java's `longValue` takes them. */
export function lowLong(decimal: Decimal): bigint {
  // 10^64 is a multiple of 2^64: nothing is left of it.
  return decimal.scale <= -64 ? 0n : BigInt.asIntN(64, truncated(decimal))
}

function truncated({ unscaled, scale }: Decimal): bigint {
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale)
  return scale > digitCount(unscaled) ? 0n : unscaled / 10n ** BigInt(scale)
}

function digitCount(value: bigint): number {
  return String(value).length - (value < 0n ? 1 : 0)
}

export function toFloat64({ unscaled, scale }: Decimal): number {
  return scale === 0 ? Number(unscaled) : Number(`${unscaled}e${-scale}`)
}

/** Rounded once: by way of a double, a number beside the middle of two floats would go the wrong way. */
export function toFloat32(decimal: Decimal): number {
  const double = toFloat64(decimal)
  const float = Math.fround(double)
  if (float === double || !Number.isFinite(float)) return float
  const other = neighbour(float, double)
  if (double - float !== other - double) return float
  const order = compareExactly(decimal, double)
  if (order === 0) return float
  return order > 0 === other > float ? other : float
}

/** The float on the other side of the double. */
function neighbour(float: number, double: number): number {
  if (float === 0) return Math.sign(double) * 2 ** -149
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, float)
  view.setInt32(0, view.getInt32(0) + (double > float === float > 0 ? 1 : -1))
  return view.getFloat32(0)
}

/** Sign of decimal - double. */
function compareExactly({ unscaled, scale }: Decimal, double: number): number {
  let power = 0
  let whole = double
  while (!Number.isInteger(whole)) {
    whole *= 2
    power++
  }
  const left = unscaled * 2n ** BigInt(power) * 10n ** BigInt(Math.max(0, -scale))
  const right = BigInt(whole) * 10n ** BigInt(Math.max(0, scale))
  return left > right ? 1 : left < right ? -1 : 0
}
