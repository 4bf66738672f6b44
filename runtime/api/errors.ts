/**
 * What can go wrong, as the host tells it apart. The host branches on `code` alone: a class is lost between threads and between two copies of
 * a package. People read `message` (what and where) and `hint` (how to fix it). Codes are never reused.
 */
export const codes = [
  'CONNECT_ERROR',
  'CONNECT_RETRIABLE',
  'CONNECT_DATA',
  'CONNECT_SCHEMA_BUILDER',
  'CONNECT_BATCH',
  'CONNECT_CONFIG',
  'CONNECT_NOT_FOUND',
  'CONNECT_ALREADY_EXISTS',
  'CONNECT_CONFLICT',
  'CONNECT_BAD_REQUEST',
  'CONNECT_FENCED',
  'CONNECT_CORRUPT',
  'CONNECT_TIMEOUT',
] as const

export type Code = (typeof codes)[number]

export interface ErrorOptions {
  /** How to fix it, for a person. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/** Anything wrong that is none of the kinds below: the task fails, with this text and its cause. */
export class ConnectException extends Error {
  readonly code: Code = 'CONNECT_ERROR'
  readonly hint: string | undefined

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** A system is down, full or locked: the host makes the same call again, after `afterMs` or its own backoff. Never blamed on a record (I2). */
export class RetriableException extends ConnectException {
  override readonly code = 'CONNECT_RETRIABLE'
  readonly afterMs: number | undefined
  /** True when the target says that it tried this very batch and refused (deadlock, serialisation): counts against the plugin's `max.retries`. */
  readonly counted: boolean

  constructor(
    message: string,
    options: ErrorOptions & {
      readonly afterMs?: number
      readonly counted?: boolean
    } = {},
  ) {
    super(message, options)
    this.afterMs = options.afterMs
    this.counted = options.counted ?? false
  }
}

/** This record is bad. From a converter or a transformation: tolerated, set aside or fatal by `errors.tolerance`. From `put`: the task fails. */
export class DataException extends ConnectException {
  override readonly code: Code = 'CONNECT_DATA'
}

/** A schema that cannot be built. */
export class SchemaBuilderException extends DataException {
  override readonly code: Code = 'CONNECT_SCHEMA_BUILDER'
}

/** Only the named records of a `put` are bad; all the others were written. Keys are indices into the array that `put` was given. */
export class BatchException extends ConnectException {
  override readonly code = 'CONNECT_BATCH'
  readonly errors: ReadonlyMap<number, Error>

  constructor(errors: ReadonlyMap<number, Error>, options: ErrorOptions = {}) {
    const [first] = errors.values()
    super(`${errors.size} of the records were refused; the first: ${first?.message}`, options)
    this.errors = errors
  }
}

/** Which key is wrong and why. `problems` holds every one found, the key first; the message is their texts, a line each. */
export class ConfigException extends ConnectException {
  override readonly code = 'CONNECT_CONFIG'
  readonly problems: readonly (readonly [key: string, message: string])[]

  constructor(
    problems: readonly (readonly [key: string, message: string])[],
    options: ErrorOptions = {},
  ) {
    super(problems.map(([, message]) => message).join('\n'), options)
    this.problems = problems
  }
}

/** REST answers 404. */
export class NotFoundException extends ConnectException {
  override readonly code = 'CONNECT_NOT_FOUND'
}

/** REST answers 409. */
export class AlreadyExistsException extends ConnectException {
  override readonly code = 'CONNECT_ALREADY_EXISTS'
}

/** REST answers 409: the request meets another one that is under way. */
export class ConflictException extends ConnectException {
  override readonly code = 'CONNECT_CONFLICT'
}

/** REST answers 400: the caller's mistake. */
export class BadRequestException extends ConnectException {
  override readonly code = 'CONNECT_BAD_REQUEST'
}

/** A group member speaks for a generation that is over: its partitions are somebody else's. */
export class FencedException extends ConnectException {
  override readonly code = 'CONNECT_FENCED'
}

/** What the log holds is damaged: which topic, partition and offsets are missing or unreadable. */
export class CorruptException extends ConnectException {
  override readonly code = 'CONNECT_CORRUPT'
}

/** A call took longer than its deadline. */
export class TimeoutException extends ConnectException {
  override readonly code = 'CONNECT_TIMEOUT'
}

export function isRetriable(error: unknown): error is RetriableException {
  return hasCode(error, 'CONNECT_RETRIABLE')
}

export function hasCode(error: unknown, code: Code): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === code
}
