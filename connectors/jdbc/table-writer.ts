import { ConnectException, RetriableException, type SinkRecord } from '../../runtime/api/index.ts'
import type { ArrayWriter } from './array-writer.ts'
import type { Query } from './connection.ts'
import {
  addColumns,
  columnsFor,
  createTable,
  isStorable,
  type Lack,
  lacking,
  lackOf,
  lockTable,
  newColumn,
  noFields,
  refusalToAdd,
} from './evolution.ts'
import { absentField, type Field } from './fields.ts'
import type { TableName } from './identifier.ts'
import { inOrder, lastByKey, type Segment } from './key-order.ts'
import { Layout } from './layout.ts'
import type { Settings } from './settings.ts'
import { type BadRecords, Statement } from './statement.ts'
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

  /**
   * Reads the table, creates it where it is missing, adds columns to it (in the transaction that `begin` opens), and makes the statements.
   * Records that the table has no room for turn out `bad`.
   */
  async prepare(
    records: readonly SinkRecord[],
    bad: BadRecords,
    { query, begin }: { readonly query: Query; readonly begin: () => Promise<void> },
  ): Promise<void> {
    const wasKnown = this.#table !== null
    this.#table ??= await this.#read(query)
    if (this.#table === null) {
      const first = records.find(({ value }) => value !== null)
      // Nothing is there to be deleted; the first value will say what the table looks like.
      if (!first && this.#settings.createsTables) return
      await begin()
      this.#table = await this.#create(first, records, query)
    }
    let lacks = this.#bind(this.#table, records)
    // Somebody may have added the column since we looked.
    if (lacks.length > 0 && wasKnown) lacks = this.#bind(await this.#readAgain(query), records)
    if (lacks.length === 0 || this.#refuse(lacks, bad)) return
    await begin()
    await lockTable(query, this.name)
    lacks = this.#bind(await this.#readAgain(query), records)
    if (lacks.length === 0) return
    await addColumns(query, this.name, columnsFor(lacks, this.#settings))
    lacks = this.#bind(await this.#readAgain(query), records)
    if (lacks.length > 0 && !this.#refuse(lacks, bad)) throw this.#changed()
  }

  /** After `prepare`. */
  segments(records: readonly SinkRecord[], bad: BadRecords): Segment[] {
    if (this.#table === null) return []
    const statementOf = (record: SinkRecord) => this.#boundFor(record).statement as Statement
    const { insertMode, deletes } = this.#settings
    return insertMode === 'insert' && !deletes
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

  /** Makes the statements that are not made yet; what lacks for others. */
  #bind(table: Table, records: readonly SinkRecord[]): Lack[] {
    const lacks: Lack[] = []
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
      const lack = lackOf(layout, missing, records)
      if (lack) {
        lacks.push(lack)
        continue
      }
      this.#requireOwnColumns(placed)
      if (placed.length === 0) {
        const first = records.find((record) => layout.fits(record))
        if (first) throw noFields(this.name, first)
        continue
      }
      if (!layout.hasSchema) {
        for (const [{ name, isKey }] of placed) if (!isKey) this.#seen.add(name)
        placed.push(...this.#absent(table, placed))
        if (missing.length > homelessLimit) layout.forget(missing)
      }
      bound.statement = new Statement(table, placed, {
        settings: this.#settings,
        mode: layout.isDelete ? 'delete' : this.#settings.insertMode,
        writers: this.#writers,
        homeless: missing,
      })
      bound.size = layout.size
    }
    return lacks
  }

  /** True when columns may not be added for some of these: their records are bad. */
  #refuse(lacks: readonly Lack[], bad: BadRecords): boolean {
    const known = bad.size
    for (const lack of lacks) {
      const refusal = refusalToAdd(this.#table as Table, lack, this.#settings)
      if (refusal === null) continue
      for (const record of lack.records) bad.set(record, lacking(record, refusal))
    }
    return bad.size > known
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

  #requireOwnColumns(placed: readonly (readonly [Field, TableColumn])[]): void {
    const owners = new Map<TableColumn, Field>()
    for (const [field, column] of placed) {
      const other = owners.get(column)
      if (other)
        throw new ConnectException(
          `Fields "${other.name}" and "${field.name}" both go to column "${column.name}" of table ${this.name}`,
          { hint: 'Rename or exclude one of them with ReplaceField.' },
        )
      owners.set(column, field)
    }
  }

  /** The first record says what the table looks like; those without a schema say it together. */
  async #create(
    first: SinkRecord | undefined,
    records: readonly SinkRecord[],
    query: Query,
  ): Promise<Table> {
    if (!this.#settings.createsTables || !first) throw this.#missing()
    const { layout } = this.#boundFor(first)
    const likeFirst = records.filter((record) => layout.fits(record))
    const columns = layout.fieldsForTable.flatMap(
      (field) => newColumn(field, likeFirst, this.#settings) ?? [],
    )
    if (columns.length === 0) throw noFields(this.name, first)
    await lockTable(query, this.name)
    const madeByAnother = await this.#read(query)
    if (madeByAnother) return madeByAnother
    await createTable(query, this.name, columns)
    const table = await this.#read(query)
    if (table === null) throw this.#changed()
    return table
  }

  #read(query: Query): Promise<Table | null> {
    return Table.read(query, this.name, this.#settings.tableTypes)
  }

  /** Statements over the picture that was are made anew: a column may have come to any of them. */
  async #readAgain(query: Query): Promise<Table> {
    const table = await this.#read(query)
    if (table === null) throw this.#missing()
    this.#table = table
    for (const bound of this.#bound) bound.statement = null
    return table
  }

  /** Under a snapshot that is older than what another task did: the next transaction sees it. */
  #changed(): RetriableException {
    return new RetriableException(`Table ${this.name} was changed by another task meanwhile`, {
      counted: true,
    })
  }

  #missing(): ConnectException {
    return new ConnectException(`Table ${this.name} is missing and auto-creation is disabled`, {
      hint: 'Create the table, or set auto.create=true.',
    })
  }
}
