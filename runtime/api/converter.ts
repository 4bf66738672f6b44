import type { ConfigDef, ConfigOf } from './config-def.ts'
import type { Header, SchemaAndValue } from './record.ts'
import type { Schema } from './schema.ts'

/** Bytes of the log ↔ values. Synchronous: one call a record. A record it cannot serve is a DataException. */
export interface Converter {
  /** Text stands for its UTF-8 (it spares the host a copy); null is a tombstone. */
  fromConnect(topic: string, schema: Schema | null, value: unknown): Uint8Array | string | null
  /** `bytes` is a view into a batch: copy what is kept. Schemas should be interned: the same one for the same type again. */
  toConnect(topic: string, bytes: Uint8Array | null): SchemaAndValue
}

export interface HeaderConverter {
  fromConnectHeader(topic: string, header: Header): Uint8Array | string | null
  toConnectHeader(topic: string, key: string, bytes: Uint8Array | null): SchemaAndValue
}

/** What a converter is used for: the host says it, as Connect's `converter.type`. */
export type ConverterUse = 'key' | 'value' | 'header'

interface Declaration<D extends ConfigDef> {
  /** Simple class name, as in `JsonConverter`. */
  readonly name: string
  /** Full class name in Connect. */
  readonly class: string
  readonly doc: string
  /** Keys below `key.converter.`, `value.converter.` or `header.converter.`, without that prefix. */
  readonly config: D
}

export interface ConverterDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'converter'
  create(config: ConfigOf<D>, use: ConverterUse): Converter & Partial<HeaderConverter>
  /** True when `create` also gives a header converter: it is then listed as one too. */
  readonly headers?: boolean
}

export interface HeaderConverterDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'header_converter'
  create(config: ConfigOf<D>): HeaderConverter
}

/** Declares a converter, for keys, values and perhaps headers. */
export function defineConverter<const D extends ConfigDef>(
  definition: Omit<ConverterDefinition<D>, 'kind'>,
): ConverterDefinition {
  return { kind: 'converter', ...definition } as unknown as ConverterDefinition
}

/** Declares a converter that serves headers only. */
export function defineHeaderConverter<const D extends ConfigDef>(
  definition: Omit<HeaderConverterDefinition<D>, 'kind'>,
): HeaderConverterDefinition {
  return {
    kind: 'header_converter',
    ...definition,
  } as unknown as HeaderConverterDefinition
}
