import { DataException, type Decimal, parseDecimal } from '../../api/index.ts'

/** JSON as parsed. A number is a `number` where that is exact, a bigint or its text where it is not: see `JsonNumbers`. */
export type JsonTree =
  | null
  | boolean
  | string
  | number
  | bigint
  | NumberText
  | typeof missing
  | readonly JsonTree[]
  | { readonly [key: string]: JsonTree }

/** A number with a point or an exponent, as it was written: whoever reads it makes a double or an exact decimal of it. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
    // An exponent may be beyond what a decimal can say: that is no JSON for Connect.
    if (text.includes('e') || text.includes('E')) this.decimal
  }

  get decimal(): Decimal {
    const decimal = parseDecimal(this.text)
    if (decimal === undefined) throw new DataException(`The exponent of ${this.text} is too large`)
    return decimal
  }

  get double(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }

  toJSON(): object {
    return { number: this.text }
  }
}

/** What no bytes, or nothing but blanks, hold. */
export const missing: unique symbol = Symbol('missing')

export function isObject(tree: JsonTree | undefined): tree is { [key: string]: JsonTree } {
  return (
    typeof tree === 'object' &&
    tree !== null &&
    !Array.isArray(tree) &&
    !(tree instanceof NumberText)
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
