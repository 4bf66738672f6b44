import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type ConfigOf, ConnectException, RetriableException } from '../../../api/index.ts'
import type { TokenSource } from '../connection/sasl.ts'
import { cachedToken, type Token } from '../connection/token-cache.ts'
import type { LoginModule } from './jaas.ts'
import type { securityKeys } from './security-keys.ts'
import { unsecuredToken } from './unsecured-token.ts'

type Values = ConfigOf<typeof securityKeys>

const url = 'sasl.oauthbearer.token.endpoint.url'
const DEFAULT_TIMEOUT_MS = 10_000

/** Where tokens come from: a file, a token endpoint (client credentials), or, for tests, one that nobody signed. */
export function tokenSource(options: LoginModule['options'], values: Values): TokenSource {
  const endpoint = values[url]
  if (endpoint) {
    const address = URL.parse(endpoint)
    if (!address || !/^(https?|file):$/.test(address.protocol))
      throw new Error(`${url} is no https: or file: address`)
    if (address.protocol === 'file:') return tokenFile(fileURLToPath(address))
    return cachedToken(clientCredentials(address, options, values))
  }
  if (Object.keys(options).some((key) => key.startsWith('unsecuredLogin')))
    return async () => unsecuredToken(options)
  throw new Error(`${url} is missing: say where the token comes from`)
}

/** Read each time: whoever renews it writes the file anew. */
function tokenFile(path: string): TokenSource {
  return async () => {
    const text = await readFile(path, 'utf8').catch((error: Error) => {
      throw new RetriableException(`The token file ${path} cannot be read: ${error.message}`)
    })
    return text.trim()
  }
}

function clientCredentials(
  endpoint: URL,
  options: LoginModule['options'],
  values: Values,
): () => Promise<Token> {
  const id = values['sasl.oauthbearer.client.credentials.client.id'] ?? options['clientId']
  const secret =
    values['sasl.oauthbearer.client.credentials.client.secret']?.reveal() ?? options['clientSecret']
  if (id === undefined || secret === undefined)
    throw new Error(
      `${url} needs the options clientId="…" and clientSecret="…" in sasl.jaas.config`,
    )
  const encode = values['sasl.oauthbearer.header.urlencode'] ? encodeURIComponent : String
  const scope = values['sasl.oauthbearer.scope'] ?? options['scope']
  const timeoutMs =
    (values['sasl.login.connect.timeout.ms'] ?? 0) + (values['sasl.login.read.timeout.ms'] ?? 0)
  return async () => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`,
        accept: 'application/json',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs || DEFAULT_TIMEOUT_MS),
    }).catch((error: Error) => {
      const why = error.cause instanceof Error ? error.cause.message : error.message
      throw new RetriableException(`The token endpoint ${endpoint.origin} does not answer: ${why}`)
    })
    const text = await answer.text()
    if (!answer.ok) throw refusal(endpoint, answer.status, text)
    return tokenOf(endpoint, text)
  }
}

function refusal(endpoint: URL, status: number, text: string): Error {
  const { error, error_description: description } = jsonOf(text)
  const words = [error, description].filter((each) => typeof each === 'string').join(', ')
  const message = `The token endpoint ${endpoint.origin} answers ${status}${words ? `: ${words}` : ''}`
  if (status >= 500 || status === 429) return new RetriableException(message)
  return new ConnectException(message, { hint: 'Correct clientId, clientSecret and scope.' })
}

function tokenOf(endpoint: URL, text: string): Token {
  const { access_token: value, expires_in: seconds } = jsonOf(text)
  if (typeof value !== 'string' || value === '')
    throw new ConnectException(
      `The answer of the token endpoint ${endpoint.origin} holds no access_token`,
    )
  const { exp } = jsonOf(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString())
  if (typeof exp === 'number') return { value, endsAt: exp * 1000 }
  return { value, endsAt: typeof seconds === 'number' ? Date.now() + seconds * 1000 : null }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
