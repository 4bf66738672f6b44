import { ConnectException } from '../../../api/index.ts'
import type { AuthenticationProvider, SaslAnswer, SaslMessage } from './authenticators.ts'
import type { TokenSource } from './sasl.ts'

const SEPARATOR = '\u0001'

/**
 * OAUTHBEARER (RFC 7628) in place of kafkajs's, which takes the broker's refusal for a welcome: the broker says why it refuses in an answer
 * without an error code, and gives the error only when the client has acknowledged that.
 */
export function oauthBearer(
  token: TokenSource,
  extensions: Readonly<Record<string, string>>,
): AuthenticationProvider {
  return ({ saslAuthenticate }) => ({
    async authenticate() {
      const parts = [
        `auth=Bearer ${await token()}`,
        ...Object.entries(extensions).map(([name, value]) => `${name}=${value}`),
      ]
      const first = ['n,,', ...parts, '', ''].join(SEPARATOR)
      const refusal = await saslAuthenticate({ request: message(first), response: text })
      if (!refusal) return
      await saslAuthenticate({ request: message(SEPARATOR) })
      throw new ConnectException(`The token was refused: ${refusal}`)
    },
  })
}

function message(content: string): SaslMessage {
  const bytes = Buffer.from(`\0\0\0\0${content}`)
  bytes.writeInt32BE(bytes.length - 4)
  return { encode: async () => bytes }
}

const text: SaslAnswer<string> = {
  decode: async (bytes) => bytes.subarray(4),
  parse: async (bytes) => bytes.toString(),
}
