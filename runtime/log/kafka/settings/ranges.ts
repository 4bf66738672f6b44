import type { Validator } from '../../../api/index.ts'

/** Java's words; a value that is absent or could not be parsed was judged elsewhere. */
export const atLeast =
  (low: number): Validator =>
  (value) =>
    typeof value === 'number' && value < low ? `Value must be at least ${low}` : undefined

export const between =
  (low: number, high: number): Validator =>
  (value) => {
    if (typeof value !== 'number' || (value >= low && value <= high)) return undefined
    return value < low ? `Value must be at least ${low}` : `Value must be no more than ${high}`
  }

/** Java takes these in any case. */
export const anyCaseOf = (...allowed: readonly string[]): Validator => {
  return (value) =>
    typeof value !== 'string' || allowed.includes(value.toUpperCase())
      ? undefined
      : `String must be one of (case insensitive): ${allowed.join(', ')}`
}
