import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody } from './error-answer.ts'
import { HttpError, type RestCode } from './http-error.ts'

const known: Readonly<Record<string, readonly [number, RestCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    'REST_REQUEST_TIMEOUT',
    'Send the whole request at once; the limit is rest.body.timeout.ms of the worker.',
  ],
  HPE_HEADER_OVERFLOW: [431, 'REST_BAD_REQUEST', 'Send shorter headers and a shorter path.'],
}

/** A request that never became one: stalled, too long in its head, or no HTTP. Answered in the error shape, then cut off. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, code, hint] = known[error.code ?? ''] ?? [400, 'REST_BAD_REQUEST', undefined]
  const text = JSON.stringify(errorBody(new HttpError(status, code, { hint })))
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
    () => socket.destroy(),
  )
}
