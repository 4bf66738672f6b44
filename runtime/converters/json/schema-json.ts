import {
  DataException,
  Decimal,
  lowLong,
  type Schema,
  SchemaBuilder,
  SchemaBuilderException,
  type SchemaType,
  Struct,
} from '../../api/index.ts'
import { quote } from './json-string.ts'
import { isObject, type JsonTree, member } from './json-tree.ts'
import { compileReader, type ReadOptions } from './read-value.ts'
import type { ValueWriter } from './write-value.ts'

/** Schemas ↔ the JSON that stands in envelopes and in `schema.content`. */

const typesByWord = new Map<string, SchemaType>([
  ['int8', 'int8'],
  ['int16', 'int16'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['float', 'float32'],
  ['double', 'float64'],
  ['boolean', 'boolean'],
  ['string', 'string'],
  ['bytes', 'bytes'],
  ['array', 'array'],
  ['map', 'map'],
  ['struct', 'struct'],
])
const words = new Map(Array.from(typesByWord, ([word, type]) => [type, word]))

export function readSchema(tree: JsonTree, options: ReadOptions): Schema | null {
  if (tree === null) return null
  const word = isObject(tree) ? member(tree, 'type') : undefined
  if (!isObject(tree) || typeof word !== 'string')
    throw new DataException("Schema must contain 'type' field")
  const type = typesByWord.get(word)
  if (type === undefined) throw new DataException(`Unknown schema type: ${word}`)
  const builder = builderOf(type, tree, options)
  if (member(tree, 'optional') === true) builder.optional()
  else builder.required()
  const name = member(tree, 'name')
  if (typeof name === 'string') builder.name(name)
  const version = member(tree, 'version')
  if (typeof version === 'number' && Number.isInteger(version)) builder.version(version | 0)
  else if (typeof version === 'bigint')
    builder.version(Number(BigInt.asIntN(32, lowLong(new Decimal(version, 0)))))
  const doc = member(tree, 'doc')
  if (typeof doc === 'string') builder.doc(doc)
  readParameters(builder, member(tree, 'parameters'))
  const fallback = member(tree, 'default')
  if (fallback !== undefined) builder.defaultValue(readDefault(builder.build(), fallback, options))
  return builder.build()
}

function readDefault(schema: Schema, tree: JsonTree, options: ReadOptions): unknown {
  const value = compileReader(schema, options)(tree)
  // As Connect: its schema lacks the default, so it is not the schema that is being built.
  if (value instanceof Struct)
    throw new SchemaBuilderException('Invalid default value', {
      cause: new DataException('Struct schemas do not match.'),
      hint: 'A struct cannot have a default in JSON: give its fields their defaults.',
    })
  return value
}

function builderOf(
  type: SchemaType,
  tree: { [key: string]: JsonTree },
  options: ReadOptions,
): SchemaBuilder {
  if (type === 'array') {
    const items = member(tree, 'items') ?? null
    if (items === null) throw new DataException('Array schema did not specify the element type')
    return SchemaBuilder.array(readSchema(items, options) as Schema)
  }
  if (type === 'map') {
    const keys = member(tree, 'keys')
    if (keys === undefined) throw new DataException('Map schema did not specify the key type')
    const values = member(tree, 'values')
    if (values === undefined) throw new DataException('Map schema did not specify the value type')
    // A JSON null is no schema, which the builder refuses.
    return SchemaBuilder.map(
      readSchema(keys, options) as Schema,
      readSchema(values, options) as Schema,
    )
  }
  const builder = new SchemaBuilder(type)
  if (type !== 'struct') return builder
  const fields = member(tree, 'fields')
  if (!Array.isArray(fields))
    throw new DataException('Struct schema\'s "fields" argument is not an array.')
  for (const field of fields as JsonTree[]) {
    const name = isObject(field) ? member(field, 'field') : undefined
    if (typeof name !== 'string')
      throw new DataException("Struct schema's field name not specified properly")
    builder.field(name, readSchema(field, options) as Schema)
  }
  return builder
}

function readParameters(builder: SchemaBuilder, tree: JsonTree | undefined): void {
  if (tree === undefined || !isObject(tree)) return
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value !== 'string')
      throw new DataException('Schema parameters must have string values.')
    builder.parameter(key, value)
  }
}

/** The JSON of a schema; `writer` gives what writes its default. */
export function writeSchema(schema: Schema, writer: (schema: Schema) => ValueWriter): string {
  return `{${members(schema, writer).join(',')}}`
}

function members(schema: Schema, writer: (schema: Schema) => ValueWriter): string[] {
  const nested = (inner: Schema | null) => (inner === null ? 'null' : writeSchema(inner, writer))
  const text = [`"type":"${words.get(schema.type)}"`]
  if (schema.type === 'array') text.push(`"items":${nested(schema.valueSchema)}`)
  if (schema.type === 'map')
    text.push(`"keys":${nested(schema.keySchema)}`, `"values":${nested(schema.valueSchema)}`)
  if (schema.type === 'struct') {
    const fields = schema.fields.map(({ name, schema: inner }) =>
      [...members(inner, writer), `"field":${quote(name)}`].join(','),
    )
    text.push(`"fields":[${fields.map((field) => `{${field}}`).join(',')}]`)
  }
  text.push(`"optional":${schema.optional}`)
  if (schema.name !== null) text.push(`"name":${quote(schema.name)}`)
  if (schema.version !== null) text.push(`"version":${schema.version}`)
  if (schema.doc !== null) text.push(`"doc":${quote(schema.doc)}`)
  if (schema.parameters !== null) {
    const pairs = Array.from(schema.parameters, ([key, value]) => `${quote(key)}:${quote(value)}`)
    text.push(`"parameters":{${pairs.join(',')}}`)
  }
  if (schema.default !== null) text.push(`"default":${writer(schema)(schema.default)}`)
  return text
}
