export const maxDepth = 1000

/**
 * Whether `JSON.parse` reads these bytes without loss. False for a nesting that is too deep and for numbers whose text tells more than a double
 * holds: with an exponent, 16 digits or more, a fraction of zeros only (`100.0` is no integer), a negative zero; with `fractions` false, any
 * fraction. Looks at nothing else: what is no JSON at all, `JSON.parse` finds.
 */
export function isPlainJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  fractions: boolean,
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
  fractions: boolean,
): number {
  let digits = 0
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
    if (!fractions) return -1
    let isWhole = true
    for (i++; i < end; i++) {
      const code = bytes[i] as number
      if (code < 48 || code > 57) break
      if (code !== 48) isWhole = false
      digits++
    }
    if (isWhole) return -1
  } else if (isNegative && isZero) return -1
  if (digits > 15) return -1
  const next = bytes[i]
  return next === 101 || next === 69 ? -1 : i - 1
}
