import type { SinkRecord } from '../../runtime/api/index.ts'
import type { ArrayWriter } from './array-writer.ts'
import { tableFor } from './identifier.ts'
import type { Settings } from './settings.ts'
import { TableWriter } from './table-writer.ts'

/** What outlives a session. */
export interface Memory {
  /** One a parameter; their buffers have grown to the size of a batch. */
  readonly writers: ArrayWriter[]
  /** By table: fields that values without a schema were seen to have. */
  readonly seenFields: Map<string, Set<string>>
}

/** What of a batch goes to one table. */
export interface Share {
  readonly writer: TableWriter
  readonly records: readonly SinkRecord[]
}

/** Where an unqualified table lies. */
interface Home {
  readonly database: string
  readonly schema: string | null
}

/** The tables that a session knows. */
export class TableWriters {
  readonly #home: Home
  readonly #settings: Settings
  readonly #memory: Memory
  readonly #byTopic = new Map<string, TableWriter>()
  readonly #byTable = new Map<string, TableWriter>()

  constructor(home: Home, settings: Settings, memory: Memory) {
    this.#home = home
    this.#settings = settings
    this.#memory = memory
  }

  /** Who writes what; by table name, so that tasks with several tables lock them in the same order. */
  shares(records: readonly SinkRecord[]): Share[] {
    const shares = new Map<TableWriter, SinkRecord[]>()
    let topic: string | undefined
    let share: SinkRecord[] = []
    for (const record of records) {
      if (record.topic !== topic) {
        topic = record.topic
        const writer = this.#writerFor(topic)
        share = shares.get(writer) ?? []
        shares.set(writer, share)
      }
      share.push(record)
    }
    return Array.from(shares, ([writer, mine]) => ({ writer, records: mine })).sort((a, b) =>
      a.writer.name.sql < b.writer.name.sql ? -1 : 1,
    )
  }

  /** What was read in a transaction that was rolled back may never have been. */
  forget(): void {
    this.#byTopic.clear()
    this.#byTable.clear()
  }

  #writerFor(topic: string): TableWriter {
    const known = this.#byTopic.get(topic)
    if (known) return known
    const { tableNameFormat, tableByTopic, topicCharacters, isQuoted } = this.#settings
    const format = tableByTopic.get(topic) ?? tableNameFormat
    const name = tableFor(topic, { format, topicCharacters, isQuoted, ...this.#home })
    const { writers, seenFields } = this.#memory
    const seen = seenFields.get(name.sql) ?? new Set()
    seenFields.set(name.sql, seen)
    const writer =
      this.#byTable.get(name.sql) ?? new TableWriter(name, this.#settings, { writers, seen })
    this.#byTable.set(name.sql, writer)
    this.#byTopic.set(topic, writer)
    return writer
  }
}
