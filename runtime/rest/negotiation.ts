import type { FastifyRequest } from 'fastify'
import { HttpError, notFound } from './http-error.ts'

/** Refuses in Connect's order, before any body is read: 400 for the path, 404, 405, 415, 406. */
export async function negotiate(request: FastifyRequest): Promise<void> {
  if (request.url.split('?', 1)[0]?.includes('//')) {
    throw new HttpError(400, 'REST_BAD_REQUEST', { message: 'The path has an empty segment' })
  }
  if (request.is404) throw notFound()
  const { refused, produces = 'application/json' } = request.routeOptions.config
  if (refused) {
    throw new HttpError(405, 'REST_METHOD_NOT_ALLOWED', { hint: 'OPTIONS names the verbs.' })
  }
  const { 'content-type': type, accept } = request.headers
  if (hasBody(request) && mediaType(type) !== 'application/json') {
    throw new HttpError(415, 'REST_UNSUPPORTED_MEDIA_TYPE', {
      hint: 'Send JSON with Content-Type: application/json.',
    })
  }
  if (!accepts(accept, produces)) {
    throw new HttpError(406, 'REST_NOT_ACCEPTABLE', { hint: `This path answers ${produces}.` })
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Whether an Accept header leaves room for `type`; a range with `q=0` does not count. */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true
  const [kind] = type.split('/')
  const wanted = new Set([type, `${kind}/*`, '*/*'])
  return header
    .split(',')
    .some((range) => wanted.has(mediaType(range)) && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(range))
}
