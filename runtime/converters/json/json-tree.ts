import { Decimal } from '../../api/index.ts'

/** JSON as parsed. A number is a `number` where that is exact, a bigint or a Decimal where it is not: see `JsonNumbers`. */
export type JsonTree =
  | null
  | boolean
  | string
  | number
  | bigint
  | Decimal
  | typeof missing
  | readonly JsonTree[]
  | { readonly [key: string]: JsonTree }

/** What no bytes, or nothing but blanks, hold. */
export const missing: unique symbol = Symbol('missing')

export function isObject(tree: JsonTree | undefined): tree is { [key: string]: JsonTree } {
  return (
    typeof tree === 'object' && tree !== null && !Array.isArray(tree) && !(tree instanceof Decimal)
  )
}

/** An object's own member. */
export function member(object: { [key: string]: JsonTree }, key: string): JsonTree | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** The kind of a node in Connect's messages. */
export function kindOf(tree: JsonTree): string {
  if (tree === null) return 'NULL'
  if (tree === missing) return 'MISSING'
  if (Array.isArray(tree)) return 'ARRAY'
  if (isObject(tree)) return 'OBJECT'
  if (typeof tree === 'string' || typeof tree === 'boolean')
    return typeof tree === 'string' ? 'STRING' : 'BOOLEAN'
  return 'NUMBER'
}
