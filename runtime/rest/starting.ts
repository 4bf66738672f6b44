import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorBody } from './error-answer.ts'
import { HttpError } from './http-error.ts'
import { routedUrl } from './request-url.ts'

const message = 'Worker is still starting up.'

/** Every request before the herder has started. */
export function starting(request: IncomingMessage, response: ServerResponse): void {
  const isHealth = routedUrl(request.url ?? '/').split('?')[0] === '/health'
  const body = isHealth
    ? { status: 'starting', message }
    : errorBody(new HttpError(503, 'REST_STARTING', { message, hint: 'Ask again in a second.' }))
  const text = JSON.stringify(body)
  response.writeHead(503, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'retry-after': '1',
  })
  response.end(text)
}
