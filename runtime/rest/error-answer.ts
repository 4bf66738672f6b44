import { STATUS_CODES } from 'node:http'
import { type Code, codes } from '../api/errors.ts'
import { isSecretName, maskSecrets } from '../api/secrets.ts'
import { HttpError, type RestCode } from './http-error.ts'

/** Connect's error body, and ours beside it. */
export interface ErrorBody {
  readonly error_code: number
  readonly message: string | null
  readonly code: Code | RestCode
  readonly pointer?: string
  readonly fix?: string
}

const statusOf: Partial<Record<Code, number>> = {
  CONNECT_BAD_REQUEST: 400,
  CONNECT_CONFIG: 400,
  CONNECT_NOT_FOUND: 404,
  CONNECT_ALREADY_EXISTS: 409,
  CONNECT_CONFLICT: 409,
}

/** By `code` alone: a class is lost between threads. What nobody foresaw is a 500 with its message. */
export function errorBody(error: unknown, sent: unknown = undefined): ErrorBody {
  const known = error instanceof HttpError ? error : (ofFastify(error) ?? error)
  const { message, code, hint } = known as { message?: string; code?: unknown; hint?: string }
  const status = known instanceof HttpError ? known.status : (statusOf[code as Code] ?? 500)
  const pointer = known instanceof HttpError ? known.pointer : pointerOf(known, sent)
  return {
    error_code: status,
    message: message === undefined ? null : withoutSecrets(message, sent),
    code: known instanceof HttpError ? known.code : knownCode(code),
    ...(pointer === undefined ? {} : { pointer }),
    ...(hint === undefined ? {} : { fix: withoutSecrets(hint, sent) }),
  }
}

function knownCode(code: unknown): Code | RestCode {
  return codes.includes(code as Code) ? (code as Code) : 'REST_INTERNAL'
}

/** What the HTTP layer refused, in Connect's words. */
function ofFastify(error: unknown): HttpError | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: number }
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return undefined
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError(413, 'REST_BODY_TOO_LARGE', {
        hint: 'Send a smaller body, or raise rest.body.max.bytes in the worker configuration.',
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HttpError(415, 'REST_UNSUPPORTED_MEDIA_TYPE')
    case 'FST_ERR_BAD_URL':
      return new HttpError(400, 'REST_BAD_REQUEST', {
        message: 'The path is not a valid URL',
        hint: 'Percent-encode names as UTF-8; a literal % is %25.',
      })
    default:
      return statusCode !== undefined && statusCode < 500 && STATUS_CODES[statusCode]
        ? new HttpError(statusCode, 'REST_BAD_REQUEST')
        : undefined
  }
}

/** Where in the body one wrong key stands; several have no one place. */
function pointerOf(error: unknown, sent: unknown): string | undefined {
  const { problems } = error as { problems?: readonly (readonly [string, string])[] }
  const keys = new Set(problems?.map(([key]) => key))
  if (keys.size !== 1) return undefined
  const [key] = keys as ReadonlySet<string>
  const escaped = key?.replaceAll('~', '~0').replaceAll('/', '~1')
  return isCreation(sent) ? `/config/${escaped}` : `/${escaped}`
}

function isCreation(sent: unknown): sent is { config: object } {
  const config = (sent as { config?: unknown } | null | undefined)?.config
  return typeof config === 'object' && config !== null
}

/** I5: a secret of this very request, or one in an address, is not said back. */
function withoutSecrets(message: string, sent: unknown): string {
  let text = message
  for (const secret of secretsIn(isCreation(sent) ? sent.config : sent))
    text = text.replaceAll(secret, '[hidden]')
  return maskSecrets(text)
}

function secretsIn(config: unknown): string[] {
  if (typeof config !== 'object' || config === null || Buffer.isBuffer(config)) return []
  return Object.entries(config)
    .filter(([key, value]) => isSecretName(key) && typeof value === 'string' && value.length > 2)
    .map(([, value]) => value as string)
    .sort((one, other) => other.length - one.length)
}
