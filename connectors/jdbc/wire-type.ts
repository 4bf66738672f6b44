import { type ArrayWriter, BadValue } from './array-writer.ts'
import { kindOf } from './scalar-text.ts'
import type { Zone } from './zone.ts'

/** How values reach one column: the element type of its parameter, and who turns a value into it. */
export interface Wire {
  /** As the parameter's array is declared: `int8`. */
  readonly type: string
  readonly oid: number
  /** The type that the server casts each element to; null: the parameter's own. */
  readonly cast: string | null
  /** Writes a value that is not null; throws BadValue, or `wantsText` where only the server can read this. */
  write(writer: ArrayWriter, value: unknown): void
  /** Equal for values that are the same key; null when only the server can tell. */
  readonly keyOf: ((value: unknown) => string | number | bigint) | null
}

/** Thrown when a text meets a column of dates or times: the server reads more formats than we do, so the column goes as text from now on. */
export const wantsText = Symbol('wants text')

export interface Zones {
  readonly timestamps: Zone
  readonly dates: Zone
}

export function refused(value: unknown): BadValue {
  return new BadValue(`a ${kindOf(value)}`)
}
