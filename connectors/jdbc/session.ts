import { RetriableException, type SinkRecord } from '../../runtime/api/index.ts'
import type { Connection } from './connection.ts'
import { WriteFailure } from './failure.ts'
import type { Segment } from './key-order.ts'
import { isRefusedRow } from './retry.ts'
import type { Settings } from './settings.ts'
import { type Memory, type Share, TableWriters } from './shares.ts'
import type { BadRecords } from './statement.ts'

/** Rows a statement: while the server works on these, the next are encoded. */
const rowsPerStatement = 1000

interface Chunk extends Segment {
  readonly table: string
}

/** Makes what belongs into the transaction beside the rows, when they are all in. */
export type BeforeCommit = () => Promise<void>

/** How a record that the database refused is named. */
export type Refusal = (record: SinkRecord, table: string, cause: unknown) => Error

/** A connection with what was learnt over it: tables, statements. Thrown away as a whole after any error but a refused row. */
export class Session {
  readonly connection: Connection
  readonly #tables: TableWriters
  #isInTransaction = false

  constructor(connection: Connection, settings: Settings, memory: Memory) {
    this.connection = connection
    this.#tables = new TableWriters(connection, settings, memory)
  }

  /** Writes all of it in one transaction, durable when this resolves; or nothing, when some records turn out `bad`. */
  async write(
    records: readonly SinkRecord[],
    bad: BadRecords,
    beforeCommit: BeforeCommit | null,
  ): Promise<void> {
    const known = bad.size
    const shares = this.#tables.shares(records)
    for (const share of shares) await this.#prepare(share, bad)
    const chunks = bad.size === known ? shares.flatMap((share) => chunksOf(share, bad)) : []
    const pending: Promise<void>[] = []
    if (chunks.length > 0 || beforeCommit) pending.push(watched(this.#begin()))
    this.#send(chunks, bad, pending)
    await settled(pending)
    if (bad.size === known) {
      await beforeCommit?.()
      // I4: not sent along with the rows. The server would carry it out when we are long gone, maybe after another task's newer rows.
      await this.#commit(records)
    }
    if (bad.size > known) await this.#rollback()
  }

  /** They are looked at again. */
  forgetTables(): void {
    this.#tables.forget()
  }

  /**
   * As `write`, where the database refuses some row: finds each such record by halving, between savepoints, and writes all the others, in order.
   * With these the transaction is committed.
   */
  async writeAround(
    records: readonly SinkRecord[],
    bad: BadRecords,
    {
      refusal,
      beforeCommit,
    }: { readonly refusal: Refusal; readonly beforeCommit: BeforeCommit | null },
  ): Promise<void> {
    await this.#rollback()
    this.forgetTables()
    await this.#begin()
    // A constraint that is checked at COMMIT would name no row.
    await this.connection.command('SET CONSTRAINTS ALL IMMEDIATE')
    for (const share of this.#tables.shares(records)) {
      const known = bad.size
      await this.#prepare(share, bad)
      if (bad.size > known)
        return this.writeAround(without(records, bad), bad, { refusal, beforeCommit })
      await this.#halve(share, bad, refusal)
    }
    await beforeCommit?.()
    await this.#commit(records)
  }

  async #halve(share: Share, bad: BadRecords, refusal: Refusal): Promise<void> {
    const known = bad.size
    const { writer } = share
    const records = without(share.records, bad)
    const chunks = chunksOf({ writer, records }, bad)
    const pending: Promise<void>[] = [watched(this.#command('SAVEPOINT halves'))]
    if (bad.size === known) this.#send(chunks, bad, pending)
    const failure = await settled(pending).catch((error: WriteFailure) => error)
    if (!failure && bad.size === known) return this.#command('RELEASE SAVEPOINT halves')
    if (failure && !isRefusedRow(failure.cause)) throw failure
    await this.#command('ROLLBACK TO SAVEPOINT halves')
    if (bad.size > known) return this.#halve({ writer, records }, bad, refusal)
    const [first] = records
    if (records.length === 1 && first && failure) {
      bad.set(first, refusal(first, failure.table, failure.cause))
      return
    }
    const middle = Math.ceil(records.length / 2)
    await this.#halve({ writer, records: records.slice(0, middle) }, bad, refusal)
    await this.#halve({ writer, records: records.slice(middle) }, bad, refusal)
  }

  async #prepare({ writer, records }: Share, bad: BadRecords): Promise<void> {
    if (!writer.observe(records)) return
    const { query } = this.connection
    try {
      await writer.prepare(records, bad, { query, begin: () => this.#begin() })
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

  async #command(text: string): Promise<void> {
    await this.connection.command(text)
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
    this.#tables.forget()
  }
}

/** Throws the first failure in the order in which they were sent: what follows it fails because of it. */
async function settled(pending: readonly Promise<void>[]): Promise<undefined> {
  const outcomes = await Promise.allSettled(pending)
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return undefined
}

/** Should a later encode throw, nobody waits for this answer any more: its failure must not end the process. */
function watched(answer: Promise<void>): Promise<void> {
  answer.catch(() => undefined)
  return answer
}

export function without(
  records: readonly SinkRecord[],
  bad: ReadonlyMap<SinkRecord, unknown>,
): readonly SinkRecord[] {
  return bad.size === 0 ? records : records.filter((record) => !bad.has(record))
}

function chunksOf({ writer, records }: Share, bad: BadRecords): Chunk[] {
  const table = String(writer.name)
  return writer.segments(records, bad).flatMap((segment) => inChunks({ ...segment, table }))
}

function inChunks(segment: Chunk): Chunk[] {
  const { rows } = segment
  if (rows.length <= rowsPerStatement) return rows.length === 0 ? [] : [segment]
  const chunks: Chunk[] = []
  for (let i = 0; i < rows.length; i += rowsPerStatement)
    chunks.push({ ...segment, rows: rows.slice(i, i + rowsPerStatement) })
  return chunks
}
