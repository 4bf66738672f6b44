import { ConnectException } from '../../runtime/api/index.ts'
import type { Query } from './connection.ts'
import { columnName, type TableName } from './identifier.ts'
import { isMarkedSql } from './sql.ts'

export interface TableColumn {
  readonly name: string
  /** As pg_type names it: `int8`. */
  readonly typeName: string
  /** As a cast needs it, without length or scale: `bigint`, `"my schema"."colour"`. */
  readonly type: string
  readonly isArray: boolean
  readonly isNotNull: boolean
  readonly hasDefault: boolean
  /** Two values are the same key exactly when their texts are: false under a collation that thinks otherwise. */
  readonly hasPlainEquality: boolean
}

/** What table.types may list. */
export const tableTypes = ['TABLE', 'PARTITIONED TABLE', 'VIEW']

const kinds: Readonly<Record<string, string>> = {
  r: 'TABLE',
  p: 'PARTITIONED TABLE',
  v: 'VIEW',
  m: 'MATERIALIZED VIEW',
  f: 'FOREIGN TABLE',
}

/** By exact name, bound as parameters: a `_` in a name is no pattern. The cast to `name` cuts as the server cuts identifiers. */
const definition = `
SELECT c.relkind AS kind, c.relhastriggers AS has_triggers, ${isMarkedSql} AS is_own, a.attname AS name, t.typname AS type_name, format_type(a.atttypid, -1) AS type,
       t.typcategory = 'A' AS is_array, a.attnotnull AS is_not_null,
       a.atthasdef OR a.attidentity <> '' AS has_default,
       coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation), true) AS plain
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE n.nspname = $1::name AND c.relname = $2::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
 ORDER BY a.attnum`

/** A table as it stands in the database. */
export class Table {
  readonly name: TableName
  readonly columns: readonly TableColumn[]
  /** As table.types lists it. */
  readonly type: string
  /** A trigger may give a NOT NULL column its value. */
  readonly hasTriggers: boolean
  /** Made by this connector, in whatever run. */
  readonly isOwn: boolean
  readonly #exact: ReadonlyMap<string, TableColumn>
  readonly #folded: ReadonlyMap<string, TableColumn>

  constructor(
    name: TableName,
    columns: readonly TableColumn[],
    { type = 'TABLE', hasTriggers = false, isOwn = false } = {},
  ) {
    this.name = name
    this.columns = columns
    this.type = type
    this.hasTriggers = hasTriggers
    this.isOwn = isOwn
    this.#exact = new Map(columns.map((column) => [column.name, column]))
    this.#folded = new Map(
      columns.toReversed().map((column) => [column.name.toLowerCase(), column]),
    )
  }

  /** Null when there is none of that name. */
  static async read(
    query: Query,
    name: TableName,
    types: ReadonlySet<string>,
  ): Promise<Table | null> {
    const rows = await query(definition, [name.schema, name.table])
    const kind = rows[0]?.['kind']
    if (kind === undefined) return null
    const type = kinds[String(kind)] as string
    if (!types.has(type))
      throw new ConnectException(`${name} is a ${type}, which table.types does not list`, {
        hint: `Set table.types=${[...types, type].join(',')}, if rows are to go there.`,
      })
    const columns = rows
      .filter((row) => row['name'] !== null)
      .map((row) => ({
        name: row['name'] as string,
        typeName: row['type_name'] as string,
        type: row['type'] as string,
        isArray: row['is_array'] as boolean,
        isNotNull: row['is_not_null'] as boolean,
        hasDefault: row['has_default'] as boolean,
        hasPlainEquality: row['plain'] as boolean,
      }))
    return new Table(name, columns, {
      type,
      hasTriggers: rows[0]?.['has_triggers'] === true,
      isOwn: rows[0]?.['is_own'] === true,
    })
  }

  /** The column for a field: of exactly that name, else of that name in another case. */
  column(field: string, isQuoted: boolean): TableColumn | undefined {
    const name = columnName(field, isQuoted)
    return this.#exact.get(name) ?? this.#folded.get(name.toLowerCase())
  }
}
