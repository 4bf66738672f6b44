/** CRC-32C's polynomial, low bit first. */
const POLYNOMIAL = 0x82f6_3b78
const ONE = 0x8000_0000

/** x^(2^k) modulo the polynomial. */
const powers = squares()

/**
 * The CRC of `head` + `tail` from that of another head of the same length before the same tail, without reading the tail: a CRC is linear,
 * so the difference of the two heads' CRCs is moved past the tail by a multiplication. About a microsecond, whatever the tail's length.
 */
export function exchangeHead(
  crc: number,
  heads: { readonly before: number; readonly after: number },
  tailBytes: number,
): number {
  return (crc ^ multiply(powerOf(tailBytes), heads.before ^ heads.after)) >>> 0
}

/** x^(8 · bytes). */
function powerOf(bytes: number): number {
  let power = ONE
  for (let rest = bytes, k = 3; rest > 0; rest >>>= 1, k++) {
    if (rest & 1) power = multiply(powers[k] as number, power)
  }
  return power
}

function squares(): readonly number[] {
  const all = [0x4000_0000]
  while (all.length < 32) all.push(multiply(all.at(-1) as number, all.at(-1) as number))
  return all
}

/** The product of two polynomials of which bit 31 is x^0. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= b
    b = b & 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1
  }
  return product >>> 0
}
