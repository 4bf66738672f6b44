import {
  BatchException,
  type ConnectException,
  isRetriable,
  RetriableException,
  type SinkContext,
  type SinkRecord,
  type SinkTask,
  type TopicPartition,
} from '../../runtime/api/index.ts'
import { requireAcceptable } from './accept.ts'
import { type Backend, endBackend } from './backend.ts'
import type { Config } from './config.ts'
import type { Connection } from './connection.ts'
import { AlterFailure, WriteFailure } from './failure.ts'
import { offsetRanges } from './offset-ranges.ts'
import { offsetsTable, type Standing } from './offsets-table.ts'
import { openConnection } from './open-connection.ts'
import { Positions } from './positions.ts'
import { secretsOf } from './record-secrets.ts'
import { classified, isLost, isRefusedRow, isStale, refusedRecord } from './retry.ts'
import { type BeforeCommit, type Refusal, Session, without } from './session.ts'
import { type Settings, settingsOf } from './settings.ts'
import type { Memory } from './shares.ts'
import { type BadRecords, where } from './statement.ts'

/** How soon to look again. */
const endingMs = 200

/** Writes batches over one connection, each in one transaction: what `put` returned from is durable, so there is nothing to flush (I1). */
export class JdbcSinkTask implements SinkTask {
  readonly #config: Config
  readonly #settings: Settings
  readonly #context: SinkContext
  readonly #memory: Memory = { writers: [], seenFields: new Map() }
  #session: Session | null = null
  /** Null: offsets are the group's alone. */
  #positions: Positions | null = null
  /** Whose connection was lost with a batch under way: it must be gone before we write again. */
  #lost: Backend | null = null
  /** False until the session wrote something: before that its picture of the tables is fresh. */
  #hasWritten = false

  constructor(config: Config, context: SinkContext) {
    this.#config = config
    this.#settings = settingsOf(config)
    this.#context = context
    context.signal.addEventListener('abort', () => this.#session?.connection.destroy(), {
      once: true,
    })
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    const { connector } = this.#context
    let wanted = records
    if (this.#settings.skipsTombstones) wanted = records.filter(({ value }) => value !== null)
    for (const record of wanted) requireAcceptable(record, connector, this.#settings)
    if (wanted.length === 0) return
    const session = await this.#connected()
    const bad: BadRecords = new Map()
    try {
      await this.#writeOnce(session, { records, wanted }, bad)
    } catch (error) {
      if (isLost(error instanceof WriteFailure ? error.cause : error))
        this.#lost = session.connection.backend
      const stale = this.#hasWritten && error instanceof WriteFailure && isStale(error.cause)
      this.#drop()
      throw this.#failure(error, stale)
    }
    this.#hasWritten = true
    if (bad.size > 0) {
      const named = records.flatMap((record, i) => {
        const error = bad.get(record)
        return error ? [[i, error] as const] : []
      })
      throw new BatchException(new Map(named))
    }
  }

  /** With offsets in the database: only what it does not hold yet, and the offsets with it. */
  async #writeOnce(
    session: Session,
    { records, wanted }: Readonly<Record<'records' | 'wanted', readonly SinkRecord[]>>,
    bad: BadRecords,
  ): Promise<void> {
    const positions = this.#positions
    if (!positions) return this.#write(session, { records: wanted, beforeCommit: null }, bad)
    const { query } = session.connection
    const news = await positions.news(records, query)
    const isNew = new Set(news)
    let standings: readonly Standing[] = []
    const beforeCommit = async () => {
      standings = await positions.move(news, bad, query)
    }
    const mine = wanted.filter((record) => isNew.has(record))
    await this.#write(session, { records: mine, beforeCommit }, bad)
    positions.moved(standings)
  }

  /** All but the records that turn out bad. */
  async #write(
    session: Session,
    {
      records,
      beforeCommit,
    }: { readonly records: readonly SinkRecord[]; readonly beforeCommit: BeforeCommit | null },
    bad: BadRecords,
  ): Promise<void> {
    let isFresh = !this.#hasWritten
    for (let known = -1; bad.size > known && bad.size < records.length; ) {
      known = bad.size
      const good = without(records, bad)
      try {
        await session.write(good, bad, beforeCommit)
      } catch (error) {
        if (!(error instanceof WriteFailure) || !isRefusedRow(error.cause)) throw error
        await session.writeAround(without(good, bad), bad, {
          refusal: this.#refusal,
          beforeCommit,
        })
        return
      }
      if (isFresh || bad.size === 0) continue
      // I2: it may be the table that changed since we looked at it, and no record is bad.
      session.forgetTables()
      bad.clear()
      known = -1
      isFresh = true
    }
  }

  readonly #refusal: Refusal = (record, table, cause) =>
    refusedRecord(cause, {
      what: table === '' ? 'The database refuses a record: ' : `Table ${table} refuses a record: `,
      where: where(record),
      isTrimmed: this.#config['trim.sensitive.log'],
      secrets: secretsOf(record),
    })

  /** So that a database that is behind its group gets what it lacks even when nothing new comes. */
  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    if (!this.#config['exactly.once']) return
    try {
      const { connection } = await this.#connected()
      await this.#positions?.take(partitions, connection.query)
    } catch (error) {
      this.#drop()
      const message = 'where the database stands is asked again with the first records'
      this.#context.log.warn({ err: error }, message)
    }
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.#positions?.forget(partitions)
  }

  async stop(): Promise<void> {
    const session = this.#session
    this.#session = null
    await session?.connection.close()
  }

  async #connected(): Promise<Session> {
    try {
      if (!this.#session?.connection.isUsable) {
        this.#drop()
        const connection = await openConnection(this.#config)
        this.#session = new Session(connection, this.#settings, this.#memory)
        if (this.#config['exactly.once'])
          this.#positions ??= new Positions(
            offsetsTable(this.#config, connection, this.#context.connector),
            this.#context,
          )
      }
      if (this.#lost) await this.#endLost(this.#session.connection, this.#lost)
      return this.#session
    } catch (error) {
      throw classified(error, {
        what: 'Could not connect to the database: ',
        where: '',
        isTrimmed: this.#config['trim.sensitive.log'],
      })
    }
  }

  async #endLost({ query }: Connection, lost: Backend): Promise<void> {
    if (await endBackend(query, lost))
      throw new RetriableException(
        'The connection that was lost is still being ended by the server',
        { afterMs: endingMs },
      )
    this.#lost = null
  }

  #drop(): void {
    this.#session?.connection.destroy()
    this.#session = null
    this.#hasWritten = false
    this.#positions?.doubt()
  }

  #failure(error: unknown, isStaleTable: boolean): ConnectException {
    const {
      table,
      records,
      cause: thrown,
    } = error instanceof WriteFailure ? error : { table: '', records: [], cause: error }
    const isAlter = thrown instanceof AlterFailure
    const cause = isAlter ? thrown.cause : thrown
    const atTable = isAlter ? thrown.message : `Table ${table} refused a batch: `
    const failure = classified(cause, {
      what: table === '' ? 'Writing to the database failed: ' : atTable,
      where: records.length === 0 ? '' : offsetRanges(records),
      isTrimmed: this.#config['trim.sensitive.log'],
      secrets: [...new Set(records.flatMap(secretsOf))],
    })
    if (!isStaleTable || isRetriable(failure)) return failure
    return new RetriableException(failure.message, {
      cause: failure.cause,
      hint: failure.hint,
      counted: true,
    })
  }
}
