import { ConnectException, DataException, RetriableException } from '../../runtime/api/index.ts'

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
  /^Connection terminated|timeout expired|^Query read timeout|not queryable|^received invalid response|^Received unexpected|^The server is /

/** The system is down, full, locked, read-only after a fail-over, or on its way: never a record's fault (I2). */
const retriableStates = /^(08|53|57P0[1-5]|58|55P03|55006|40003|25006|25P03)/
/** The server tried this very batch and gave up on it: worth max.retries further tries. */
const countedStates = /^(40|57014|25P04)/
/** Our picture of the tables, or of the connection, is out of date: a new connection looks again. */
const staleStates = /^(42P01|42703|42P07|42701|0A000|26000|42P05)/
/** One row is at fault: its value, a constraint, a trigger or a view that refuses it, a key too long for its index. */
const refusedRowStates = /^(22|23|42804|44000|P0001|54000)/

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
  /** What may not be repeated, whoever says it (I5). */
  readonly secrets?: readonly string[]
}

/** What the driver threw, as the host understands it. */
export function classified(error: unknown, failure: Failure): ConnectException {
  if (error instanceof ConnectException) return error
  const cause = error as PgError
  const state = stateOf(cause)
  const message = messageFor(cause, state, failure)
  const options = optionsFor(cause, state, failure)
  if (state === null)
    return isNetwork(cause)
      ? new RetriableException(message, options)
      : new ConnectException(message, options)
  if (retriableStates.test(state)) return new RetriableException(message, options)
  if (countedStates.test(state))
    return new RetriableException(message, { ...options, counted: true })
  return new ConnectException(message, options)
}

/** True when nobody knows what the server still does: it did not answer in its own words. */
export function isLost(error: unknown): boolean {
  return stateOf(error as PgError) === null && isNetwork(error as PgError)
}

/** True when the server refused a row: which one is worth finding out. */
export function isRefusedRow(error: unknown): boolean {
  const state = error instanceof Error ? stateOf(error as PgError) : null
  return state !== null && refusedRowStates.test(state)
}

/** The row of this very record was refused. */
export function refusedRecord(error: unknown, failure: Failure): DataException {
  const cause = error as PgError
  const state = stateOf(cause)
  return new DataException(messageFor(cause, state, failure), optionsFor(cause, state, failure))
}

/** True when the table may have changed since it was read: worth one more try with a fresh look. */
export function isStale(error: unknown): boolean {
  const state = stateOf(error as PgError)
  return state !== null && staleStates.test(state)
}

function optionsFor(error: PgError, state: string | null, { isTrimmed, secrets = [] }: Failure) {
  const isHidden = isTrimmed || secrets.length > 0
  return { cause: isHidden ? undefined : error, hint: hintFor(state, error) }
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
  { what, where, isTrimmed, secrets = [] }: Failure,
): string {
  const words = isTrimmed ? error.name : error.message || error.code || error.name
  const said = secrets.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), words)
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
    return 'Grant the user SELECT and INSERT, UPDATE or DELETE on the table, CREATE on the schema for auto.create, and ownership of the table for auto.evolve.'
  if (state === '25006')
    return 'The server is a standby or read-only: name every server in connection.url, and the one that takes writes is found.'
  if (state === '55P03') return 'Somebody holds a lock on these rows or the table: see pg_locks.'
  if (state === '53300')
    return 'The server has no connection left: raise max_connections, or lower tasks.max.'
  if (state === '42P10')
    return 'The table needs a primary key or unique index on exactly the columns of the key (pk.mode, pk.fields).'
  if (state === '23505') return 'insert.mode=upsert replaces the row with the same key.'
  if (refusedRowStates.test(state))
    return 'The record does not fit the table: change it with a transformation, or change the table.'
  return undefined
}
