import { ConnectException, RetriableException } from '../../../api/index.ts'

const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  EPIPE: 'the connection was closed (EPIPE)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  EHOSTUNREACH: 'no way to that host (EHOSTUNREACH)',
  ENETUNREACH: 'no way to that network (ENETUNREACH)',
  ENOTFOUND: 'the name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
}

/** Trouble on the way to a broker, as the seam speaks of it: the broker's address first. */
export function trouble(address: string, error: unknown): ConnectException {
  if (error instanceof ConnectException) return error
  const { code, message } = error as { code?: string; message?: string }
  const why = (code && plain[code]) ?? message ?? String(error)
  return new RetriableException(`Kafka broker ${address}: ${why}`, { cause: error })
}
