import { setTimeout } from 'node:timers/promises'
import type { SocketFactory } from 'kafkajs/src/network/connection.js'
import { ConnectException, type Logger, RetriableException } from '../../../api/index.ts'
import { decodeAnswer } from '../protocol/decode-answer.ts'
import { AnswerException, check } from '../protocol/errors.ts'
import type { KafkaRequest } from '../protocol/request.ts'
import { apiVersionsRequest } from '../protocol/requests/api-versions.ts'
import { WireWriter } from '../protocol/wire-writer.ts'
import { compareVersions } from '../versions.ts'
import { type Address, addressText } from './address.ts'
import type { KafkaJsSasl } from './authenticators.ts'
import { Backoff } from './backoff.ts'
import { within } from './deadline.ts'
import { kafkaJsLogger } from './kafkajs-logger.ts'
import { trouble } from './trouble.ts'
import { Wire } from './wire.ts'

export interface BrokerConnectionOptions {
  readonly clientId: string
  readonly sasl: KafkaJsSasl | null
  readonly isTls: boolean
  readonly sockets: SocketFactory
  readonly setupTimeoutMs: number
  readonly setupTimeoutMaxMs: number
  readonly requestTimeoutMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly logger: Logger
}

export interface SendOptions {
  /** Until the answer is there, a connection that must be made first included. Default `request.timeout.ms`. */
  readonly timeoutMs?: number | undefined
  /** Gives up waiting; a request that was written stays written. */
  readonly signal?: AbortSignal | undefined
}

/** One way to one broker: connects when somebody sends, again after it broke, not faster than the backoff allows. */
export class BrokerConnection {
  readonly address: string
  readonly #to: Address
  readonly #options: BrokerConnectionOptions
  readonly #connectBackoff: Backoff
  readonly #setupBackoff: Backoff
  #wire: Wire | undefined
  /** While it is made. */
  #raw: Wire | undefined
  #opening: Promise<Wire> | undefined
  #notBefore = 0
  #usedAt = Date.now()
  #waiting = 0
  readonly #closing = new AbortController()

  constructor(to: Address, options: BrokerConnectionOptions) {
    this.#to = to
    this.address = addressText(to)
    this.#options = options
    this.#connectBackoff = new Backoff(options.reconnectBackoffMs, options.reconnectBackoffMaxMs)
    this.#setupBackoff = new Backoff(options.setupTimeoutMs, options.setupTimeoutMaxMs)
  }

  get isOpen(): boolean {
    return this.#wire !== undefined && this.#wire.end === undefined
  }

  /** Whether somebody waits for it. */
  get isBusy(): boolean {
    return this.#waiting > 0
  }

  /** How long nothing was asked or answered. */
  get idleMs(): number {
    return this.#waiting > 0 ? 0 : Date.now() - this.#usedAt
  }

  /** Sends in the order of the calls, and gives the answer; trouble on the way is a RetriableException with the broker's address. */
  async send<T>(request: KafkaRequest<T>, options: SendOptions = {}): Promise<T> {
    const bytes = await this.#exchange(request, true, options)
    const answer = await decodeAnswer(request, bytes).catch((error) => {
      if (!(error instanceof AnswerException)) throw error
      // Where one answer is garbled, the next one may begin anywhere: begin anew.
      const problem = trouble(this.address, error)
      this.#wire?.fail(problem)
      throw problem
    })
    const { throttleMs } = (answer ?? {}) as { readonly throttleMs?: number }
    if (throttleMs) this.#wire?.throttle(throttleMs) // KIP-219: the broker has muted us for that time
    return answer
  }

  /** Sends what the broker does not answer: Produce with acks=0. Resolves when it was handed to the socket. */
  async post(request: KafkaRequest<unknown>, options: SendOptions = {}): Promise<void> {
    await this.#exchange(request, false, options)
  }

  close(reason: Error): void {
    this.#closing.abort(reason)
    this.#raw?.fail(reason)
    this.#wire?.fail(reason)
    this.#wire = undefined
  }

