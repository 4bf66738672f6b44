import { RetriableException, type SinkRecord } from '../../runtime/api/index.ts'
import type { ArrayWriter } from './array-writer.ts'
import type { Connection } from './connection.ts'
import { tableFor } from './identifier.ts'
import type { Segment } from './key-order.ts'
import type { Settings } from './settings.ts'
import type { BadRecords } from './statement.ts'
import { TableWriter } from './table-writer.ts'

/** Rows a statement: while the server works on these, the next are encoded. */
const rowsPerStatement = 1000

/** Which records a failed statement was about. */
export class WriteFailure extends Error {
  override name = 'WriteFailure'
  readonly table: string
  readonly records: readonly SinkRecord[]

  constructor(table: string, records: readonly SinkRecord[], cause: unknown) {
    super('write failed', { cause })
    this.table = table
    this.records = records
  }
}

/** What outlives a session. */
export interface Memory {
  /** One a parameter; their buffers have grown to the size of a batch. */
  readonly writers: ArrayWriter[]
  /** By table: fields that values without a schema were seen to have. */
  readonly seenFields: Map<string, Set<string>>
}

interface Chunk extends Segment {
  readonly table: string
}

interface Share {
  readonly writer: TableWriter
  readonly records: SinkRecord[]
}

/** A connection with what was learnt over it: tables, statements. Thrown away as a whole after any error. */
export class Session {
  readonly connection: Connection
  readonly #settings: Settings
  readonly #memory: Memory
  readonly #byTopic = new Map<string, TableWriter>()
  readonly #byTable = new Map<string, TableWriter>()
  #isInTransaction = false

  constructor(connection: Connection, settings: Settings, memory: Memory) {
    this.connection = connection
    this.#settings = settings
    this.#memory = memory
  }

  /** Writes all of it in one transaction, durable when this resolves; or nothing, when some records turn out `bad`. */
  async write(records: readonly SinkRecord[], bad: BadRecords): Promise<void> {
    const known = bad.size
    const shares = this.#shares(records)
    for (const share of shares) await this.#prepare(share)
    const segments = shares.flatMap(({ writer, records: mine }) =>
      writer.segments(mine, bad).map((segment) => ({ ...segment, table: String(writer.name) })),
    )
    const chunks = bad.size === known ? segments.flatMap(inChunks) : []
    const pending: Promise<void>[] = []
    if (chunks.length > 1) pending.push(watched(this.#begin()))
    this.#send(chunks, bad, pending)
    if (bad.size === known) pending.push(this.#commit(records))
    const outcomes = await Promise.allSettled(pending)
    // In the order they were sent: what follows the first failure fails because of it.
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    if (bad.size > known) await this.#rollback()
  }

  /** Who writes what; by table name, so that tasks with several tables lock them in the same order. */
  #shares(records: readonly SinkRecord[]): Share[] {
    const shares = new Map<TableWriter, Share>()
    let topic: string | undefined
    let share: Share | undefined
    for (const record of records) {
      if (record.topic !== topic || !share) {
        topic = record.topic
        const writer = this.#writerFor(topic)
        share = shares.get(writer)
        if (!share) {
          share = { writer, records: [] }
          shares.set(writer, share)
        }
      }
      share.records.push(record)
    }
    return [...shares.values()].sort((a, b) => (a.writer.name.sql < b.writer.name.sql ? -1 : 1))
  }

  #writerFor(topic: string): TableWriter {
    const known = this.#byTopic.get(topic)
    if (known) return known
    const { database, schema } = this.connection
    const { tableNameFormat: format, topicCharacters, isQuoted } = this.#settings
    const name = tableFor(topic, { format, topicCharacters, isQuoted, database, schema })
    const { writers, seenFields } = this.#memory
    const seen = seenFields.get(name.sql) ?? new Set()
    seenFields.set(name.sql, seen)
    const writer =
      this.#byTable.get(name.sql) ?? new TableWriter(name, this.#settings, { writers, seen })
    this.#byTable.set(name.sql, writer)
    this.#byTopic.set(topic, writer)
    return writer
  }

  async #prepare({ writer, records }: Share): Promise<void> {
    if (!writer.observe(records)) return
    try {
      await writer.prepare(records, this.connection.query, () => this.#begin())
    } catch (error) {
      throw new WriteFailure(String(writer.name), records, error)
    }
  }

  /** Sends every chunk without waiting; after the first bad record they are only looked through. */
  #send(chunks: readonly Chunk[], bad: BadRecords, pending: Promise<void>[]): void {
    const known = bad.size
    for (const { statement, rows, table } of chunks) {
      const parameters = statement.encode(rows, bad)
      if (parameters === null || bad.size > known) continue
      const answer = this.connection.execute(statement.text, parameters).catch((cause) => {
        throw new WriteFailure(table, rows, cause)
      })
      pending.push(watched(answer))
    }
  }

  async #begin(): Promise<void> {
    if (this.#isInTransaction) return
    this.#isInTransaction = true
    await this.connection.command('BEGIN')
  }

  async #commit(records: readonly SinkRecord[]): Promise<void> {
    if (!this.#isInTransaction) return
    this.#isInTransaction = false
    const answer = await this.connection.command('COMMIT').catch((cause) => {
      throw new WriteFailure('', records, cause)
    })
    // I1: only what is durable counts as delivered.
    if (answer !== 'COMMIT')
      throw new RetriableException(`The transaction ended in ${answer} instead of COMMIT`)
  }

  /** Tables that were made in it are gone with it. */
  async #rollback(): Promise<void> {
    if (!this.#isInTransaction) return
    this.#isInTransaction = false
    await this.connection.command('ROLLBACK')
    this.#byTopic.clear()
    this.#byTable.clear()
  }
}

/** Should a later encode throw, nobody waits for this answer any more: its failure must not end the process. */
function watched(answer: Promise<void>): Promise<void> {
  answer.catch(() => undefined)
  return answer
}

function inChunks(segment: Chunk): Chunk[] {
  const { rows } = segment
  if (rows.length <= rowsPerStatement) return rows.length === 0 ? [] : [segment]
  const chunks: Chunk[] = []
  for (let i = 0; i < rows.length; i += rowsPerStatement)
    chunks.push({ ...segment, rows: rows.slice(i, i + rowsPerStatement) })
  return chunks
}
