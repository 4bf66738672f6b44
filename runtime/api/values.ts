/**
 * What a value may be, with a schema or without one.
 *
 * | Connect            | here                                                                    |
 * |--------------------|-------------------------------------------------------------------------|
 * | null               | `null`                                                                  |
 * | BOOLEAN            | `boolean`                                                               |
 * | INT8, INT16, INT32 | with a schema `number`; without one `TypedNumber`                       |
 * | INT64              | with a schema always `bigint`; without one `number` up to 2^53-1, above that `bigint`, of any size |
 * | FLOAT32            | with a schema `number` (a `Math.fround`); without one `TypedNumber`     |
 * | FLOAT64            | `number`; without a schema a whole one (`100.0`) is a `TypedNumber`     |
 * | STRING             | `string`                                                                |
 * | BYTES              | `Uint8Array` (a `Buffer` mostly)                                        |
 * | ARRAY              | array                                                                   |
 * | MAP                | with a schema `Map`; without one a plain object, or a `Map` when a key is no string |
 * | STRUCT             | `Struct`                                                                |
 * | Decimal            | `Decimal`                                                               |
 * | Date, Time, Timestamp | `Instant`                                                            |
 *
 * So a schemaless `number` is an int64 when `Number.isInteger` says so, and a float64 otherwise.
 */

export type NumberType = 'int8' | 'int16' | 'int32' | 'float32' | 'float64'

/** A schemaless number that is not what its look says: a small integer made by a cast, or a float that happens to be whole. */
export class TypedNumber {
  readonly type: NumberType
  readonly value: number

  constructor(type: NumberType, value: number) {
    this.type = type
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toString(): string {
    return String(this.value)
  }
}

/** An exact decimal: `unscaled` × 10^-`scale`. Never goes through `number`. */
export class Decimal {
  readonly unscaled: bigint
  readonly scale: number

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled
    this.scale = scale
  }

  /** Plain digits, no exponent: what databases and people read. Thousands of zeros nobody wrote are an exponent (`1e-100000`) after all. */
  toString(): string {
    if (Math.abs(this.scale) > 10_000) return `${this.unscaled}e${-this.scale}`
    if (this.scale <= 0) return `${this.unscaled * 10n ** BigInt(-this.scale)}`
    const negative = this.unscaled < 0n
    const digits = `${negative ? -this.unscaled : this.unscaled}`.padStart(this.scale + 1, '0')
    const cut = digits.length - this.scale
    return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`
  }
}

/** A point in time in ms since the epoch: the value of Date, Time and Timestamp schemas, and of dates without a schema. Immutable. */
export class Instant {
  /** Exact up to 2^53; `exact()` gives the rest. */
  readonly epochMs: number
  readonly #beyond: bigint | undefined

  constructor(epochMs: number | bigint) {
    this.epochMs = Math.trunc(Number(epochMs))
    this.#beyond =
      typeof epochMs === 'bigint' && !Number.isSafeInteger(this.epochMs) ? epochMs : undefined
  }

  exact(): bigint {
    return this.#beyond ?? BigInt(this.epochMs)
  }
}

/** A plain object: the usual schemaless map. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
