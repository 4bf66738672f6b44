import {
  ConnectException,
  Decimal,
  Instant,
  isPlainObject,
  type Schema,
  type SinkRecord,
  Struct,
  TypedNumber,
} from '../../runtime/api/index.ts'
import type { Settings } from './settings.ts'

/** Throws for a record that the configured modes cannot write at all, in Connect's words: the task fails, no record is set aside. */
export function requireAcceptable(record: SinkRecord, connector: string, settings: Settings): void {
  const isDelete = settings.deletes && record.value === null
  if (!isDelete && !hasUsableValue(record, settings))
    throw refusedValue(record, connector, settings)
  if (settings.pkMode === 'record_key' && !hasUsableKey(record, settings))
    throw refusal(record, connector, settings, {
      wanted: 'a non-null key and non-null Struct or primitive key schema',
      side: 'key',
    })
}

function hasUsableValue({ value, valueSchema }: SinkRecord, settings: Settings): boolean {
  if (valueSchema === null) return settings.infersSchemaless && isPlainObject(value)
  return value !== null && (valueSchema.type === 'struct' || valueSchema.type === 'string')
}

/** Lists and maps pass here: the primary key's own check names them better. */
function hasUsableKey({ key, keySchema }: SinkRecord, settings: Settings): boolean {
  return key !== null && key !== undefined && (keySchema !== null || settings.infersSchemaless)
}

function refusedValue(record: SinkRecord, connector: string, settings: Settings): ConnectException {
  return refusal(record, connector, settings, {
    wanted: 'a non-null Struct or String value and non-null Struct or String schema',
    side: 'value',
    hint:
      record.value === null
        ? 'Set delete.enabled=true with pk.mode=record_key, or drop tombstones with the Filter transformation and the RecordIsTombstone predicate.'
        : record.valueSchema === null
          ? 'Without a schema a value must be a JSON object (and schemaless.mode be infer): HoistField makes one.'
          : 'HoistField makes a Struct of any value.',
  })
}

function refusal(
  record: SinkRecord,
  connector: string,
  settings: Settings,
  what: { readonly wanted: string; readonly side: 'key' | 'value'; readonly hint?: string },
): ConnectException {
  const { side } = what
  const { topic, partition, offset, timestamp } = record
  const schema = side === 'key' ? record.keySchema : record.valueSchema
  return new ConnectException(
    `Sink connector '${connector}' is configured with 'delete.enabled=${settings.deletes}' and 'pk.mode=${settings.pkMode}' and therefore requires records with ${what.wanted}, but found record at (topic='${topic}',partition=${partition},offset=${offset},timestamp=${timestamp}) with a ${javaClass(record[side])} ${side} and ${schemaWord(schema)} ${side} schema.`,
    { hint: what.hint },
  )
}

function schemaWord(schema: Schema | null): string {
  if (schema === null) return 'null'
  return schema.type === 'struct' ? 'Struct' : schema.type.toUpperCase()
}

/** The simple class name that a Connect user knows the value by. */
function javaClass(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Struct) return 'Struct'
  if (Array.isArray(value)) return 'ArrayList'
  if (value instanceof Uint8Array) return 'byte[]'
  if (value instanceof Decimal) return 'BigDecimal'
  if (value instanceof Instant) return 'Date'
  if (value instanceof TypedNumber) return value.type.startsWith('int') ? 'Long' : 'Double'
  switch (typeof value) {
    case 'string':
      return 'String'
    case 'boolean':
      return 'Boolean'
    case 'bigint':
      return 'Long'
    case 'number':
      return Number.isInteger(value) ? 'Long' : 'Double'
    default:
      return 'HashMap'
  }
}
