import { DataException } from './errors.ts'
import { Decimal, Instant } from './values.ts'

export type SchemaType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct'

export interface Field {
  readonly name: string
  readonly index: number
  readonly schema: Schema
}

export interface SchemaInit {
  readonly type: SchemaType
  readonly optional?: boolean
  readonly name?: string | null
  readonly version?: number | null
  readonly doc?: string | null
  readonly parameters?: ReadonlyMap<string, string> | null
  /** What a null stands for; null means that there is no default. */
  readonly default?: unknown
  readonly fields?: readonly {
    readonly name: string
    readonly schema: Schema
  }[]
  readonly keySchema?: Schema | null
  readonly valueSchema?: Schema | null
}

export const logicalNames = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const

export type Logical = keyof typeof logicalNames

const logicalByName = new Map<string, Logical>(
  Object.entries(logicalNames).map(([kind, name]) => [name, kind as Logical]),
)

/**
 * The type of a value: immutable, compared by `equals` (identity is the shortcut; converters intern what they read). Fields of a struct keep
 * their order; `parameters` keep theirs. Make one with `SchemaBuilder`, which checks Connect's rules, or from the constants below.
 */
export class Schema {
  readonly type: SchemaType
  readonly optional: boolean
  readonly name: string | null
  readonly version: number | null
  readonly doc: string | null
  readonly parameters: ReadonlyMap<string, string> | null
  readonly default: unknown
  /** Of a struct; empty for the rest. */
  readonly fields: readonly Field[]
  /** Of a map. */
  readonly keySchema: Schema | null
  /** Of a map or an array. */
  readonly valueSchema: Schema | null
  /** Which of the four logical types its name makes it, whatever the base type. */
  readonly logical: Logical | null
  readonly #byName: ReadonlyMap<string, Field>

  constructor(init: SchemaInit) {
    this.type = init.type
    this.optional = init.optional ?? false
    this.name = init.name ?? null
    this.version = init.version ?? null
    this.doc = init.doc ?? null
    this.parameters = init.parameters?.size ? init.parameters : null
    this.default = init.default ?? null
    this.fields = (init.fields ?? []).map(({ name, schema }, index) => ({
      name,
      index,
      schema,
    }))
    this.keySchema = init.keySchema ?? null
    this.valueSchema = init.valueSchema ?? null
    this.logical = (this.name !== null && logicalByName.get(this.name)) || null
    this.#byName = new Map(this.fields.map((field) => [field.name, field]))
  }

  /** A struct's field, or undefined. */
  field(name: string): Field | undefined {
    if (this.type !== 'struct') throw new DataException('Cannot look up fields on non-struct type')
    return this.#byName.get(name)
  }

  equals(other: Schema | null | undefined): boolean {
    if (this === other) return true
    if (!other) return false
    return (
      this.type === other.type &&
      this.optional === other.optional &&
      this.name === other.name &&
      this.version === other.version &&
      this.doc === other.doc &&
      sameParameters(this.parameters, other.parameters) &&
      this.fields.length === other.fields.length &&
      this.fields.every((field, index) => {
        const theirs = other.fields[index]
        return (
          theirs !== undefined && field.name === theirs.name && field.schema.equals(theirs.schema)
        )
      }) &&
      sameSchema(this.keySchema, other.keySchema) &&
      sameSchema(this.valueSchema, other.valueSchema) &&
      sameValue(this.default, other.default)
    )
  }

  /** The same schema with some attributes changed; unchecked. */
  with(change: Partial<SchemaInit>): Schema {
    return new Schema({ ...this, ...change })
  }

  toString(): string {
    const type = this.type.toUpperCase()
    return this.name === null ? `Schema{${type}}` : `Schema{${this.name}:${type}}`
  }
}

function sameSchema(a: Schema | null, b: Schema | null): boolean {
  return a === b || (a?.equals(b) ?? false)
}

/** Whether both hold the same texts; null and null are the same. */
export function sameParameters(
  a: ReadonlyMap<string, string> | null,
  b: ReadonlyMap<string, string> | null,
): boolean {
  if (a === b) return true
  if (a === null || b === null || a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}

/** Deep equality of values as Connect has it: bytes, lists, maps and structs by content. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Decimal)
    return b instanceof Decimal && a.unscaled === b.unscaled && a.scale === b.scale
  if (a instanceof Instant) return b instanceof Instant && a.exact() === b.exact()
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false
    for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key))) return false
    return true
  }
  if ('equals' in a && typeof a.equals === 'function') return a.equals(b) as boolean
  const mine = Object.entries(a)
  return (
    mine.length === Object.keys(b).length &&
    mine.every(([key, value]) => key in b && sameValue(value, (b as Record<string, unknown>)[key]))
  )
}

const primitive = (type: SchemaType) => new Schema({ type })
const optional = (type: SchemaType) => new Schema({ type, optional: true })

export const INT8 = primitive('int8')
export const INT16 = primitive('int16')
export const INT32 = primitive('int32')
export const INT64 = primitive('int64')
export const FLOAT32 = primitive('float32')
export const FLOAT64 = primitive('float64')
export const BOOLEAN = primitive('boolean')
export const STRING = primitive('string')
export const BYTES = primitive('bytes')
export const OPTIONAL_INT8 = optional('int8')
export const OPTIONAL_INT16 = optional('int16')
export const OPTIONAL_INT32 = optional('int32')
export const OPTIONAL_INT64 = optional('int64')
export const OPTIONAL_FLOAT32 = optional('float32')
export const OPTIONAL_FLOAT64 = optional('float64')
export const OPTIONAL_BOOLEAN = optional('boolean')
export const OPTIONAL_STRING = optional('string')
export const OPTIONAL_BYTES = optional('bytes')

const logicalBase = {
  date: 'int32',
  time: 'int32',
  timestamp: 'int64',
} as const

/** Date (days), Time (ms of the day) and Timestamp (ms) schemas; their values are `Instant`s. */
export function temporal(kind: 'date' | 'time' | 'timestamp', isOptional = false): Schema {
  return new Schema({
    type: logicalBase[kind],
    name: logicalNames[kind],
    version: 1,
    optional: isOptional,
  })
}

export const DATE = temporal('date')
export const TIME = temporal('time')
export const TIMESTAMP = temporal('timestamp')
export const OPTIONAL_DATE = temporal('date', true)
export const OPTIONAL_TIME = temporal('time', true)
export const OPTIONAL_TIMESTAMP = temporal('timestamp', true)

/** A Decimal schema of one scale; its values are `Decimal`s. */
export function decimal(scale: number, isOptional = false): Schema {
  return new Schema({
    type: 'bytes',
    name: logicalNames.decimal,
    version: 1,
    parameters: new Map([['scale', String(scale)]]),
    optional: isOptional,
  })
}
