import { quoted } from './identifier.ts'

/** Statements as text, from names alone: no values, no I/O. */

export interface StatementColumn {
  readonly name: string
  /** Element type of the column's parameter. */
  readonly type: string
  readonly cast: string | null
  readonly isKey: boolean
}

export type WriteMode = 'insert' | 'upsert' | 'update' | 'delete'

export interface WriteStatement {
  /** Already quoted. */
  readonly table: string
  /** For a delete, those of the key alone. */
  readonly columns: readonly StatementColumn[]
  readonly mode: WriteMode
  /** True: only the server can tell which keys are equal, so it picks the last row of each. */
  readonly distinctByServer: boolean
}

/**
 * One row per array element: the text is the same for any number of rows, so it is prepared once a connection. Measured against multi-row
 * VALUES, json_to_recordset and COPY into a temporary table: see the README.
 */
export function writeSql(statement: WriteStatement): string {
  const { table, columns, mode } = statement
  switch (mode) {
    case 'insert':
    case 'upsert': {
      const names = columns.map(({ name }) => quoted(name)).join(', ')
      const insert = `INSERT INTO ${table} (${names}) ${rowsSql(statement)}`
      return mode === 'insert' ? insert : `${insert} ${onConflict(columns)}`
    }
    case 'update': {
      const changed = columns.some(({ isKey }) => !isKey)
      const assignments = columns.flatMap(({ name, isKey }, i) =>
        // A row of keys alone changes nothing, which SQL has no other way to say.
        isKey && changed ? [] : [`${quoted(name)} = r.v${i + 1}`],
      )
      return `UPDATE ${table} AS t SET ${assignments.join(', ')} FROM ${namedRowsSql(statement)}${sameKey(columns)}`
    }
    case 'delete':
      return `DELETE FROM ${table} AS t USING ${namedRowsSql(statement)}${sameKey(columns)}`
  }
}

/** The rows, each value of its column's type. */
function rowsSql({ columns, distinctByServer }: WriteStatement): string {
  const values = columns.map(({ cast }, i) => `r.c${i + 1}${cast === null ? '' : `::${cast}`}`)
  const parameters = columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ')
  const aliases = columns.map((_, i) => `c${i + 1}`).join(', ')
  const keys = values.filter((_, i) => columns[i]?.isKey).join(', ')
  return distinctByServer
    ? `SELECT DISTINCT ON (${keys}) ${values.join(', ')} FROM UNNEST(${parameters}) WITH ORDINALITY AS r(${aliases}, n) ORDER BY ${keys}, r.n DESC`
    : `SELECT ${values.join(', ')} FROM UNNEST(${parameters}) AS r(${aliases})`
}

function namedRowsSql(statement: WriteStatement): string {
  return `(${rowsSql(statement)}) AS r(${statement.columns.map((_, i) => `v${i + 1}`).join(', ')})`
}

function sameKey(columns: readonly StatementColumn[]): string {
  const equal = columns.flatMap(({ name, isKey }, i) =>
    isKey ? [`t.${quoted(name)} = r.v${i + 1}`] : [],
  )
  return equal.length === 0 ? '' : ` WHERE ${equal.join(' AND ')}`
}

function onConflict(columns: readonly StatementColumn[]): string {
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => quoted(name))
  const others = columns.filter(({ isKey }) => !isKey).map(({ name }) => quoted(name))
  const action =
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`
  return `ON CONFLICT (${keys.join(', ')}) DO ${action}`
}

export interface NewColumn {
  readonly name: string
  readonly type: string
  readonly isKey: boolean
  readonly isOptional: boolean
  /** A literal, or null for none. */
  readonly default: string | null
}

export function createTableSql(table: string, columns: readonly NewColumn[]): string {
  const lines = columns.map((column) => `${quoted(column.name)} ${column.type} ${nullSpec(column)}`)
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => quoted(name))
  if (keys.length > 0) lines.push(`PRIMARY KEY(${keys.join(', ')})`)
  return `CREATE TABLE IF NOT EXISTS ${table} (\n${lines.join(',\n')})`
}

/** Columns that another task added meanwhile stay as they are. */
export function addColumnsSql(table: string, columns: readonly NewColumn[]): string {
  const lines = columns.map(
    (column) =>
      `ADD COLUMN IF NOT EXISTS ${quoted(column.name)} ${column.type} ${nullSpec(column)}`,
  )
  return `ALTER TABLE ${table} ${lines.join(',\n')}`
}

function nullSpec(column: NewColumn): string {
  if (column.default !== null) return `DEFAULT ${column.default}`
  return column.isOptional && !column.isKey ? 'NULL' : 'NOT NULL'
}

const origin = 'Made by Tapline.'

/** So that a later task knows the table for the connector's own. */
export function markTableSql(table: string): string {
  return `COMMENT ON TABLE ${table} IS ${textLiteral(origin)}`
}

/** Of a row of pg_class: whether `markTableSql` was here. */
export const isMarkedSql = `obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM ${textLiteral(origin)}`

/** Two tasks that create the same table wait for each other instead of colliding in the catalogue. */
export const lockTableSql = 'SELECT pg_advisory_xact_lock(hashtext($1))'

/** A text as a literal, whatever standard_conforming_strings says. */
export function textLiteral(text: string): string {
  const doubled = text.replaceAll("'", "''")
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
