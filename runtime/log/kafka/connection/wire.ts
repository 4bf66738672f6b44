import Connection, { type SocketFactory } from 'kafkajs/src/network/connection.js'
import connectionStatus from 'kafkajs/src/network/connectionStatus.js'
import { ConnectException, RetriableException } from '../../../api/index.ts'
import type { KafkaRequest } from '../protocol/request.ts'
import type { ApiRange } from '../protocol/requests/api-versions.ts'
import { type Address, addressText } from './address.ts'
import { AnswerReader, MAX_ANSWER_BYTES } from './answer-reader.ts'
import type { KafkaJsSasl } from './authenticators.ts'
import type { KafkaJsLogger } from './kafkajs-logger.ts'
import { RequestQueue } from './request-queue.ts'
import { trouble } from './trouble.ts'

const { DISCONNECTED } = connectionStatus.CONNECTION_STATUS
const SASL_AUTHENTICATE = 36

export interface WireOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly logger: KafkaJsLogger
  readonly socketFactory: SocketFactory
  readonly sasl: KafkaJsSasl | null
  readonly isTls: boolean
}

export interface Outgoing {
  readonly body: readonly Buffer[]
  readonly expectsAnswer: boolean
}

/**
 * One connection of kafkajs's, used once: when it broke, a new one is made. Its own requests are those of the handshake (versions, SASL);
 * ours go past its encoder, in our framing, through its queue. It has no time-outs of its own: whoever waits ends it with `fail`.
 */
