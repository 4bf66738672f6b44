import { STATUS_CODES } from 'node:http'

/** What REST itself refuses; the herder's errors keep the codes of `api/errors.ts`. Never reused. */
export const restCodes = [
  'REST_BAD_BODY',
  'REST_BAD_JSON',
  'REST_BAD_REQUEST',
  'REST_BODY_TOO_LARGE',
  'REST_FORBIDDEN',
  'REST_INTERNAL',
  'REST_METHOD_NOT_ALLOWED',
  'REST_NOT_ACCEPTABLE',
  'REST_NOT_FOUND',
  'REST_REQUEST_TIMEOUT',
  'REST_STARTING',
  'REST_TIMEOUT',
  'REST_UNSUPPORTED_MEDIA_TYPE',
] as const

export type RestCode = (typeof restCodes)[number]

export interface Refusal {
  readonly message?: string
  /** JSON pointer into the request's body. */
  readonly pointer?: string | undefined
  /** How to fix it, for a person. */
  readonly hint?: string | undefined
}

/** An answer that is not the herder's. Without a message it speaks as Connect's HTTP layer does: `HTTP 404 Not Found`. */
export class HttpError extends Error {
  readonly status: number
  readonly code: RestCode
  readonly pointer: string | undefined
  readonly hint: string | undefined

  constructor(status: number, code: RestCode, refusal: Refusal = {}) {
    super(refusal.message ?? `HTTP ${status} ${STATUS_CODES[status]}`)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.pointer = refusal.pointer
    this.hint = refusal.hint
  }
}

export function notFound(): HttpError {
  return new HttpError(404, 'REST_NOT_FOUND', { hint: 'GET /openapi.json lists every path.' })
}
