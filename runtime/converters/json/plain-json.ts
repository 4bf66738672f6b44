export const maxDepth = 1000
/** A longer number is refused, as by Connect. */
export const maxDigits = 1000
/** Every decimal number of so many digits survives a double. */
const mostDigits = 15

/** Which fractions a double may stand for: none where their digits count (Decimal), up to 15 digits where they are rounded again (float32), or any. */
export type Fractions = 'none' | 'short' | 'any'

/**
 * Whether `JSON.parse` reads these bytes without loss. False for a nesting that is too deep and for numbers whose text tells more than a double
 * holds: with an exponent, 16 digits or more, a fraction of zeros only (`100.0` is no integer), a negative zero, a fraction that `fractions`
 * excludes. Looks at nothing else: what is no JSON at all, `JSON.parse` finds.
 */
export function isPlainJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  fractions: Fractions,
): boolean {
  let depth = 0
  for (let i = start; i < end; i++) {
    const code = bytes[i] as number
    if (code === 34) {
      for (i++; i < end && bytes[i] !== 34; i++) if (bytes[i] === 92) i++
    } else if (code <= 57 && (code >= 48 || code === 45)) {
      i = endOfPlainNumber(bytes, i, end, fractions)
      if (i < 0) return false
    } else if (code === 123 || code === 91) {
      if (++depth > maxDepth) return false
    } else if (code === 125 || code === 93) depth--
  }
  return true
}

/** The place of its last byte, or -1. */
function endOfPlainNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  fractions: Fractions,
): number {
  let digits = 0
  let most = mostDigits
  let isZero = true
  let i = bytes[start] === 45 ? start + 1 : start
  const isNegative = i > start
  for (; i < end; i++) {
    const code = bytes[i] as number
    if (code < 48 || code > 57) break
    if (code !== 48) isZero = false
    digits++
  }
  if (bytes[i] === 46) {
    if (fractions === 'none') return -1
    let isWhole = true
    // With so few digits before it, and neither 0 nor 9 after the point, no rounding to a double makes the number whole.
    const first = bytes[i + 1] as number
    if (fractions === 'any' && digits < mostDigits && first > 48 && first < 57) most = maxDigits
    for (i++; i < end; i++) {
      const code = bytes[i] as number
      if (code < 48 || code > 57) break
      if (code !== 48) isWhole = false
      digits++
    }
    if (isWhole) return -1
  } else if (isNegative && isZero) return -1
  if (digits > most) return -1
  const next = bytes[i]
  return next === 101 || next === 69 ? -1 : i - 1
}