export class Wire extends Connection {
  readonly #queue: RequestQueue
  readonly #sasl: KafkaJsSasl | null
  readonly #isTls: boolean
  readonly #reader = new AnswerReader((correlationId, payload, size) =>
    this.#queue.fulfillRequest({ correlationId, payload, size }),
  )
  #answers = 0
  #end: Error | undefined

  constructor(options: WireOptions) {
    const { host, port, clientId, logger } = options
    const limits = { requestTimeout: 1, enforceRequestTimeout: false, maxInFlightRequests: null }
    super({ ...options, ...limits, ssl: null, connectionTimeout: 0x7fff_ffff })
    this.#sasl = options.sasl
    this.#isTls = options.isTls
    this.#queue = new RequestQueue({
      ...limits,
      clientId,
      broker: `${host}:${port}`,
      logger,
      isConnected: () => this.isConnected(),
      onStrayAnswer: (id) => this.#garbled(`answered request ${id} out of turn`),
    })
    this.requestQueue = this.#queue
  }

  /** Why it is over; undefined while it can be used. */
  get end(): Error | undefined {
    return this.#end
  }

  /** False when the broker wants to know again who we are (KIP-368), or not yet knows. */
  get isTrusted(): boolean {
    return this.#sasl === null || this.isAuthenticated()
  }

  /** Ends it: everything that waits for an answer gets this error, at once. */
  fail(error: Error): void {
    this.#end ??= error
    const isConnecting = !this.isConnected()
    this.authenticatedAt = null
    this.connectionStatus = DISCONNECTED
    this.#queue.rejectAll(this.#end)
    this.#queue.destroy()
    // Only an error makes kafkajs give up its timer for connecting.
    this.socket?.destroy(isConnecting ? this.#end : undefined)
  }

  /** kafkajs calls this with what the socket broke of. */
  override rejectRequests(error: Error): void {
    const isClosed = error.name === 'KafkaJSConnectionClosedError'
    this.fail(isClosed ? this.#closed() : trouble(addressText(this), error))
  }

  /** kafkajs calls this when the socket ended or broke; its own waits for answers that cannot come any more. */
  override async disconnect(): Promise<true> {
    this.fail(this.#closed())
    return true
  }

  #closed(): RetriableException {
    const hint = this.#answers > 1 ? undefined : closedEarly(this.#sasl !== null, this.#isTls)
    const message = `Kafka broker ${addressText(this)}: it closed the connection`
    return new RetriableException(message, { hint })
  }

  /** Says who we are. kafkajs chooses the versions of its SASL requests by what the broker speaks. */
  async introduce(ranges: readonly ApiRange[]): Promise<void> {
    this.setVersions(
      Object.fromEntries(
        ranges.map(({ apiKey, min, max }) => [apiKey, { minVersion: min, maxVersion: max }]),
      ),
    )
    this.setSupportAuthenticationProtocol(ranges.some(({ apiKey }) => apiKey === SASL_AUTHENTICATE))
    await this.authenticate()
  }

  override async authenticate(): Promise<void> {
    await super.authenticate()
    // As Java does it: a new proof of identity when 85 % of the session are over.
    this.reauthenticationThreshold = Math.ceil(this.sessionLifetime.toNumber() * 0.15)
  }

  /** Writes the request, in the order of calls; the answer is what follows the correlation id (empty when none is expected). */
  request(
    { apiKey, apiVersion, apiName, isFlexible }: KafkaRequest<unknown>,
    { body, expectsAnswer }: Outgoing,
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end)
      if (this.#queue.isFull)
        return reject(
          new RetriableException(`Too many requests wait for Kafka broker ${addressText(this)}`),
        )
      const correlationId = this.nextCorrelationId()
      const bodyBytes = body.reduce((sum, { length }) => sum + length, 0)
      const header = this.#header({ apiKey, apiVersion, correlationId, isFlexible, bodyBytes })
      const answered = ({ payload }: { readonly payload: Buffer | null }) => {
        this.#answers++
        resolve(payload ?? Buffer.alloc(0))
      }
      this.#queue.push({
        entry: { apiKey, apiVersion, apiName, correlationId, resolve: answered, reject },
        expectResponse: expectsAnswer,
        requestTimeout: null,
        sendRequest: () => this.#write([header, ...body]),
      })
    })
  }

  throttle(ms: number): void {
    this.#queue.maybeThrottle(ms)
  }

  override processData(data: Buffer): void {
    try {
      if (this.#end) return
      const isAlert = this.#answers === 0 && !this.#isTls && isTlsAlert(data)
      if (isAlert) this.fail(speaksTls(this))
      // While it says who we are kafkajs reads for itself, and keeps what it is given.
      else if (this.authHandlers) super.processData(Buffer.from(data))
      else this.#reader.take(data)
    } catch (error) {
      this.#garbled('sent what is no answer', error)
    }
    if (this.bytesNeeded > MAX_ANSWER_BYTES || this.bytesNeeded < 4)
      this.#garbled(`announced an answer of ${this.bytesNeeded - 4} bytes`)
  }

  /** What comes after it cannot be trusted either. */
  #garbled(what: string, cause?: unknown): void {
    this.fail(
      new RetriableException(`Kafka broker ${addressText(this)}: it ${what}`, {
        hint: 'Does a Kafka broker listen there, with that security.protocol?',
        cause,
      }),
    )
  }

  #write(chunks: readonly Buffer[]): void {
    const socket = this.socket
    if (!socket || this.#end) return
    socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    socket.uncork()
  }

  #header(request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly correlationId: number
    readonly isFlexible: boolean
    readonly bodyBytes: number
  }): Buffer {
    const nameBytes = Buffer.byteLength(this.clientId)
    const header = Buffer.allocUnsafe(14 + nameBytes + (request.isFlexible ? 1 : 0))
    header.writeInt32BE(header.length - 4 + request.bodyBytes, 0)
    header.writeInt16BE(request.apiKey, 4)
    header.writeInt16BE(request.apiVersion, 6)
    header.writeInt32BE(request.correlationId, 8)
    header.writeInt16BE(nameBytes, 12)
    header.write(this.clientId, 14)
    if (request.isFlexible) header[header.length - 1] = 0 // no tagged fields
    return header
  }
}

function isTlsAlert(data: Buffer): boolean {
  return data[0] === 0x15 && data[1] === 0x03
}

function speaksTls(to: Address): ConnectException {
  return new ConnectException(`Kafka broker ${addressText(to)}: its listener speaks TLS`, {
    hint: 'Set security.protocol=SSL (or SASL_SSL), or use the port of the plaintext listener.',
  })
}

/** Brokers close without a word when they are spoken to in another way than the listener is configured for. */
function closedEarly(hasSasl: boolean, isTls: boolean): string {
  const wants = [
    ...(hasSasl ? [] : ['SASL (security.protocol, sasl.mechanism, sasl.jaas.config)']),
    ...(isTls ? ["a client's certificate (ssl.keystore.*)"] : ['TLS (security.protocol)']),
  ]
  return `If that repeats, its listener may want ${wants.join(' or ')}.`
}
