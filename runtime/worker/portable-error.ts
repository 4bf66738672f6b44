import { isNativeError } from 'node:util/types'
import { maskSecrets } from '../api/index.ts'

/** An error as it crosses threads: its class is lost there, its code is not. */
export interface PortableError {
  readonly name: string
  readonly code?: string
  readonly message: string
  readonly hint?: string
  readonly stack?: string
  readonly cause?: PortableError
}

const deepest = 10

/** `clean` takes secrets out of every text (I5): a driver may put its connection string into a message. */
export function toPortable(
  error: unknown,
  clean: (text: string) => string = maskSecrets,
  depth = 0,
): PortableError {
  if (!isError(error)) return { name: 'Error', message: clean(String(error)) }
  const { code, hint, cause } = error
  return {
    name: error.name,
    message: clean(error.message),
    ...(typeof code === 'string' && { code }),
    ...(typeof hint === 'string' && { hint: clean(hint) }),
    ...(error.stack && { stack: clean(error.stack) }),
    ...(cause !== undefined &&
      cause !== null &&
      depth < deepest && { cause: toPortable(cause, clean, depth + 1) }),
  }
}

/** An Error again, of no particular class: branch on its code. */
export function fromPortable({ cause, ...portable }: PortableError): Error {
  const error = new Error(portable.message, cause && { cause: fromPortable(cause) })
  return Object.assign(error, portable)
}

/** The text of a status' `trace`: the stack, the hint, then each cause in the same way. */
export function printTrace(error: PortableError): string {
  const own = error.stack ?? `${error.name}: ${error.message}`
  const hint = error.hint === undefined ? '' : `\nHint: ${error.hint}`
  const cause = error.cause === undefined ? '' : `\nCaused by: ${printTrace(error.cause)}`
  return own + hint + cause
}

type Fields = Error & { readonly code?: unknown; readonly hint?: unknown }

function isError(value: unknown): value is Fields {
  return value instanceof Error || isNativeError(value)
}
