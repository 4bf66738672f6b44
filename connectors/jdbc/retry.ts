import { ConnectException, RetriableException } from '../../runtime/api/index.ts'

/** The network, or a server that is not there. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
])

/** What the driver says without a code when the connection went away under it. */
const lostConnection =
  /^Connection terminated|timeout expired|^Query read timeout|not queryable|^The server is a (standby|primary)/

/** The system is down, full, locked or on its way: never a record's fault (I2). */
const retriableStates = /^(08|53|57P0[1-5]|58|55P03|40003)/
/** The server tried this very batch and gave up on it: worth max.retries further tries. */
const countedStates = /^(40|57014)/
/** Our picture of the table is out of date: a new connection looks again. */
const staleStates = /^(42P01|42703|0A000)/
const badValueStates = /^(22|23|42804)/

interface PgError extends Error {
  readonly code?: string
  readonly column?: string
  readonly constraint?: string
  readonly severity?: string
}

export interface Failure {
  /** How the message begins, as in `Table "db"."public"."t" refused a batch: `. */
  readonly what: string
  /** Which records were under way: topics, partitions, offsets. Empty while connecting. */
  readonly where: string
  /** True: the server's own words may hold values, so only its codes are shown. */
  readonly isTrimmed: boolean
}

/** What the driver threw, as the host understands it. */
export function classified(error: unknown, failure: Failure): ConnectException {
  if (error instanceof ConnectException) return error
  const cause = error as PgError
  const state = stateOf(cause)
  const message = messageFor(cause, state, failure)
  const options = { cause: failure.isTrimmed ? undefined : cause, hint: hintFor(state, cause) }
  if (state === null)
    return isNetwork(cause)
      ? new RetriableException(message, options)
      : new ConnectException(message, options)
  if (retriableStates.test(state)) return new RetriableException(message, options)
  if (countedStates.test(state))
    return new RetriableException(message, { ...options, counted: true })
  return new ConnectException(message, options)
}

/** True when the table may have changed since it was read: worth one more try with a fresh look. */
export function isStale(error: unknown): boolean {
  const state = stateOf(error as PgError)
  return state !== null && staleStates.test(state)
}

function stateOf({ code, severity }: PgError): string | null {
  return severity !== undefined && code !== undefined ? code : null
}

function isNetwork({ code, message }: PgError): boolean {
  return (code !== undefined && networkCodes.has(code)) || lostConnection.test(message)
}

function messageFor(
  error: PgError,
  state: string | null,
  { what, where, isTrimmed }: Failure,
): string {
  const said = isTrimmed ? error.name : error.message || error.code
  const parts = [
    `${what}${said}`,
    ...(state === null ? [] : [`SQLSTATE ${state}`]),
    ...(error.column === undefined ? [] : [`column "${error.column}"`]),
    ...(error.constraint === undefined ? [] : [`constraint "${error.constraint}"`]),
    ...(where === '' ? [] : [where]),
  ]
  return parts.join('; ')
}

function hintFor(state: string | null, { code }: PgError): string | undefined {
  if (state === null) {
    if (code === 'ENOTFOUND' || code === 'ECONNREFUSED')
      return 'Check host and port in connection.url, and that the server runs.'
    return undefined
  }
  if (state.startsWith('28'))
    return 'Check connection.user and connection.password, and pg_hba.conf.'
  if (state === '3D000') return 'Create the database, or name another one in connection.url.'
  if (state === '3F000') return 'Create the schema: it is never created for you.'
  if (state === '42501')
    return 'Grant the user INSERT, UPDATE and SELECT on the table, and CREATE on the schema for auto.create.'
  if (state === '42P10')
    return 'The table needs a primary key or unique index on exactly the columns of the key (pk.mode, pk.fields).'
  if (state === '23505') return 'insert.mode=upsert replaces the row with the same key.'
  if (badValueStates.test(state))
    return 'One of these records does not fit the table: change it with a transformation, or change the table.'
  return undefined
}
