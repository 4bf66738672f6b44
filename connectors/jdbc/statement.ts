import {
  DataException,
  isSecretName,
  type Logical,
  type SinkRecord,
} from '../../runtime/api/index.ts'
import { ArrayWriter, BadValue } from './array-writer.ts'
import type { Field } from './fields.ts'
import { kindOf } from './scalar-text.ts'
import type { Settings } from './settings.ts'
import { type WriteMode, writeSql } from './sql.ts'
import type { Table, TableColumn } from './table.ts'
import { epochWireFor, textWire, wireFor } from './wire.ts'
import { type Wire, wantsText } from './wire-type.ts'

export type Key = string | number | bigint

/** Records that turned out bad, and why. */
export type BadRecords = Map<SinkRecord, Error>

interface Binding {
  readonly field: Field
  readonly column: TableColumn
  readonly logical: Logical | null
  wire: Wire
  readonly needsValue: boolean
}

/** The write of one layout into one table: SQL text, and how each record becomes elements of its parameters. */
export class Statement {
  readonly mode: WriteMode
  /** Columns of the key: keys of two statements can be compared when these are the same. */
  readonly keyColumns: string
  /** True: which keys are equal is for the server to say, by the types' own operators. */
  readonly distinctByServer: boolean
  readonly #table: Table
  readonly #settings: Settings
  readonly #bindings: readonly Binding[]
  readonly #keyBindings: readonly Binding[]
  /** Fields without a schema that have no column: fine as long as they are null. */
  readonly homeless: readonly Field[]
  readonly #writers: ArrayWriter[]
  #text: string | undefined

  /** `writers` are shared between statements: one a parameter, grown as needed. */
  constructor(
    table: Table,
    fields: readonly (readonly [Field, TableColumn])[],
    options: {
      readonly settings: Settings
      readonly mode: WriteMode
      readonly writers: ArrayWriter[]
      readonly homeless: readonly Field[]
    },
  ) {
    const { settings, mode } = options
    this.mode = mode
    this.#table = table
    this.#settings = settings
    this.homeless = options.homeless
    this.#writers = options.writers
    this.#bindings = fields.map(([field, column]) => {
      const logical = field.schema?.logical ?? null
      // A null key names no row.
      const namesRow = field.isKey && mode !== 'insert'
      return {
        field,
        column,
        logical,
        wire: wireOf(field, column, settings),
        needsValue: namesRow || (column.isNotNull && !table.hasTriggers),
      }
    })
    this.#keyBindings = this.#bindings
      .filter(({ field }) => field.isKey)
      .sort((a, b) => (a.column.name < b.column.name ? -1 : 1))
    this.keyColumns = this.#keyBindings.map(({ column }) => column.name).join('\0')
    this.distinctByServer =
      mode !== 'insert' && this.#keyBindings.some(({ wire }) => wire.keyOf === null)
    while (this.#writers.length < fields.length) this.#writers.push(new ArrayWriter())
  }

  /** Constant as long as the columns' wires are. */
  get text(): string {
    this.#text ??= writeSql({
      table: this.#table.name.sql,
      columns: this.#bindings.map(({ column, wire, field }) => ({
        name: column.name,
        type: wire.type,
        cast: wire.cast,
        isKey: field.isKey,
      })),
      mode: this.mode,
      distinctByServer: this.distinctByServer,
    })
    return this.#text
  }

  /** One value for the whole key: equal keys, equal values. Undefined for a record that is bad, which `bad` then tells. */
  keyOf(record: SinkRecord, bad: BadRecords): Key | undefined {
    let key: Key | undefined
    for (const binding of this.#keyBindings) {
      if (binding.wire.keyOf === null) continue
      try {
        const value = binding.field.read(record)
        if (value === null || value === undefined) throw new BadValue('null')
        const part = binding.wire.keyOf(value)
        // A text cannot hold U+0000 (it is refused when written), so the joined parts stay apart.
        key = key === undefined ? part : `${key}\0${part}`
      } catch (error) {
        bad.set(record, this.#refusal(error, binding, record))
        return undefined
      }
    }
    // Without key columns every record means the same rows: all of them.
    return key ?? ''
  }

  /** The parameters for these rows; valid until the next call. Null when some are bad. */
  encode(rows: readonly SinkRecord[], bad: BadRecords): Buffer[] | null {
    const before = bad.size
    const parameters = this.#bindings.map((binding, i) =>
      this.#encodeColumn(binding, rows, this.#writers[i] as ArrayWriter, bad),
    )
    for (const field of this.homeless) this.#requireNull(field, rows, bad)
    return bad.size === before ? parameters : null
  }

  #encodeColumn(
    binding: Binding,
    rows: readonly SinkRecord[],
    writer: ArrayWriter,
    bad: BadRecords,
  ): Buffer {
    const { read } = binding.field
    const { wire, needsValue } = binding
    writer.begin(wire.oid)
    let i = 0
    while (i < rows.length) {
      try {
        for (; i < rows.length; i++) {
          const value = read(rows[i] as SinkRecord)
          if (value !== null && value !== undefined) wire.write(writer, value)
          else if (needsValue) throw new BadValue('null')
          else writer.null()
        }
      } catch (error) {
        if (error === wantsText) {
          binding.wire = textWire(binding.column, binding.logical, this.#settings.zones)
          this.#text = undefined
          return this.#encodeColumn(binding, rows, writer, bad)
        }
        const record = rows[i++] as SinkRecord
        if (!bad.has(record)) bad.set(record, this.#refusal(error, binding, record))
      }
    }
    return writer.finish()
  }

  #requireNull(field: Field, rows: readonly SinkRecord[], bad: BadRecords): void {
    for (const record of rows) {
      const value = field.read(record)
      if (value === null || value === undefined || bad.has(record)) continue
      bad.set(
        record,
        new DataException(
          `Field "${field.name}" of ${where(record)} holds a ${kindOf(value)}, and table ${this.#table.name} has no column for it: nested values are not available yet`,
          {
            hint: 'Flatten the value, or leave the field out with ReplaceField or fields.whitelist.',
          },
        ),
      )
    }
  }

  /** Any other error is a mistake of ours and stays one. */
  #refusal(error: unknown, { column, field }: Binding, record: SinkRecord): Error {
    if (!(error instanceof BadValue)) throw error
    const named = column.name === field.name ? '' : ` (field "${field.name}")`
    const isSecret = isSecretName(field.name) && error.message !== 'null'
    const what = isSecret ? 'a value that it cannot hold' : error.message
    return new DataException(
      `Column "${column.name}" ${column.type}${named} of table ${this.#table.name} refuses ${what} of ${where(record)}`,
      { hint: hintFor(error, column) },
    )
  }
}

function wireOf(field: Field, column: TableColumn, settings: Settings): Wire {
  const { epochFields, unitsPerMicrosecond, zones } = settings
  const epochWire = epochFields.has(field.name)
    ? epochWireFor(column, zones, unitsPerMicrosecond)
    : null
  return epochWire ?? wireFor(column, field.schema?.logical ?? null, zones)
}

/** A record's place, as messages name it. */
export function where({ topic, partition, offset }: SinkRecord): string {
  return `topic ${topic}, partition ${partition}, offset ${offset}`
}

function hintFor({ message }: BadValue, column: TableColumn): string {
  if (message === 'null')
    return 'The column is a key or NOT NULL: give the field a value or a default.'
  if (message === 'a STRUCT' || message === 'a MAP')
    return 'Flatten the value, or leave the field out.'
  return `Make the field fit ${column.type} with a transformation (Cast, TimestampConverter), or change the column.`
}
