import type { Validator } from '../../runtime/api/index.ts'

/** Keys whose other values come with later versions: said on the key, never accepted and ignored. */
export function onlyYet(allowed: string, feature: string): Validator {
  return (value) =>
    shown(value).toUpperCase() === allowed.toUpperCase()
      ? undefined
      : `${feature} not available yet; only ${allowed === '' ? 'an empty value' : allowed} is`
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value ?? '')
}

/** Connect's enumerations: all lower or ALL UPPER case, nothing between. */
export function enumeration(...words: readonly string[]): Validator {
  const known = new Set(words.flatMap((word) => [word, word.toUpperCase()]))
  return (value) => (known.has(String(value)) ? undefined : 'Invalid enumerator')
}
