import type { Problem, Validator } from './config-def.ts'

/** The validators that Kafka Connect's own keys use, with its words. */

export function atLeast(low: number): Validator {
  return (value) => {
    if (value === null) return 'Value must be non-null'
    return (value as number) < low ? `Value must be at least ${low}` : undefined
  }
}

export function between(low: number, high: number): Validator {
  return (value) => {
    if (value === null) return 'Value must be non-null'
    if ((value as number) < low) return `Value must be at least ${low}`
    return (value as number) > high ? `Value must be no more than ${high}` : undefined
  }
}

/** Null passes. */
export const nonEmptyString: Validator = (value) =>
  value === '' ? 'String must be non-empty' : undefined

export const nonNull: Validator = (value) => (value === null ? 'entry must be non null' : undefined)

export const nonEmptyList: Validator = (value) =>
  Array.isArray(value) && value.length === 0 ? 'Empty list' : undefined

export function oneOfIgnoringCase(...allowed: readonly string[]): Validator {
  const known = new Set(allowed.map((text) => text.toUpperCase()))
  return (value) =>
    value !== null && known.has(String(value).toUpperCase())
      ? undefined
      : `String must be one of (case insensitive): ${allowed.join(', ')}`
}

/** A list without nulls, empty items or repetitions; empty only if `allowEmpty`. */
export function distinct(options: { readonly allowEmpty: boolean }): Validator {
  return (value, key) => {
    const message = distinctProblem(value, options.allowEmpty)
    return message === undefined ? undefined : { message: `Configuration '${key}' ${message}` }
  }
}

function distinctProblem(value: unknown, allowEmpty: boolean): string | undefined {
  if (!Array.isArray(value)) return 'values must not be null.'
  if (value.length === 0 && !allowEmpty)
    return 'must not be empty. Valid values include: any non-empty value'
  if (value.includes('')) return 'values must not be empty.'
  return new Set(value).size < value.length ? 'values must not be duplicated.' : undefined
}

/** Aliases of `transforms`, `predicates`, `topic.creation.groups`. */
export const uniqueAliases: Validator = (value) => {
  if (!Array.isArray(value)) return 'entry must be non null'
  return new Set(value).size < value.length ? 'Duplicate alias provided.' : undefined
}

/** A name: not empty, no control characters. */
export const nonEmptyWithoutControls: Validator = (value) => {
  if (value === null) return undefined
  const text = String(value)
  if (text === '') return 'String may not be empty'
  const controls = Array.from(text, (char) => char.codePointAt(0) ?? 0).filter(
    (code) => code < 32 || (code >= 127 && code < 160),
  )
  return controls.length === 0
    ? undefined
    : `String may not contain control sequences but had the following ASCII chars: ${controls.join(', ')}`
}

/** Every validator in turn; the first problem counts. */
export function all(...validators: readonly Validator[]): Validator {
  return (value, key) => {
    for (const validator of validators) {
      const problem: Problem = validator(value, key)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}
