import { ConnectException, RetriableException } from '../../../api/index.ts'

interface Words {
  readonly why: string
  readonly hint?: string
}

/** What may go away by itself. */
const passing: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  EPIPE: 'the connection was closed (EPIPE)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  EHOSTUNREACH: 'no way to that host (EHOSTUNREACH)',
  ENETUNREACH: 'no way to that network (ENETUNREACH)',
  ENOTFOUND: 'the name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
}

/** What repeating does not help: somebody must change a setting, here or there. By the codes of Node's TLS and the types of kafkajs's errors. */
const lasting: readonly (readonly [RegExp, Words])[] = [
  [
    /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE_FAILURE/,
    {
      why: 'its certificate is not signed by an authority that is trusted here',
      hint: 'Put the certificate of its authority into ssl.truststore.certificates or ssl.truststore.location (PEM).',
    },
  ],
  [/^CERT_HAS_EXPIRED$/, { why: 'its certificate has expired' }],
  [/^CERT_NOT_YET_VALID$/, { why: 'its certificate is not valid yet' }],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    {
      why: 'its certificate is for another host',
      hint: 'Use a name that the certificate holds, or leave ssl.endpoint.identification.algorithm empty.',
    },
  ],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE_(REQUIRED|UNKNOWN|EXPIRED|REVOKED)|UNKNOWN_CA|ACCESS_DENIED|UNSUPPORTED_CERTIFICATE)/,
    {
      why: 'it refuses our certificate, or wants one',
      hint: 'Set ssl.keystore.key and ssl.keystore.certificate.chain to a certificate that the broker trusts.',
    },
  ],
  [
    /ALERT_(PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY)|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS/,
    {
      why: 'there is no TLS version or cipher suite that both sides allow',
      hint: 'See ssl.enabled.protocols and ssl.cipher.suites, here and at the broker.',
    },
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/,
    {
      why: 'what listens there does not speak TLS',
      hint: 'Set security.protocol=PLAINTEXT (or SASL_PLAINTEXT), or use the port of the TLS listener.',
    },
  ],
  [
    /^UNSUPPORTED_SASL_MECHANISM$/,
    {
      why: 'it does not take that sasl.mechanism',
      hint: 'Set sasl.mechanism to one of sasl.enabled.mechanisms of the listener.',
    },
  ],
  [
    /^ILLEGAL_SASL_STATE$/,
    {
      why: 'its listener does not ask who we are',
      hint: 'Set security.protocol=PLAINTEXT (or SSL), or use the port of the SASL listener.',
    },
  ],
]

const unreachable = /^(ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/
const advertised =
  'Check bootstrap.servers; all other brokers are reached under the addresses of their advertised.listeners, which must be good from here.'

const notYetTls =
  'If that repeats, its listener may not speak TLS: set security.protocol=PLAINTEXT (or SASL_PLAINTEXT), or use the port of the TLS listener.'

/** Trouble on the way to a broker, as the seam speaks of it: the broker's address first. */
export function trouble(address: string, error: unknown): ConnectException {
  if (error instanceof ConnectException)
    return error.message.includes(address) ? error : readdressed(address, error)
  const { code, type, name, message } = error as Readonly<Record<string, unknown>>
  const at = `Kafka broker ${address}`
  const known = /before secure TLS/.test(String(message)) ? undefined : passing[String(code)]
  if (known !== undefined)
    return new RetriableException(`${at}: ${known}`, {
      hint: unreachable.test(String(code)) ? advertised : undefined,
      cause: error,
    })
  const lasts = lasting.find(([pattern]) => pattern.test(String(type ?? code)))?.[1]
  if (lasts) return new ConnectException(`${at}: ${lasts.why}`, { ...lasts, cause: error })
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
    return new ConnectException(`${at}: ${message}`, {
      hint: 'Correct sasl.jaas.config and sasl.mechanism.',
      cause: error,
    })
  const hint = /before secure TLS/.test(String(message)) ? notYetTls : undefined
  return new RetriableException(`${at}: ${message ?? String(error)}`, { hint, cause: error })
}

/** What was found out without the address, as by a token endpoint. */
function readdressed(address: string, error: ConnectException): ConnectException {
  const options = { hint: error.hint, cause: error }
  const message = `Kafka broker ${address}: ${error.message}`
  return error instanceof RetriableException
    ? new RetriableException(message, options)
    : new ConnectException(message, options)
}
