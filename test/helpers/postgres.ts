import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'
import { OwnServer } from '../services/own-server.ts'

export interface PostgresOptions {
  /** Settings of the server, as in `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A real server of its own, gone after `stop`, and with the test run at the latest. */
export class PostgresServer {
  readonly user: string
  readonly password: string
  /** Kept over restarts. */
  readonly port: number
  readonly #server: OwnServer
  #client: pg.Client | undefined

  private constructor(server: OwnServer) {
    this.#server = server
    this.port = server.service.port
    this.user = server.service.info['user']!
    this.password = server.service.info['password']!
  }

  static async open({ settings = {} }: PostgresOptions = {}): Promise<PostgresServer> {
    return new PostgresServer(await OwnServer.start('postgres', { settings }))
  }

  /** Again, on the same data and port. */
  async start(): Promise<void> {
    await this.#server.start()
  }

  /** As a crash: no goodbye to anybody, recovery at the next start. */
  async kill(): Promise<void> {
    await this.#disconnect()
    await this.#server.kill()
  }

  /** Says goodbye to its clients (57P01) and ends; data stay. */
  async shutDown(): Promise<void> {
    await this.#disconnect()
    await this.#server.stop()
  }

  async stop(): Promise<void> {
    await this.#disconnect()
    await this.#server.remove()
  }

  /** A new empty database. */
  async createDatabase(): Promise<PostgresDatabase> {
    const name = randomName('db')
    await this.query(`CREATE DATABASE ${name}`)
    return new PostgresDatabase(this, name)
  }

  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    this.#client ??= await this.connect('postgres')
    return (await this.#client.query(text, values)).rows
  }

  async connect(database: string): Promise<pg.Client> {
    const { port, user, password } = this
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  async #disconnect(): Promise<void> {
    await this.#client?.end()
    this.#client = undefined
  }
}

export class PostgresDatabase {
  readonly name: string
  readonly server: PostgresServer
  #client: pg.Client | undefined

  constructor(server: PostgresServer, name: string) {
    this.server = server
    this.name = name
  }

  get url(): string {
    return `jdbc:postgresql://127.0.0.1:${this.server.port}/${this.name}`
  }

  /** Connector configuration that reaches this database. */
  get connection(): Record<string, string> {
    return {
      'connection.url': this.url,
      'connection.user': this.server.user,
      'connection.password': this.server.password,
    }
  }

  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    this.#client ??= await this.server.connect(this.name)
    try {
      return (await this.#client.query(text, values)).rows
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.#client = undefined
      throw error
    }
  }

  /** Every row as the server prints it: all columns as text, so that no type is lost on the way. */
  async rows(table: string, orderBy: string): Promise<Record<string, string | null>[]> {
    const columns = await this.query(
      `SELECT quote_ident(attname) AS name FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [table],
    )
    const list = columns.map(({ name }) => `${name}::text AS ${name}`).join(', ')
    return (await this.query(`SELECT ${list} FROM ${table} ORDER BY ${orderBy}`)) as never
  }

  async close(): Promise<void> {
    await this.#client?.end()
    this.#client = undefined
  }
}

/** A server for the tests of one file, or null after the skip was said: REQUIRE_SERVERS=1 makes its lack a failure. */
export async function startPostgres(
  t: Test,
  options: PostgresOptions = {},
): Promise<PostgresServer | null> {
  try {
    const server = await PostgresServer.open({
      ...options,
      settings: { fsync: 'off', ...options.settings },
    })
    t.teardown(() => server.stop())
    return server
  } catch (error) {
    if (process.env['REQUIRE_SERVERS'] === '1') throw error
    t.plan(0, `needs Postgres: ${(error as Error).message}`)
    return null
  }
}

/** As `prefix_1f2e3d4c`: parallel test processes never meet. */
export function randomName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`
}
