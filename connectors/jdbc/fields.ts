import {
  ConnectException,
  INT32,
  INT64,
  isPlainObject,
  type Schema,
  type SinkRecord,
  STRING,
  Struct,
} from '../../runtime/api/index.ts'
import type { Settings } from './settings.ts'

/** One field of a record on its way to a column. */
export interface Field {
  readonly name: string
  readonly isKey: boolean
  /** Null: schemaless, the type is inferred. */
  readonly schema: Schema | null
  /** The value, defaults filled in. */
  readonly read: (record: SinkRecord) => unknown
}

type Part = 'key' | 'value'

/** Names that a plain object answers to without having them. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype))

/** A field of a Struct. A key's null always becomes the default, another's only if the settings say so. */
export function structField(
  part: Part,
  schema: Schema,
  name: string,
  { isKey, fillsDefault }: { readonly isKey: boolean; readonly fillsDefault: boolean },
): Field | undefined {
  const field = schema.field(name)
  if (!field) return undefined
  const { index } = field
  const fallback = fillsDefault ? field.schema.default : null
  const read =
    fallback === null
      ? (record: SinkRecord) => (record[part] as Struct).values[index]
      : (record: SinkRecord) => (record[part] as Struct).values[index] ?? fallback
  return { name, isKey, schema: field.schema, read }
}

/** A member of a plain object. */
export function memberField(part: Part, name: string, isKey: boolean): Field {
  const read = inherited.has(name)
    ? (record: SinkRecord) => {
        const object = record[part] as Record<string, unknown>
        return Object.hasOwn(object, name) ? object[name] : null
      }
    : (record: SinkRecord) => (record[part] as Record<string, unknown>)[name]
  return { name, isKey, schema: null, read }
}

export function wholeField(part: Part, name: string, schema: Schema | null, isKey: boolean): Field {
  return { name, isKey, schema, read: (record) => record[part] ?? schema?.default ?? null }
}

/** For a column that a record without a schema says nothing of. */
export function absentField(name: string): Field {
  return { name, isKey: false, schema: null, read: () => null }
}

/** The key columns of a record of these schemas; `table` is for messages. The whole record is looked at only where it has no schema. */
export function keyFields(settings: Settings, table: string, record: SinkRecord): Field[] {
  switch (settings.pkMode) {
    case 'none':
      return []
    case 'kafka':
      return coordinates(settings.pkFields, table)
    case 'record_key':
      return recordKeyFields(settings.pkFields, table, record)
    case 'record_value':
      return recordValueFields(settings.pkFields, table, record)
  }
}

export const coordinateNames = ['__connect_topic', '__connect_partition', '__connect_offset']

function recordKeyFields(pkFields: readonly string[], table: string, record: SinkRecord): Field[] {
  const { key, keySchema } = record
  if (keySchema?.type === 'array' || keySchema?.type === 'map' || Array.isArray(key))
    throw new ConnectException(
      `Key schema must be primitive type or Struct, but is of type: ${keySchema?.type.toUpperCase() ?? 'ARRAY'}`,
    )
  if (key instanceof Struct) {
    const names = pkFields.length > 0 ? pkFields : key.schema.fields.map(({ name }) => name)
    return names.map(
      (name) =>
        structField('key', key.schema, name, { isKey: true, fillsDefault: true }) ??
        missing(`PK mode for table '${table}' is RECORD_KEY`, pkFields, `record key schema`, name),
    )
  }
  if (keySchema === null && isPlainObject(key)) {
    const names = pkFields.length > 0 ? pkFields : Object.keys(key)
    for (const name of names) {
      if (!Object.hasOwn(key, name))
        missing(`PK mode for table '${table}' is RECORD_KEY`, pkFields, 'record key', name)
    }
    return names.map((name) => memberField('key', name, true))
  }
  const [name] = pkFields
  if (name === undefined || pkFields.length > 1)
    throw new ConnectException(
      `Need exactly one PK column defined since the key schema for records is a primitive type, defined columns are: [${pkFields.join(', ')}]`,
      { hint: 'Name the column that the record key goes to in pk.fields.' },
    )
  return [wholeField('key', name, keySchema, true)]
}

function recordValueFields(
  pkFields: readonly string[],
  table: string,
  record: SinkRecord,
): Field[] {
  const { value } = record
  if (value instanceof Struct) {
    const names = pkFields.length > 0 ? pkFields : value.schema.fields.map(({ name }) => name)
    return names.map(
      (name) =>
        structField('value', value.schema, name, { isKey: true, fillsDefault: true }) ??
        missing(
          `PK mode for table '${table}' is RECORD_VALUE`,
          pkFields,
          'record value schema',
          name,
        ),
    )
  }
  if (!isPlainObject(value))
    throw new ConnectException('pk.mode record_value is not supported with String value schemas')
  const names = pkFields.length > 0 ? pkFields : Object.keys(value)
  for (const name of names) {
    if (!Object.hasOwn(value, name))
      missing(`PK mode for table '${table}' is RECORD_VALUE`, pkFields, 'record value', name)
  }
  return names.map((name) => memberField('value', name, true))
}

function missing(mode: string, pkFields: readonly string[], where: string, name: string): never {
  throw new ConnectException(
    `${mode} with configured PK fields [${pkFields.join(', ')}], but ${where} does not contain field: ${name}`,
  )
}

/** Where the record lies in the log, whatever transformations made of its topic: two topics routed into one table never share a key. */
function coordinates(pkFields: readonly string[], table: string): Field[] {
  if (pkFields.length !== 0 && pkFields.length !== 3)
    throw new ConnectException(
      `PK mode for table '${table}' is KAFKA so there should either be no field names defined for defaults [${coordinateNames.join(', ')}] to be applicable, or exactly 3, defined fields are: [${pkFields.join(', ')}]`,
    )
  const [topic = '', partition = '', offset = ''] =
    pkFields.length === 3 ? pkFields : coordinateNames
  return [
    { name: topic, isKey: true, schema: STRING, read: (record) => record.originalTopic },
    { name: partition, isKey: true, schema: INT32, read: (record) => record.originalPartition },
    { name: offset, isKey: true, schema: INT64, read: (record) => record.originalOffset },
  ]
}
