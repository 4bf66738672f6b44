import type { ConfigDef, ConfigOf } from './config-def.ts'
import type { ConnectRecord, RecordPatch } from './record.ts'
import type { Schema } from './schema.ts'

export type Side = 'key' | 'value'
export type RecordPart = 'topic' | 'partition' | 'key' | 'value' | 'timestamp' | 'headers'

/** What a sided transformation sees of the record around its key or value. */
export type RecordContext = Omit<ConnectRecord, 'keySchema' | 'key' | 'valueSchema' | 'value'>

/** What a transformation does to records of one schema. Made once per schema and cached by the host; `map` runs per record and must be fast. */
export interface SchemaPlan {
  /** The schema of what `map` returns. */
  readonly schema: Schema | null
  /** Gets the value (a `Struct` of the planned schema, or whatever the schema holds) and returns the new one. The input is never changed. */
  map(value: unknown, record: RecordContext): unknown
  /** False (the default): a null value passes with its old schema, `map` is not called. True: `map` is called with null too. */
  readonly mapsNull?: boolean
}

/**
 * The same for schemaless maps with the same keys in the same order, whose values then go from stage to stage as an array, by index. An
 * undefined value is a key that this record lacks. The input is never changed; to return it means unchanged.
 */
export interface KeysPlan {
  readonly keys: readonly string[]
  map(values: readonly unknown[], record: RecordContext): readonly unknown[]
}

/** One side (key or value) of a record. Both functions throw DataException for a record they cannot serve. */
export interface SidedTransformation {
  /** Called for the first record of each schema; throws when no record of that schema can be served. */
  plan(schema: Schema): SchemaPlan
  /** Values without a schema, null included. Returning the very same value means unchanged. */
  map(value: unknown, record: RecordContext): unknown
  /** Optional, for speed: plans, once for maps with these keys, what `map` would do. Undefined: leave these to `map`. */
  planKeys?(keys: readonly string[]): KeysPlan | undefined
}

/** The record as a whole: topic, headers, dropping. Null drops the record; an empty patch leaves it as it is. */
export interface RecordTransformation {
  apply(record: ConnectRecord): RecordPatch | null
}

interface Declaration<D extends ConfigDef> {
  /** Simple name, as in `RegexRouter`; the host also lists `NAME$Key` and `NAME$Value` of a sided one. */
  readonly name: string
  /** Full class name in Connect, without `$Key` or `$Value`. */
  readonly class: string
  readonly doc: string
  readonly config: D
}

export interface SidedDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'transformation'
  readonly sides: readonly Side[]
  create(config: ConfigOf<D>, side: Side): SidedTransformation
}

export interface RecordDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'transformation'
  readonly sides?: undefined
  /** The parts that `apply` looks at: what is not named may still be undecoded bytes. */
  readonly reads: readonly RecordPart[]
  create(config: ConfigOf<D>): RecordTransformation
}

export type TransformationDefinition = SidedDefinition | RecordDefinition

/**
 * Declares a transformation. `create` runs once per connector task with the parsed configuration: no I/O, no state that outlives a record
 * (the host may run it twice, in preview and in the task). What it refuses in the configuration is a ConfigException.
 */
export function defineTransformation<const D extends ConfigDef>(
  definition: Omit<SidedDefinition<D>, 'kind'>,
): TransformationDefinition
export function defineTransformation<const D extends ConfigDef>(
  definition: Omit<RecordDefinition<D>, 'kind'>,
): TransformationDefinition
export function defineTransformation(definition: object): TransformationDefinition {
  return { kind: 'transformation', ...definition } as TransformationDefinition
}

export interface Predicate {
  test(record: ConnectRecord): boolean
}

export interface PredicateDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'predicate'
  readonly reads: readonly RecordPart[]
  create(config: ConfigOf<D>): Predicate
}

/** Declares a predicate: same rules as a transformation. */
export function definePredicate<const D extends ConfigDef>(
  definition: Omit<PredicateDefinition<D>, 'kind'>,
): PredicateDefinition {
  return { kind: 'predicate', ...definition } as unknown as PredicateDefinition
}
