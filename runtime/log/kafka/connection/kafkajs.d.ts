/** What we use of kafkajs's insides; it has types for its public face only. The version is pinned, so these cannot drift. */

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export interface QueueEntry {
    readonly apiKey: number
    readonly apiName: string
    readonly apiVersion: number
    readonly correlationId: number
    resolve(answer: { readonly payload: Buffer | null }): void
    reject(error: Error): void
  }
  export interface PushedRequest {
    readonly entry: QueueEntry
    readonly expectResponse: boolean
    readonly requestTimeout: number | null
    sendRequest(): void
  }
  export interface QueueOptions {
    readonly maxInFlightRequests: number | null
    readonly requestTimeout: number
    readonly enforceRequestTimeout: boolean
    readonly clientId: string
    readonly broker: string
    readonly logger: import('./kafkajs-logger.ts').KafkaJsLogger
    readonly isConnected: () => boolean
  }
  export default class RequestQueue {
    constructor(options: QueueOptions)
    protected readonly inflight: Map<number, { readonly correlationId: number }>
    protected readonly pending: readonly unknown[]
    protected readonly throttledUntil: number
    protected throttleCheckTimeoutId: NodeJS.Timeout | null
    scheduleRequestTimeoutCheck(): void
    maybeThrottle(ms: number | null): void
    push(request: PushedRequest): void
    fulfillRequest(answer: {
      readonly correlationId: number
      readonly payload: Buffer
      readonly size: number
    }): void
    rejectAll(error: Error): void
    checkPendingRequests(): void
    scheduleCheckPendingRequests(): void
    destroy(): void
  }
}

declare module 'kafkajs/src/network/connection.js' {
  export type SocketFactory = (options: {
    readonly host: string
    readonly port: number
    readonly onConnect: () => void
  }) => import('node:net').Socket
  export interface ConnectionOptions {
    readonly host: string
    readonly port: number
    readonly clientId: string
    readonly logger: import('./kafkajs-logger.ts').KafkaJsLogger
    readonly socketFactory: SocketFactory
    readonly ssl: object | null
    readonly sasl: object | null
    readonly requestTimeout: number
    readonly connectionTimeout: number
    readonly enforceRequestTimeout: boolean
    readonly maxInFlightRequests: number | null
  }
  export default class Connection {
    constructor(options: ConnectionOptions)
    readonly host: string
    readonly port: number
    readonly broker: string
    readonly clientId: string
    protected requestQueue: import('kafkajs/src/network/requestQueue/index.js').default
    protected connectionStatus: string
    protected authenticatedAt: unknown
    /** While a token of the SASL exchange is waited for. */
    protected authHandlers: object | null
    protected sessionLifetime: { toNumber(): number }
    protected reauthenticationThreshold: number
    /** Of the answer under way, its length field included. */
    protected bytesNeeded: number
    socket: import('node:net').Socket | undefined
    connect(): Promise<true>
    disconnect(): Promise<true>
    isConnected(): boolean
    isAuthenticated(): boolean
    authenticate(): Promise<void>
    setVersions(versions: object): void
    setSupportAuthenticationProtocol(isSupported: boolean): void
    send(protocol: object): Promise<unknown>
    nextCorrelationId(): number
    processData(data: Buffer): void
    rejectRequests(error: Error): void
  }
}

declare module 'kafkajs/src/network/connectionStatus.js' {
  const status: { readonly CONNECTION_STATUS: { readonly DISCONNECTED: string } }
  export default status
}

declare module 'kafkajs/src/broker/saslAuthenticator/plain.js' {
  export default function plain(user: {
    readonly username: string
    readonly password: string
  }): import('./authenticators.ts').AuthenticationProvider
}

declare module 'kafkajs/src/broker/saslAuthenticator/scram256.js' {
  export default function scram(user: {
    readonly username: string
    readonly password: string
  }): import('./authenticators.ts').AuthenticationProvider
}

declare module 'kafkajs/src/broker/saslAuthenticator/scram512.js' {
  export default function scram(user: {
    readonly username: string
    readonly password: string
  }): import('./authenticators.ts').AuthenticationProvider
}
