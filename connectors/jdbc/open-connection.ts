import pg from 'pg'
import type { Config } from './config.ts'
import { Connection } from './connection.ts'
import { type Security, securities } from './security.ts'
import { type JdbcUrl, type Parameters, parseJdbcUrl } from './url.ts'

const defaultConnectTimeoutMs = 10_000
/** A connection that fell silent is given up before the host gives up on the task; what the server still did is ended, see `backend.ts`. */
const defaultSocketTimeoutMs = 180_000
const keepAliveAfterMs = 10_000

interface Access {
  readonly url: JdbcUrl
  readonly parameters: Parameters
}

type Host = JdbcUrl['hosts'][number]

/** The first server that is of the wanted kind: one that takes writes, unless `targetServerType` says otherwise. Throws what the driver threw. */
export async function openConnection(config: Config): Promise<Connection> {
  const url = parseJdbcUrl(config['connection.url'])
  const parameters = parametersOf(config, url)
  const kind = parameters.targetServerType?.toLowerCase() ?? 'any'
  const wantsStandby = kind === 'secondary' || kind === 'prefersecondary'
  let failure: unknown
  let spare: Connection | undefined
  for (const target of url.hosts) {
    try {
      const connection = await connectTo(target, { url, parameters })
      if (wantsStandby ? !connection.isWritable : connection.isWritable) {
        await spare?.close()
        return connection
      }
      if (kind.startsWith('prefer') && !spare) {
        spare = connection
        continue
      }
      await connection.close()
      failure = unwanted(connection, target)
    } catch (error) {
      failure = error
    }
  }
  if (spare) return spare
  throw failure
}

function unwanted({ isWritable, isStandby }: Connection, { host, port }: Host): Error {
  const what = isWritable
    ? 'a primary, not a standby'
    : `${isStandby ? 'a standby' : 'read-only'}: it takes no writes`
  return new Error(`The server is ${what} (${host}:${port})`)
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

async function connectTo({ host, port }: Host, { url, parameters }: Access): Promise<Connection> {
  const timeoutSeconds = Number(parameters.loginTimeout ?? parameters.connectTimeout ?? 0)
  const socketTimeoutSeconds = Number(parameters.socketTimeout ?? 0)
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
    query_timeout: socketTimeoutSeconds > 0 ? socketTimeoutSeconds * 1000 : defaultSocketTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    pipeline: true,
  }
  const start = (ssl: Security) =>
    Connection.start(new pg.Client({ ...options, ssl }), parameters.currentSchema)
  const [first, second] = await securities(host, parameters)
  try {
    return await start(first)
  } catch (error) {
    if (second === undefined || isFinal(error)) throw error
    return await start(second)
  }
}

/** The server answered in its own words: the other kind of connection would hear the same. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  const refused = error instanceof pg.DatabaseError && code !== '28000'
  return refused || code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT'
}
