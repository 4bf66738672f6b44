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

/** What kafkajs's authenticator is given. */
export interface Sasl {
  readonly mechanism: string
  readonly authenticationProvider: AuthenticationProvider
}
