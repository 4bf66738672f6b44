import { ConnectException, type SinkRecord } from '../../runtime/api/index.ts'
import type { ArrayWriter } from './array-writer.ts'
import { columnType, defaultLiteral, inferredType } from './column-types.ts'
import type { Query } from './connection.ts'
import { absentField, type Field } from './fields.ts'
import { columnName, type TableName } from './identifier.ts'
import { inOrder, lastByKey, type Segment } from './key-order.ts'
import { Layout } from './layout.ts'
import type { Settings } from './settings.ts'
import { createTableSql, lockTableSql, markTableSql, type NewColumn } from './sql.ts'
import { type BadRecords, Statement, where } from './statement.ts'
import { Table, type TableColumn } from './table.ts'

/** Versions of a topic's schemas that are kept ready (I6). */
const layoutLimit = 100

/** Fields without a column that are remembered (I6). */
const homelessLimit = 1000

interface Bound {
  readonly layout: Layout
  statement: Statement | null
  /** How many fields the layout had when the statement was made. */
  size: number
}

/** What a task knows of one table: its columns, and a statement for each layout of records. */
export class TableWriter {
  readonly name: TableName
  readonly #settings: Settings
  readonly #writers: ArrayWriter[]
  /** Fields that values without a schema were seen to have. */
  readonly #seen: Set<string>
  #table: Table | null = null
  #bound: Bound[] = []
  #last: Bound | undefined

  /** `seen` outlives this object: what a task once wrote, it writes on as null when a record lacks it. */
  constructor(
    name: TableName,
    settings: Settings,
    { writers, seen }: { readonly writers: ArrayWriter[]; readonly seen: Set<string> },
  ) {
    this.name = name
    this.#settings = settings
    this.#writers = writers
    this.#seen = seen
  }

  /** Learns the layouts of these records. True when `prepare` has work to do with the database. */
  observe(records: readonly SinkRecord[]): boolean {
    if (this.#bound.length > layoutLimit) this.#bound = []
    this.#last = undefined
    for (const record of records) {
      const bound = this.#boundFor(record)
      bound.layout.observe(record)
      const homeless = bound.statement?.homeless ?? []
      // A field that was null up to now: somebody may have added a column for it.
      if (homeless.length > 0 && homeless.some(({ read }) => isStorable(read(record))))
        bound.statement = null
    }
    return (
      this.#table === null ||
      this.#bound.some(({ statement, layout, size }) => !statement || size !== layout.size)
    )
  }

  /** Reads the table, creates it where it is missing (in the transaction that `begin` opens), and makes the statements. */
  async prepare(
    records: readonly SinkRecord[],
    query: Query,
    begin: () => Promise<void>,
  ): Promise<void> {
    const wasKnown = this.#table !== null
    this.#table ??= await Table.read(query, this.name)
    if (this.#table === null) {
      await begin()
      this.#table = await this.#create(records, query)
    }
    if (this.#bind(this.#table, records) === null) return
    // Somebody may have added the column since we looked.
    const fresh = wasKnown ? await Table.read(query, this.name) : this.#table
    if (fresh === null) throw this.#missing()
    this.#table = fresh
    const problem = this.#bind(fresh, records)
    if (problem) throw problem
  }

  /** After `prepare`. */
  segments(records: readonly SinkRecord[], bad: BadRecords): Segment[] {
    const statementOf = (record: SinkRecord) => this.#boundFor(record).statement as Statement
    return this.#settings.insertMode === 'insert'
      ? inOrder(records, statementOf)
      : lastByKey(records, statementOf, bad)
  }

  #boundFor(record: SinkRecord): Bound {
    const last = this.#last
    if (last?.layout.fits(record)) return last
    let bound = this.#bound.find(({ layout }) => layout.fits(record))
    if (!bound) {
      const layout = new Layout(this.#settings, this.name.table, record, this.#seen)
      bound = { layout, statement: null, size: 0 }
      this.#bound.push(bound)
    }
    this.#last = bound
    return bound
  }

  /** Null, or what keeps these records from fitting the table. */
  #bind(table: Table, records: readonly SinkRecord[]): ConnectException | null {
    for (const bound of this.#bound) {
      const { layout } = bound
      if (bound.statement && bound.size === layout.size) continue
      const placed: (readonly [Field, TableColumn])[] = []
      const missing: Field[] = []
      for (const field of layout.fields) {
        const column = table.column(field.name, this.#settings.isQuoted)
        if (column) placed.push([field, column])
        else missing.push(field)
      }
      const problem = this.#missingFields(missing, layout, records) ?? this.#sharedColumn(placed)
      if (problem) return problem
      if (placed.length === 0) return this.#noFields(records)
      if (!layout.hasSchema) {
        for (const [{ name, isKey }] of placed) if (!isKey) this.#seen.add(name)
        placed.push(...this.#absent(table, placed))
        if (missing.length > homelessLimit) layout.forget(missing)
      }
      bound.statement = new Statement(table, placed, {
        settings: this.#settings,
        writers: this.#writers,
        homeless: missing,
      })
      bound.size = layout.size
    }
    return null
  }

  /**
   * Columns that an upsert without a schema sets to null because they are the connector's and no record had them yet: else a row would hang on
   * how the records were batched. Of a table that the connector made all are; of another one those in the whitelist.
   */
  #absent(
    table: Table,
    placed: readonly (readonly [Field, TableColumn])[],
  ): (readonly [Field, TableColumn])[] {
    const { insertMode, whitelist } = this.#settings
    if (insertMode === 'insert') return []
    const taken = new Set(placed.map(([, column]) => column))
    return table.columns
      .filter((column) => !taken.has(column) && !column.isNotNull && !column.hasDefault)
      .filter(({ name }) => (whitelist === null ? table.isOwn : whitelist.has(name)))
      .map((column) => [absentField(column.name), column])
  }

  /** Fields without a schema may lack a column as long as every value is null, or nested (which is told of the record). */
  #missingFields(
    missing: readonly Field[],
    layout: Layout,
    records: readonly SinkRecord[],
  ): ConnectException | null {
    for (const field of missing) {
      const { schema } = field
      const first = records.find(
        (record) =>
          layout.fits(record) && (schema !== null || field.isKey || isStorable(field.read(record))),
      )
      if (!first) continue
      if (schema !== null && !schema.optional && schema.default === null)
        return new ConnectException(
          `Cannot ALTER TABLE ${this.name} to add missing field ${described(field)}, as the field is not optional and does not have a default value; ${where(first)}`,
          { hint: 'Add the column yourself: adding columns (auto.evolve) is not available yet.' },
        )
      return new ConnectException(
        `Table ${this.name} is missing fields (${missing.map(described).join(', ')}) and auto-evolution is disabled; ${where(first)}`,
        { hint: 'Add the columns yourself: adding them (auto.evolve) is not available yet.' },
      )
    }
    return null
  }

  #sharedColumn(placed: readonly (readonly [Field, TableColumn])[]): ConnectException | null {
    const owners = new Map<TableColumn, Field>()
    for (const [field, column] of placed) {
      const other = owners.get(column)
      if (other)
        return new ConnectException(
          `Fields "${other.name}" and "${field.name}" both go to column "${column.name}" of table ${this.name}`,
          { hint: 'Rename or exclude one of them with ReplaceField.' },
        )
      owners.set(column, field)
    }
    return null
  }

