import {
  type ConfigOf,
  type Converter,
  configDef,
  DataException,
  defineConverter,
  type Header,
  type HeaderConverter,
  oneOfIgnoringCase,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts'
import { EnvelopeReader, type KnownSchema } from './json/envelope.ts'
import { type JsonTree, missing } from './json/json-tree.ts'
import { readJson } from './json/read-json.ts'
import { writeSchema } from './json/schema-json.ts'
import { writeSchemaless } from './json/write-schemaless.ts'
import { compileWriter, type ValueWriter, type WriteOptions } from './json/write-value.ts'

const config = configDef({
  'schemas.enable': {
    type: 'boolean',
    importance: 'high',
    default: true,
    doc: 'Whether each record holds its schema beside its value: {"schema":…,"payload":…}.',
  },
  'schemas.cache.size': {
    type: 'int',
    importance: 'high',
    default: 1000,
    doc: 'How many schemas are kept ready.',
  },
  'decimal.format': {
    type: 'string',
    importance: 'low',
    default: 'BASE64',
    validator: oneOfIgnoringCase('NUMERIC', 'BASE64'),
    doc: 'How decimals are written: BASE64 (the bytes of the unscaled number) or NUMERIC (a JSON number). Both are read.',
  },
  'replace.null.with.default': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: "Whether a null becomes its field's default.",
  },
  'schema.content': {
    type: 'string',
    importance: 'high',
    default: null,
    doc: 'With schemas.enable, the schema of records that hold none: a JSON text. What is read is then the value alone.',
  },
})

const nothing: SchemaAndValue = { schema: null, value: null }

interface CompiledSchema {
  readonly schema: Schema
  readonly write: ValueWriter
  /** `{"schema":…,"payload":` */
  readonly prefix: string
}

/** Connect's JsonConverter: with its envelope or plain. Readers and writers are made once a schema. */
class JsonConverter implements Converter, HeaderConverter {
  readonly #hasSchemas: boolean
  readonly #options: WriteOptions
  readonly #envelopes: EnvelopeReader
  readonly #content: KnownSchema | undefined
  readonly #writers = new WeakMap<Schema, CompiledSchema>()
  #latest: CompiledSchema | undefined

  constructor(values: ConfigOf<typeof config>) {
    this.#hasSchemas = values['schemas.enable']
    this.#options = {
      replaceNullWithDefault: values['replace.null.with.default'],
      decimalFormat: values['decimal.format'].toUpperCase() === 'NUMERIC' ? 'NUMERIC' : 'BASE64',
    }
    this.#envelopes = new EnvelopeReader(this.#options, values['schemas.cache.size'])
    const content = this.#readContent(values['schema.content'])
    this.#content = this.#hasSchemas && content?.schema ? content : undefined
  }

  fromConnect(_topic: string, schema: Schema | null, value: unknown): string | null {
    if (schema === null) {
      if (value === null) return null
      const text = writeSchemaless(value)
      return this.#hasSchemas ? `{"schema":null,"payload":${text}}` : text
    }
    const { prefix, write } = this.#compiled(schema)
    return this.#hasSchemas ? `${prefix}${write(value)}}` : write(value)
  }

  toConnect(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return nothing
    if (!this.#hasSchemas) {
      const value = readJson(bytes, 'schemaless')
      return { schema: null, value: value === missing ? null : value }
    }
    if (this.#content === undefined) return this.#envelopes.read(bytes)
    const { schema, read, fractions } = this.#content
    return { schema, value: read(readJson(bytes, 'exact', fractions) as JsonTree) }
  }

  fromConnectHeader(topic: string, { schema, value }: Header): string | null {
    return this.fromConnect(topic, schema, value)
  }

  toConnectHeader(topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnect(topic, bytes)
  }

  #compiled(schema: Schema): CompiledSchema {
    if (this.#latest?.schema === schema) return this.#latest
    let found = this.#writers.get(schema)
    if (found === undefined) {
      found = this.#latest?.schema.equals(schema)
        ? { ...this.#latest, schema }
        : this.#compile(schema)
      this.#writers.set(schema, found)
    }
    this.#latest = found
    return found
  }

  #compile(schema: Schema): CompiledSchema {
    const writer = (inner: Schema) => compileWriter(inner, this.#options)
    const prefix = this.#hasSchemas ? `{"schema":${writeSchema(schema, writer)},"payload":` : ''
    return { schema, write: writer(schema), prefix }
  }

  #readContent(text: string | null): KnownSchema | undefined {
    if (text === null || text === '') return undefined
    let tree: JsonTree
    try {
      tree = readJson(Buffer.from(text), 'exact') as JsonTree
    } catch (cause) {
      throw new DataException(
        'Failed to parse schema in converter config due to serialization error: ',
        { cause, hint: 'The value of schema.content must be the JSON of a schema.' },
      )
    }
    return this.#envelopes.known(tree)
  }
}

export default defineConverter({
  name: 'JsonConverter',
  class: 'org.apache.kafka.connect.json.JsonConverter',
  doc: 'JSON, with the schema beside each value or without any.',
  config,
  headers: true,
  create: (values) => new JsonConverter(values),
})
