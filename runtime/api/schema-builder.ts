import { SchemaBuilderException } from './errors.ts'
import { Schema, type SchemaType } from './schema.ts'
import { validateValue } from './struct.ts'

/**
 * Builds a schema step by step under Connect's rules: nothing is set twice, a default must fit what is set so far (so set `name` before the
 * default of a logical type), fields have names and are not repeated. Each breach is a SchemaBuilderException.
 */
export class SchemaBuilder {
  readonly #type: SchemaType
  readonly #fields = new Map<string, Schema>()
  readonly #keySchema: Schema | null
  readonly #valueSchema: Schema | null
  #optional: boolean | undefined
  #name: string | null = null
  #version: number | null = null
  #doc: string | null = null
  #default: unknown = null
  #parameters: Map<string, string> | null = null

  constructor(type: SchemaType, inner: { keySchema?: Schema; valueSchema?: Schema } = {}) {
    this.#type = type
    this.#keySchema = inner.keySchema ?? null
    this.#valueSchema = inner.valueSchema ?? null
  }

  static struct(): SchemaBuilder {
    return new SchemaBuilder('struct')
  }

  static array(valueSchema: Schema): SchemaBuilder {
    if (!valueSchema) throw new SchemaBuilderException('valueSchema cannot be null.')
    return new SchemaBuilder('array', { valueSchema })
  }

  static map(keySchema: Schema, valueSchema: Schema): SchemaBuilder {
    if (!keySchema) throw new SchemaBuilderException('keySchema cannot be null.')
    if (!valueSchema) throw new SchemaBuilderException('valueSchema cannot be null.')
    return new SchemaBuilder('map', { keySchema, valueSchema })
  }

  /** Name, version, doc and parameters of another schema. */
  basics(of: Schema): this {
    if (of.name !== null) this.name(of.name)
    if (of.version !== null) this.version(of.version)
    if (of.doc !== null) this.doc(of.doc)
    if (of.parameters !== null) this.parameters(of.parameters)
    return this
  }

  optional(): this {
    return this.#optionality(true)
  }

  required(): this {
    return this.#optionality(false)
  }

  name(name: string): this {
    this.#once('name', this.#name, name)
    this.#name = name
    return this
  }

  version(version: number): this {
    this.#once('version', this.#version, version)
    this.#version = version
    return this
  }

  doc(doc: string): this {
    this.#once('doc', this.#doc, doc)
    this.#doc = doc
    return this
  }

  parameter(key: string, value: string): this {
    this.#parameters ??= new Map()
    this.#parameters.set(key, value)
    return this
  }

  parameters(all: ReadonlyMap<string, string>): this {
    for (const [key, value] of all) this.parameter(key, value)
    return this
  }

  defaultValue(value: unknown): this {
    this.#once('default', this.#default, value)
    try {
      validateValue(this.build(), value)
    } catch (cause) {
      throw new SchemaBuilderException('Invalid default value', { cause })
    }
    this.#default = value
    return this
  }

  field(name: string, schema: Schema): this {
    if (this.#type !== 'struct')
      throw new SchemaBuilderException(`Cannot create fields on type ${this.#type.toUpperCase()}`)
    if (!name) throw new SchemaBuilderException('fieldName cannot be null.')
    if (!schema) throw new SchemaBuilderException(`fieldSchema for field ${name} cannot be null.`)
    if (this.#fields.has(name))
      throw new SchemaBuilderException(
        `Cannot create field because of field name duplication ${name}`,
      )
    this.#fields.set(name, schema)
    return this
  }

  build(): Schema {
    return new Schema({
      type: this.#type,
      optional: this.#optional ?? false,
      name: this.#name,
      version: this.#version,
      doc: this.#doc,
      parameters: this.#parameters && new Map(this.#parameters),
      default: this.#default,
      fields: Array.from(this.#fields, ([name, schema]) => ({ name, schema })),
      keySchema: this.#keySchema,
      valueSchema: this.#valueSchema,
    })
  }

  #optionality(optional: boolean): this {
    if (this.#optional !== undefined && this.#optional !== optional) this.#refuse('optional')
    this.#optional = optional
    return this
  }

  #once(field: string, present: unknown, value: unknown): void {
    if (present !== null && present !== value) this.#refuse(field)
  }

  #refuse(field: string): never {
    throw new SchemaBuilderException(`Invalid SchemaBuilder call: ${field} has already been set.`)
  }
}