  /** Gives up an unused connection; the next request makes another one. */
  rest(): void {
    const wire = this.#wire
    this.#wire = undefined
    wire?.fail(new RetriableException(`The connection to ${this.address} was idle`))
  }

  async #exchange(
    request: KafkaRequest<unknown>,
    expectsAnswer: boolean,
    { timeoutMs = this.#options.requestTimeoutMs, signal }: SendOptions,
  ): Promise<Buffer> {
    let used: Wire | undefined
    let late: Error | undefined
    const work = async () => {
      const writer = new WireWriter()
      const encoding = request.encode(writer)
      if (encoding) await encoding // only then: what is written at once keeps its place in the order of calls
      const wire = this.isOpen ? this.#wire! : await this.#ready()
      used = wire
      if (!wire.isTrusted) await this.#prove(wire)
      signal?.throwIfAborted()
      // Whoever asked may have asked again since, or said something else: it must not overtake that.
      if (late) throw late
      return wire.request(request, { body: writer.chunks(), expectsAnswer })
    }
    this.#waiting++
    try {
      signal?.throwIfAborted()
      return await within(work(), {
        ms: timeoutMs,
        signal,
        onTimeout: () => {
          late = this.#late(`answer ${request.apiName} within ${timeoutMs} ms`)
          // An answer that comes later would only hold up those behind it: begin anew.
          used?.fail(late)
          return late
        },
      })
    } catch (error) {
      throw signal?.aborted ? error : trouble(this.address, error)
    } finally {
      this.#waiting--
      this.#usedAt = Date.now()
    }
  }

  #ready(): Promise<Wire> {
    if (this.isOpen) return Promise.resolve(this.#wire!)
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #connect(): Promise<Wire> {
    const wait = this.#notBefore - Date.now()
    const { signal } = this.#closing
    if (wait > 0) await setTimeout(wait, undefined, { ref: false, signal }).catch(() => {})
    if (signal.aborted) throw signal.reason
    const { clientId, sasl, isTls, sockets, requestTimeoutMs } = this.#options
    const setupMs = Math.round(this.#setupBackoff.ms)
    const logger = kafkaJsLogger(this.#options.logger)
    const wire = new Wire({
      ...this.#to,
      clientId,
      logger,
      sasl,
      isTls,
      socketFactory: sockets,
    })
    this.#raw = wire
    try {
      await within(wire.connect(), {
        ms: setupMs,
        onTimeout: () => this.#late(`accept a connection within ${setupMs} ms`),
      })
      await within(this.#handshake(wire), {
        ms: requestTimeoutMs,
        onTimeout: () => this.#late(`finish the handshake within ${requestTimeoutMs} ms`),
      })
      if (wire.end) throw wire.end
    } catch (error) {
      const problem = trouble(this.address, wire.end ?? error)
      wire.fail(problem)
      this.#connectBackoff.failed()
      this.#setupBackoff.failed()
      this.#notBefore = Date.now() + this.#connectBackoff.ms
      throw problem
    } finally {
      this.#raw = undefined
    }
    this.#connectBackoff.reset()
    this.#setupBackoff.reset()
    this.#wire = wire
    return wire
  }

  /** Again, when the session that the broker granted is nearly over. */
  async #prove(wire: Wire): Promise<void> {
    try {
      await wire.authenticate()
    } catch (error) {
      const problem = trouble(this.address, wire.end ?? error)
      wire.fail(problem)
      throw problem
    }
  }

  async #handshake(wire: Wire): Promise<void> {
    const request = apiVersionsRequest()
    const answer = await wire.request(request, { body: [], expectsAnswer: true })
    const { errorCode, apis } = await decodeAnswer(request, answer)
    check(errorCode, `Kafka broker ${this.address}: ask which versions it speaks`)
    const [problem] = compareVersions(this.address, apis)
    if (problem !== undefined) throw new ConnectException(problem)
    await wire.introduce(apis)
  }

  #late(what: string): RetriableException {
    return new RetriableException(`Kafka broker ${this.address} did not ${what}`)
  }
}
