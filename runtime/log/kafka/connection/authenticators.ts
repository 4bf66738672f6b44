import plain from 'kafkajs/src/broker/saslAuthenticator/plain.js'
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js'
import scram512 from 'kafkajs/src/broker/saslAuthenticator/scram512.js'
import { oauthBearer } from './oauth-bearer.ts'
import type { Sasl } from './sasl.ts'

/** One message of a SASL exchange, as kafkajs takes it: with its length before it. */
export interface SaslMessage {
  encode(): Promise<Buffer>
}

export interface SaslAnswer<T> {
  decode(bytes: Buffer): Promise<Buffer>
  parse(bytes: Buffer): Promise<T>
}

export interface SaslExchange {
  readonly host: string
  readonly port: number
  readonly logger: import('./kafkajs-logger.ts').KafkaJsLogger
  saslAuthenticate<T>(exchange: {
    readonly request: SaslMessage
    readonly response?: SaslAnswer<T>
  }): Promise<T | undefined>
}

export type AuthenticationProvider = (exchange: SaslExchange) => {
  authenticate(): Promise<void>
}

/** What kafkajs's connection is given. */
export interface KafkaJsSasl {
  readonly mechanism: string
  readonly authenticationProvider: AuthenticationProvider
}

const byPassword = { PLAIN: plain, 'SCRAM-SHA-256': scram256, 'SCRAM-SHA-512': scram512 }

/** The secrets stay within a closure. */
export function kafkaJsSasl(sasl: Sasl): KafkaJsSasl {
  const { mechanism } = sasl
  if (mechanism === 'OAUTHBEARER')
    return { mechanism, authenticationProvider: oauthBearer(sasl.token, sasl.extensions) }
  const user = { username: sasl.username, password: sasl.password.reveal() }
  return { mechanism, authenticationProvider: byPassword[mechanism](user) }
}
