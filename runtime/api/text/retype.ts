import type { Schema } from '../schema.ts'
import { TypedNumber } from '../values.ts'

/**
 * A value of one schema as another place holds it (null: a schemaless place), unconverted: a number that is not of that place's type takes its type
 * along as a `TypedNumber`.
 */
export function retype(from: Schema | null, to: Schema | null, value: unknown): unknown {
  if (value === null || from === to || to?.equals(from)) return value
  if (from === null) return settled(to as Schema, value)
  if (typeof value === 'bigint')
    return to === null && Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'number') return retypeNumber(from, to, value)
  if (Array.isArray(value))
    return value.map((item) => retype(from.valueSchema, to?.valueSchema ?? null, item))
  if (!(value instanceof Map)) return value
  const pairs = Array.from(
    value,
    ([key, item]) =>
      [
        retype(from.keySchema, to?.keySchema ?? null, key),
        retype(from.valueSchema, to?.valueSchema ?? null, item),
      ] as const,
  )
  const isObject = to === null && pairs.every(([key]) => typeof key === 'string')
  return isObject ? Object.fromEntries(pairs) : new Map(pairs)
}

function retypeNumber(from: Schema, to: Schema | null, value: number): number | TypedNumber {
  const { type } = from
  if (type === to?.type) return value
  if (to === null && type === 'float64' && !Number.isInteger(value)) return value
  return type === 'int8' ||
    type === 'int16' ||
    type === 'int32' ||
    type === 'float32' ||
    type === 'float64'
    ? new TypedNumber(type, value)
    : value
}

/** What was schemaless and fits its new place. */
function settled(to: Schema, value: unknown): unknown {
  if (value instanceof TypedNumber) return value.type === to.type ? value.value : value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
}
