import { DataException } from './errors.ts'
import { type Field, type Logical, type Schema, type SchemaType, sameValue } from './schema.ts'
import { Decimal, Instant, isPlainObject, TypedNumber } from './values.ts'

/**
 * A value of a STRUCT schema: the schema and one value a field, in the schema's order. `put` checks; the
 * constructor's `values` are not checked, for plans and converters that made them from the schema. Whoever receives a Struct must not change it.
 */
export class Struct {
  readonly schema: Schema
  /** Stored values by field index, null where unset; defaults are not filled in. */
  readonly values: unknown[]

  /** With `values` they are taken over unchecked: one per field, in order. */
  constructor(schema: Schema, values?: unknown[]) {
    if (schema.type !== 'struct') throw new DataException(`Not a struct schema: ${schema}`)
    this.schema = schema
    this.values = values ?? new Array(schema.fields.length).fill(null)
  }

  put(name: string, value: unknown): this {
    const field = this.#field(name)
    validateValue(field.schema, value, `field: "${name}"`)
    this.values[field.index] = value ?? null
    return this
  }

  /** The stored value, or the field's default where it is null. */
  get(name: string): unknown {
    const field = this.#field(name)
    return this.values[field.index] ?? field.schema.default
  }

  getWithoutDefault(name: string): unknown {
    return this.values[this.#field(name).index]
  }

  /** By index, with the default: the fast way for plans. */
  at(index: number): unknown {
    return this.values[index] ?? this.schema.fields[index]?.schema.default ?? null
  }

  validate(): void {
    for (const field of this.schema.fields) {
      const value = this.values[field.index]
      if (value === null && field.schema.default !== null) continue
      validateValue(field.schema, value, `field: "${field.name}"`)
    }
  }

  equals(other: unknown): boolean {
    return (
      other instanceof Struct &&
      this.schema.equals(other.schema) &&
      this.values.every((value, i) => sameValue(value, other.values[i]))
    )
  }

  #field(name: string): Field {
    const field = this.schema.field(name)
    if (!field) throw new DataException(`${name} is not a valid field name`)
    return field
  }
}

const accepts: Record<SchemaType, (value: unknown) => boolean> = {
  int8: (v) => isInteger(v, -128, 127),
  int16: (v) => isInteger(v, -32768, 32767),
  int32: (v) => isInteger(v, -2147483648, 2147483647),
  int64: (v) => typeof v === 'bigint' && BigInt.asIntN(64, v) === v,
  float32: (v) => typeof v === 'number' && Object.is(Math.fround(v), v),
  float64: (v) => typeof v === 'number',
  boolean: (v) => typeof v === 'boolean',
  string: (v) => typeof v === 'string',
  bytes: (v) => v instanceof Uint8Array,
  array: (v) => Array.isArray(v),
  map: (v) => v instanceof Map,
  struct: (v) => v instanceof Struct,
}

const acceptsLogical: Record<Logical, (value: unknown) => boolean> = {
  decimal: (v) => v instanceof Decimal,
  date: (v) => v instanceof Instant,
  time: (v) => v instanceof Instant,
  timestamp: (v) => v instanceof Instant,
}

function isInteger(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
}

/** Throws a DataException when the value does not fit the schema. `location` names the place: `value`, or `field: "NAME"`. */
export function validateValue(schema: Schema | null, value: unknown, location = 'value'): void {
  if (schema === null) throw new DataException(`No schema defined for ${location}`)
  if (value === null || value === undefined) {
    if (schema.optional) return
    throw new DataException(
      `Invalid value: null used for required ${location}, schema type: ${schema.type.toUpperCase()}`,
    )
  }
  const fits = schema.logical ? acceptsLogical[schema.logical] : accepts[schema.type]
  if (!fits(value)) {
    const name = schema.name === null ? '' : ` "${schema.name}"`
    throw new DataException(
      `Invalid Java object for schema${name} with type ${schema.type.toUpperCase()}: ${describe(value)} for ${location}`,
    )
  }
  if (schema.logical) return
  if (value instanceof Struct) {
    if (!value.schema.equals(schema)) throw new DataException('Struct schemas do not match.')
    value.validate()
  } else if (Array.isArray(value)) {
    if (value.length === 0) requireSchema(schema.valueSchema, `element of array ${location}`)
    for (const item of value)
      validateValue(schema.valueSchema, item, `element of array ${location}`)
  } else if (value instanceof Map) {
    requireSchema(schema.keySchema, `key of map ${location}`)
    requireSchema(schema.valueSchema, `value of map ${location}`)
    for (const [key, item] of value) {
      validateValue(schema.keySchema, key, `key of map ${location}`)
      validateValue(schema.valueSchema, item, `value of map ${location}`)
    }
  }
}

function requireSchema(schema: Schema | null, location: string): void {
  if (schema === null) throw new DataException(`No schema defined for ${location}`)
}

/** The kind of a value for messages, where Java names a class: `class string`, `class int64`, `class list`. */
export function describe(value: unknown): string {
  return value === null || value === undefined ? 'null' : `class ${kindOf(value)}`
}

function kindOf(value: unknown): string {
  if (typeof value === 'bigint') return 'int64'
  if (typeof value !== 'object' || value === null) return typeof value
  if (value instanceof TypedNumber) return value.type
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Map || isPlainObject(value)) return 'map'
  return value.constructor.name
}
