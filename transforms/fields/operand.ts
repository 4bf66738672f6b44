import {
  DataException,
  isPlainObject,
  type Schema,
  type SchemaPlan,
  Struct,
} from '../../runtime/api/index.ts'

/** What transformations of fields demand of the key or value that they work on, in Connect's words. */

/** A schemaless map: a plain object, or a Map when a key is no text. */
export type SchemalessMap = Record<string, unknown> | ReadonlyMap<unknown, unknown>

export function requireMap(value: unknown, purpose: string): SchemalessMap {
  if (value instanceof Map || isPlainObject(value)) return value
  throw new DataException(
    `Only Map objects supported in absence of schema for [${purpose}], found: ${kindOf(value)}`,
  )
}

/** A struct of the planned schema: what a plan does by index would go wrong with any other. */
export function requireStruct(value: unknown, schema: Schema, purpose: string): Struct {
  if (!(value instanceof Struct)) return refuseStruct(value, purpose)
  if (value.schema === schema || value.schema.equals(schema)) return value
  throw new DataException('Struct schemas do not match.', {
    hint: 'The struct was made with another schema than its record names.',
  })
}

export function refuseStruct(value: unknown, purpose: string): never {
  throw new DataException(`Only Struct objects supported for [${purpose}], found: ${kindOf(value)}`)
}

/** The map with some entries set. */
export function withEntries(
  map: SchemalessMap,
  entries: readonly (readonly [string, unknown])[],
): SchemalessMap {
  return map instanceof Map
    ? new Map([...map, ...entries])
    : // Computed members define, where an assignment to `__proto__` would not.
      { ...map, ...Object.fromEntries(entries) }
}

export function entryOf(map: SchemalessMap, key: string): unknown {
  if (map instanceof Map) return map.get(key) ?? null
  return Object.hasOwn(map, key) ? ((map as Record<string, unknown>)[key] ?? null) : null
}

/** For messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return 'list'
  return isPlainObject(value) ? 'map' : value.constructor.name
}

/**
 * A plan whose refusal waits for the first value: where nulls pass untouched they must pass for a schema, too, of which nothing else can be
 * served.
 */
export function planOrRefuse(schema: Schema, make: () => SchemaPlan): SchemaPlan {
  try {
    return make()
  } catch (error) {
    return {
      schema,
      map() {
        throw error
      },
    }
  }
}
