import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import type { Config } from './config.ts'
import { type DriverParameter, type JdbcUrl, parseJdbcUrl } from './url.ts'

export type Row = Readonly<Record<string, unknown>>
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

type Parameters = Partial<Record<DriverParameter, string>>

/** Statements that the server keeps prepared for us; beyond that they go unnamed (I6). */
const preparedLimit = 200
const defaultConnectTimeoutMs = 10_000

/**
 * One connection. Queries go out as they are asked for, without waiting for the answer to the one before (pipelining): while the server works
 * on one part of a batch, the next one is encoded.
 */
export class Connection {
  readonly #client: pg.Client
  readonly #prepared = new Map<string, string>()
  readonly database: string
  readonly schema: string | null
  #isBroken = false

  private constructor(client: pg.Client, database: string, schema: string | null) {
    this.#client = client
    this.database = database
    this.schema = schema
    client.on('error', () => {
      this.#isBroken = true
    })
    client.on('end', () => {
      this.#isBroken = true
    })
  }

  /** Throws what the driver threw. */
  static async open(config: Config): Promise<Connection> {
    const url = parseJdbcUrl(config['connection.url'])
    const parameters = parametersOf(config, url)
    let failure: unknown
    for (const target of url.hosts) {
      try {
        return await connectTo(target, { config, url, parameters })
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  static async start(client: pg.Client, parameters: Parameters): Promise<Connection> {
    client.on('error', () => undefined)
    await client.connect()
    const path = parameters.currentSchema
    if (path) await client.query("SELECT set_config('search_path', $1, false)", [path])
    const { rows } = await client.query(
      'SELECT current_database() AS database, current_schema() AS schema, pg_is_in_recovery() AS standby',
    )
    const { database, schema, standby } = rows[0]
    const wanted = parameters.targetServerType?.toLowerCase() ?? 'any'
    if (wanted !== 'any' && standby !== (wanted === 'secondary')) {
      await client.end()
      throw new Error(`The server is a ${standby ? 'standby' : 'primary'}, not a ${wanted}`)
    }
    return new Connection(client, database, schema)
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

/** URL parameters win over `connection.*` keys, as in pgjdbc. */
function parametersOf(config: Config, url: JdbcUrl): Parameters {
  const keys = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith('connection.') && value !== null
      ? [[key.slice('connection.'.length), secretOrText(value)] as const]
      : [],
  )
  return Object.fromEntries([...keys, ...url.parameters])
}

function secretOrText(value: unknown): string {
  return typeof value === 'object' && value !== null && 'reveal' in value
    ? (value as { reveal(): string }).reveal()
    : String(value)
}

interface Access {
  readonly config: Config
  readonly url: JdbcUrl
  readonly parameters: Parameters
}

async function connectTo(
  { host, port }: JdbcUrl['hosts'][number],
  { url, parameters }: Access,
): Promise<Connection> {
  const timeoutSeconds = Number(parameters.loginTimeout ?? parameters.connectTimeout ?? 0)
  const options: pg.ClientConfig & { pipeline: boolean } = {
    host,
    port,
    ...(parameters.user && { user: parameters.user }),
    ...((url.database ?? parameters.user) && { database: url.database ?? parameters.user }),
    // An empty text, not undefined: the driver would look for a password in files of the worker's user.
    password: parameters.password ?? '',
    application_name: parameters.ApplicationName ?? 'tapline',
    ...(parameters.options && { options: parameters.options }),
    connectionTimeoutMillis: timeoutSeconds > 0 ? timeoutSeconds * 1000 : defaultConnectTimeoutMs,
    ...(Number(parameters.socketTimeout) > 0 && {
      query_timeout: Number(parameters.socketTimeout) * 1000,
    }),
    keepAlive: true,
    pipeline: true,
  }
  const [first, second] = await securities(host, parameters)
  try {
    return await Connection.start(new pg.Client({ ...options, ssl: first ?? false }), parameters)
  } catch (error) {
    if (second === undefined || isFinal(error)) throw error
    return await Connection.start(new pg.Client({ ...options, ssl: second }), parameters)
  }
}

/** The server answered in its own words: the other kind of connection would hear the same. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  const refused = error instanceof pg.DatabaseError && code !== '28000'
  return refused || code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT'
}

type Security = ConnectionOptions | false

/** Which kind of connection to try, and which when the server does not offer it (`allow`, `prefer`). */
async function securities(host: string, parameters: Parameters): Promise<[Security, Security?]> {
  const isSsl = parameters.ssl !== undefined && parameters.ssl !== 'false'
  const mode = parameters.sslmode?.toLowerCase() ?? (isSsl ? 'verify-full' : 'prefer')
  if (mode === 'disable' || host.startsWith('/')) return [false]
  const tls = await tlsOptions(parameters)
  switch (mode) {
    case 'allow':
      return [false, { ...tls, rejectUnauthorized: false }]
    case 'prefer':
      return [{ ...tls, rejectUnauthorized: false }, false]
    case 'require':
      return [{ ...tls, rejectUnauthorized: false }]
    case 'verify-ca':
      return [{ ...tls, rejectUnauthorized: true, checkServerIdentity: () => undefined }]
    default:
      return [{ ...tls, rejectUnauthorized: true }]
  }
}

async function tlsOptions(parameters: Parameters): Promise<ConnectionOptions> {
  const { sslrootcert, sslcert, sslkey, sslpassword } = parameters
  return {
    ...(sslrootcert && { ca: await readFile(sslrootcert, 'utf8') }),
    ...(sslcert && { cert: await readFile(sslcert, 'utf8') }),
    ...(sslkey && { key: privateKey(await readFile(sslkey), sslpassword) }),
  }
}

/** PEM as it is; pgjdbc's PK8 is PKCS#8 in DER. */
function privateKey(file: Buffer, passphrase: string | undefined): string {
  const secret = passphrase === undefined ? {} : { passphrase }
  const key = file.includes('-----BEGIN')
    ? createPrivateKey({ key: file, format: 'pem', ...secret })
    : createPrivateKey({ key: file, format: 'der', type: 'pkcs8', ...secret })
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}
