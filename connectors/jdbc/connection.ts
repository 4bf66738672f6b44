import type pg from 'pg'
import { type Backend, backendOf } from './backend.ts'

export type Row = Readonly<Record<string, unknown>>
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** Statements that the server keeps prepared for us; beyond that they go unnamed (I6). */
const preparedLimit = 200

/** What the server said of itself at the start. */
interface Facts {
  readonly database: string
  /** Null when the search path names no schema that exists. */
  readonly schema: string | null
  readonly isStandby: boolean
  readonly isReadOnly: boolean
}

/**
 * One connection. Queries go out as they are asked for, without waiting for the answer to the one before (pipelining): while the server works
 * on one part of a batch, the next one is encoded.
 */
export class Connection {
  readonly database: string
  readonly schema: string | null
  readonly isStandby: boolean
  /** False on a standby, and where everything is read-only. */
  readonly isWritable: boolean
  /** Null where the server does not tell. */
  readonly backend: Backend | null
  readonly #client: pg.Client
  readonly #prepared = new Map<string, string>()
  #isBroken = false

  private constructor(client: pg.Client, facts: Facts, backend: Backend | null) {
    this.#client = client
    this.database = facts.database
    this.schema = facts.schema
    this.isStandby = facts.isStandby
    this.isWritable = !facts.isStandby && !facts.isReadOnly
    this.backend = backend
    client.on('error', () => {
      this.#isBroken = true
    })
    client.on('end', () => {
      this.#isBroken = true
    })
  }

  /** Throws what the driver threw. */
  static async start(client: pg.Client, searchPath: string | undefined): Promise<Connection> {
    client.on('error', () => undefined)
    await client.connect()
    try {
      if (searchPath)
        await client.query("SELECT set_config('search_path', $1, false)", [searchPath])
      const { rows } = await client.query<Facts>(
        `SELECT current_database() AS database, current_schema() AS schema, pg_is_in_recovery() AS "isStandby",
                current_setting('transaction_read_only') = 'on' AS "isReadOnly"`,
      )
      return new Connection(client, rows[0] as Facts, await backendOf(client))
    } catch (error) {
      streamOf(client).destroy()
      throw error
    }
  }

  /** False after the far end went away. */
  get isUsable(): boolean {
    return !this.#isBroken
  }

  readonly query: Query = async (text, values = []) =>
    (await this.#client.query(text, values as unknown[])).rows

  /** A statement of constant text: parsed by the server once. The parameters are copied before this returns. */
  async execute(text: string, parameters: Buffer[]): Promise<void> {
    await this.#client.query({ ...this.#named(text), text, values: parameters })
  }

  /** The command that the server says it carried out: a COMMIT of a failed transaction answers ROLLBACK. */
  async command(text: string): Promise<string> {
    return (await this.#client.query(text)).command
  }

  async close(): Promise<void> {
    if (this.#isBroken) this.destroy()
    else await this.#client.end()
  }

  /** At once, whatever is under way: its queries fail. */
  destroy(): void {
    this.#isBroken = true
    // The driver has no method for it: `end` waits for queries in a pipeline.
    streamOf(this.#client).destroy()
  }

  #named(text: string): { name?: string } {
    const known = this.#prepared.get(text)
    if (known !== undefined) return { name: known }
    if (this.#prepared.size >= preparedLimit) return {}
    const name = `tapline_${this.#prepared.size}`
    this.#prepared.set(text, name)
    return { name }
  }
}

function streamOf(client: pg.Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
}
