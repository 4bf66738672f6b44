import {
  ConflictException,
  ConnectException,
  CorruptException,
  FencedException,
  NotFoundException,
  RetriableException,
} from '../../api/errors.ts'
import type { WireError } from './protocol.ts'

const classes: Readonly<Record<string, typeof ConnectException>> = {
  CONNECT_CONFLICT: ConflictException,
  CONNECT_CORRUPT: CorruptException,
  CONNECT_FENCED: FencedException,
  CONNECT_NOT_FOUND: NotFoundException,
  CONNECT_RETRIABLE: RetriableException,
}

export function toWire(error: unknown): WireError {
  const { message, cause, stack } = error as Error
  const known = error instanceof ConnectException
  return {
    code: known ? error.code : 'CONNECT_ERROR',
    message,
    hint: known ? error.hint : undefined,
    // A bug of ours keeps its stack; what we worded ourselves needs none.
    cause: cause instanceof Error ? cause.message : known ? undefined : stack,
  }
}

export function fromWire({ code, message, hint, cause }: WireError): ConnectException {
  const type = classes[code] ?? ConnectException
  return new type(message, { hint, ...(cause === undefined ? {} : { cause: new Error(cause) }) })
}
