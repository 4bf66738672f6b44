import {
  ConnectException,
  DataException,
  type Schema,
  type SinkRecord,
} from '../../runtime/api/index.ts'
import { columnType, defaultLiteral, inferredType } from './column-types.ts'
import type { Query } from './connection.ts'
import { AlterFailure } from './failure.ts'
import type { Field } from './fields.ts'
import { columnName, type TableName } from './identifier.ts'
import type { Layout } from './layout.ts'
import type { Settings } from './settings.ts'
import { addColumnsSql, createTableSql, lockTableSql, markTableSql, type NewColumn } from './sql.ts'
import { where } from './statement.ts'
import type { Table } from './table.ts'

/** Fields of one layout that a table has no column for, and the records that need one. */
export interface Lack {
  readonly layout: Layout
  readonly fields: readonly Field[]
  readonly records: readonly SinkRecord[]
}

/** Fields without a schema may lack a column as long as every value is null, or nested (which is told of the record). Null: nothing lacks. */
export function lackOf(
  layout: Layout,
  missing: readonly Field[],
  records: readonly SinkRecord[],
): Lack | null {
  if (missing.length === 0) return null
  const mine = records.filter((record) => layout.fits(record))
  const needs = ({ schema, isKey, read }: Field, record: SinkRecord) =>
    schema !== null || isKey || isStorable(read(record))
  const fields = missing.filter((field) => mine.some((record) => needs(field, record)))
  if (fields.length === 0) return null
  return {
    layout,
    fields,
    records: mine.filter((record) => fields.some((field) => needs(field, record))),
  }
}

/** Why the columns cannot be added, in Connect's words; null: they can. */
export function refusalToAdd({ type, name }: Table, lack: Lack, settings: Settings): string | null {
  const list = lack.fields.map(described).join(', ')
  if (type !== 'TABLE')
    return `${capitalized(type)} ${name} is missing fields (${list}) and ALTER ${type} is unsupported`
  const required = lack.fields.find(isRequired)
  if (required)
    return `Cannot ALTER TABLE ${name} to add missing field ${described(required)}, as the field is not optional and does not have a default value`
  if (settings.addsColumns) return null
  return `Table ${name} is missing fields (${list}) and auto-evolution is disabled`
}

export function lacking(record: SinkRecord, refusal: string): DataException {
  return new DataException(`${refusal}; ${where(record)}`, {
    hint: refusal.endsWith('disabled')
      ? 'Add the columns yourself, set auto.evolve=true, or leave the fields out with ReplaceField or fields.whitelist.'
      : 'Add the columns yourself, give the fields a default, or leave them out with ReplaceField or fields.whitelist.',
  })
}

/** The columns that these layouts lack; of two that mean the same one the first. */
export function columnsFor(lacks: readonly Lack[], settings: Settings): NewColumn[] {
  const columns = new Map<string, NewColumn>()
  for (const { fields, records } of lacks) {
    for (const field of fields) {
      const column = newColumn(field, records, settings)
      if (column && !columns.has(column.name)) columns.set(column.name, column)
    }
  }
  return [...columns.values()]
}

/** Null for a field without a schema that is null or nested in all these records. */
export function newColumn(
  { name: field, schema, isKey, read }: Field,
  records: readonly SinkRecord[],
  settings: Settings,
): NewColumn | null {
  const name = columnName(field, settings.isQuoted)
  if (settings.epochFields.has(field) && isCount(schema, records.map(read)))
    // A default is filled in by the sink: as a literal it would be another number.
    return { name, type: 'TIMESTAMP', isKey, isOptional: schema?.optional ?? true, default: null }
  if (schema === null) {
    const type = inferredType(records.map(read)) ?? (isKey ? 'TEXT' : null)
    return type === null ? null : { name, type, isKey, isOptional: true, default: null }
  }
  return {
    name,
    type: columnType(schema),
    isKey,
    isOptional: schema.optional,
    default: defaultLiteral(schema, settings.zones),
  }
}

/** Holds off other tasks that would change this table, until the transaction ends. */
export async function lockTable(query: Query, name: TableName): Promise<void> {
  await query(lockTableSql, [name.sql])
}

export async function createTable(
  query: Query,
  name: TableName,
  columns: readonly NewColumn[],
): Promise<void> {
  try {
    await query(createTableSql(name.sql, columns))
    await query(markTableSql(name.sql))
  } catch (cause) {
    throw new AlterFailure(`Table ${name} could not be created: `, { cause })
  }
}

export async function addColumns(
  query: Query,
  name: TableName,
  columns: readonly NewColumn[],
): Promise<void> {
  try {
    await query(addColumnsSql(name.sql, columns))
  } catch (cause) {
    const list = columns.map((column) => column.name).join(', ')
    throw new AlterFailure(`Failed to amend TABLE '${name}' to add missing fields: ${list}: `, {
      cause,
    })
  }
}

export function noFields(name: TableName, first: SinkRecord | undefined): ConnectException {
  return new ConnectException(
    `No fields found using key and value schemas for table: ${name.table}; ${first && where(first)}`,
    { hint: 'Every field is null or nested: there is nothing to make a column of.' },
  )
}

/** Whether these are whole numbers, or texts of such. */
function isCount(schema: Schema | null, values: readonly unknown[]): boolean {
  if (schema !== null)
    return schema.logical === null && (schema.type === 'int64' || schema.type === 'string')
  const type = inferredType(values)
  return type === 'BIGINT' || type === 'DECIMAL' || type === 'TEXT'
}

/** Neither null nor nested. */
export function isStorable(value: unknown): boolean {
  return value !== null && value !== undefined && inferredType([value]) !== null
}

/** A key is, whatever its schema says. */
function isRequired({ schema, isKey }: Field): boolean {
  if (schema === null) return isKey
  return schema.default === null && (isKey || !schema.optional)
}

function described({ name, schema, isKey }: Field): string {
  const shown = schema === null ? 'null' : `Schema{${schema.name ?? schema.type.toUpperCase()}}`
  return `SinkRecordField{schema=${shown}, name='${name}', isPrimaryKey=${isKey}}`
}

function capitalized(type: string): string {
  return type.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
