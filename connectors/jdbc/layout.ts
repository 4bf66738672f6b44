import {
  ConnectException,
  isPlainObject,
  type Schema,
  type SinkRecord,
} from '../../runtime/api/index.ts'
import { type Field, keyFields, memberField, structField, wholeField } from './fields.ts'
import type { Settings } from './settings.ts'

/**
 * What the records of one pair of schemas become: which fields, in which order. Values without a schema share one layout, whose fields are all
 * that were ever seen, so that a batch of them is one statement; a field that a record lacks is null.
 */
export class Layout {
  readonly keys: readonly Field[]
  /** Of records without a value: they name the row that goes. */
  readonly isDelete: boolean
  readonly #settings: Settings
  readonly #keySchema: Schema | null
  readonly #valueSchema: Schema | null
  readonly #shape: string
  readonly #keyNames: ReadonlySet<string>
  #values: Field[] = []
  /** Names met in values without a schema. */
  readonly #met = new Set<string>()

  /** `seen`: fields of values without a schema that earlier records had. */
  constructor(settings: Settings, table: string, record: SinkRecord, seen: Iterable<string> = []) {
    this.#settings = settings
    this.isDelete = record.value === null
    this.#keySchema = record.keySchema
    this.#valueSchema = this.isDelete ? null : record.valueSchema
    this.#shape = keyShape(settings, record)
    this.keys = keyFields(settings, table, record)
    this.#keyNames = new Set(this.keys.map(({ name }) => name))
    if (this.isDelete) return
    if (this.#valueSchema !== null) this.#addSchemaFields(this.#valueSchema)
    else for (const name of seen) this.#meet(name)
    this.observe(record)
  }

  /** Key columns first. */
  get fields(): readonly Field[] {
    return [...this.keys, ...this.#values]
  }

  get size(): number {
    return this.keys.length + this.#values.length
  }

  /** In the order for CREATE TABLE: the record's coordinates, the value's fields, the rest by name. */
  get fieldsForTable(): readonly Field[] {
    const inKeys = new Map(this.keys.map((field) => [field.name, field]))
    const first = this.#settings.pkMode === 'kafka' && this.#settings.pkFields.length === 0
    const names = [
      ...(first ? inKeys.keys() : []),
      ...(this.#valueSchema?.type === 'struct'
        ? this.#valueSchema.fields.map(({ name }) => name)
        : this.#met),
      ...this.#values.map(({ name }) => name),
      ...[...inKeys.keys()].sort(),
    ]
    const all = new Map(this.fields.map((field) => [field.name, field]))
    return [...new Set(names)].flatMap((name) => all.get(name) ?? [])
  }

  get hasSchema(): boolean {
    return this.#valueSchema !== null || this.isDelete
  }

  fits(record: SinkRecord): boolean {
    return (
      (record.value === null) === this.isDelete &&
      (this.isDelete || sameSchema(this.#valueSchema, record.valueSchema)) &&
      sameSchema(this.#keySchema, record.keySchema) &&
      (this.#shape === '' || this.#shape === keyShape(this.#settings, record))
    )
  }

  /** Learns the fields of a value without a schema. */
  observe({ value }: SinkRecord): void {
    if (this.#valueSchema !== null || this.isDelete) return
    const met = this.#met
    for (const name in value as Record<string, unknown>) {
      if (!met.has(name)) this.#meet(name)
    }
  }

  /** Fields that the table has no column for, once there are too many to remember (I6). They are met again when they come again. */
  forget(fields: readonly Field[]): void {
    const names = new Set(fields.map(({ name }) => name))
    for (const name of names) this.#met.delete(name)
    this.#values = this.#values.filter(({ name }) => !names.has(name))
  }

  #meet(name: string): void {
    this.#met.add(name)
    if (this.#isWanted(name)) this.#values.push(memberField('value', name, false))
  }

  #addSchemaFields(schema: Schema): void {
    const { stringColumn, whitelist, replacesNulls, epochFields } = this.#settings
    if (schema.type === 'string') {
      if (whitelist !== null)
        throw new ConnectException('fields.whitelist is not supported with String value schemas')
      if (epochFields.size > 0)
        throw new ConnectException(
          'timestamp.fields.list is not supported with String value schemas',
        )
      if (this.#keyNames.has(stringColumn))
        throw new ConnectException(
          `String value column '${stringColumn}' is a key column too: choose another string.output.value.column.name`,
        )
      this.#values.push(wholeField('value', stringColumn, schema, false))
      return
    }
    const options = { isKey: false, fillsDefault: replacesNulls }
    for (const { name } of schema.fields) {
      const field = this.#isWanted(name) && structField('value', schema, name, options)
      if (field) this.#values.push(field)
    }
  }

  /** The key's field wins over the value's of the same name; the whitelist never takes away a key. */
  #isWanted(name: string): boolean {
    const { whitelist } = this.#settings
    return !this.#keyNames.has(name) && (whitelist === null || whitelist.has(name))
  }
}

/** Where "all fields" are the key and no schema names them, records of other field names have another key. */
function keyShape({ pkMode, pkFields }: Settings, record: SinkRecord): string {
  if (pkMode !== 'record_key' && pkMode !== 'record_value') return ''
  const part = pkMode === 'record_key' ? record.key : record.value
  if (!isPlainObject(part)) return typeof part
  return pkFields.length > 0 ? 'object' : `object\0${Object.keys(part).join('\0')}`
}

function sameSchema(mine: Schema | null, theirs: Schema | null): boolean {
  return mine === theirs || mine?.equals(theirs) === true
}