  async #create(records: readonly SinkRecord[], query: Query): Promise<Table> {
    if (!this.#settings.createsTables) throw this.#missing()
    // The first record says what the table looks like; those without a schema say it together.
    const first = this.#boundFor(records[0] as SinkRecord).layout
    const likeFirst = records.filter((record) => first.fits(record))
    const columns = first.fieldsForTable.flatMap((field) => this.#newColumn(field, likeFirst) ?? [])
    if (columns.length === 0) throw this.#noFields(records)
    await query(lockTableSql, [this.name.sql])
    const madeByAnother = await Table.read(query, this.name)
    if (madeByAnother) return madeByAnother
    await query(createTableSql(this.name.sql, columns))
    await query(markTableSql(this.name.sql))
    const table = await Table.read(query, this.name)
    if (table === null) throw this.#missing()
    return table
  }

  #newColumn(field: Field, records: readonly SinkRecord[]): NewColumn | null {
    const { schema, isKey } = field
    const name = columnName(field.name, this.#settings.isQuoted)
    if (schema === null) {
      const type = inferredType(records.map(field.read)) ?? (isKey ? 'TEXT' : null)
      return type === null ? null : { name, type, isKey, isOptional: true, default: null }
    }
    return {
      name,
      type: columnType(schema),
      isKey,
      isOptional: schema.optional,
      default: defaultLiteral(schema, this.#settings.zones),
    }
  }

  #noFields([first]: readonly SinkRecord[]): ConnectException {
    return new ConnectException(
      `No fields found using key and value schemas for table: ${this.name.table}; ${first && where(first)}`,
      { hint: 'Every field is null or nested: there is nothing to make a column of.' },
    )
  }

  #missing(): ConnectException {
    return new ConnectException(`Table ${this.name} is missing and auto-creation is disabled`, {
      hint: 'Create the table, or set auto.create=true.',
    })
  }
}

/** Neither null nor nested. */
function isStorable(value: unknown): boolean {
  return value !== null && value !== undefined && inferredType([value]) !== null
}

function described({ name, schema, isKey }: Field): string {
  const shown = schema === null ? 'null' : `Schema{${schema.name ?? schema.type.toUpperCase()}}`
  return `SinkRecordField{schema=${shown}, name='${name}', isPrimaryKey=${isKey}}`
}
