import { createServer, type RequestListener, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from '../api/logger.ts'
import type { Resources } from './application.ts'
import { type Address, bind, urlOf } from './bind.ts'
import { refuseConnection } from './refused-connection.ts'
import { starting } from './starting.ts'

export interface RestOptions {
  readonly listeners: readonly Address[]
  readonly logger: Logger
  /** Default 8 MiB; beyond it 413. */
  readonly maxBodyBytes?: number
  /** How long a request may take to arrive. Default 30 s; then 408, and the connection is closed. */
  readonly bodyTimeoutMs?: number
  /** How long an answer may take. Default 90 s, as Connect's. */
  readonly requestTimeoutMs?: number
}

/** Everything that the router tells apart; any other verb is refused on every path. */
const routed = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])

/**
 * The worker's REST API. `listen` opens the ports, and until `serve` every path says that the worker is starting: a port is known (and
 * with it the worker's id) before the herder is. `close` ends within its bound.
 */
export class RestServer {
  readonly #options: RestOptions
  #servers: Server[] = []
  #application: FastifyInstance | undefined
  #answer: RequestListener = starting

  constructor(options: RestOptions) {
    this.#options = options
  }

  /** The URLs, with the ports that were free where 0 was asked for. */
  async listen(): Promise<readonly string[]> {
    try {
      for (const address of this.#options.listeners) {
        const server = this.#server()
        await bind(server, address)
        this.#servers.push(server)
      }
    } catch (error) {
      await this.close(0)
      throw error
    }
    return this.urls
  }

  get urls(): readonly string[] {
    return this.#servers.map((server, index) => urlOf(server, this.#options.listeners[index]))
  }

  async serve(resources: Resources): Promise<void> {
    const { createApplication } = await import('./application.ts')
    const { logger, maxBodyBytes = 8 << 20, requestTimeoutMs = 90_000 } = this.#options
    const app = await createApplication(resources, { logger, maxBodyBytes, requestTimeoutMs })
    this.#application = app
    this.#answer = (request, response) => {
      if (!routed.has(request.method ?? '')) request.method = 'TRACE'
      app.routing(request, response)
    }
  }

  /** Takes no more requests, lets those under way end until the deadline, then cuts them off (I4). */
  async close(deadlineMs = 5_000): Promise<void> {
    const closed = Promise.all(this.#servers.map(ended))
    const sweep = setInterval(() => {
      for (const server of this.#servers) server.closeIdleConnections()
    }, 50)
    const late = new AbortController()
    await Promise.race([closed, delay(deadlineMs, undefined, { signal: late.signal })])
    late.abort()
    clearInterval(sweep)
    for (const server of this.#servers) server.closeAllConnections()
    await closed
    await this.#application?.close()
    this.#servers = []
  }

  #server(): Server {
    const bodyTimeoutMs = this.#options.bodyTimeoutMs ?? 30_000
    const server = createServer(
      {
        requestTimeout: bodyTimeoutMs,
        headersTimeout: bodyTimeoutMs,
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: Math.min(5_000, Math.max(100, bodyTimeoutMs / 4)),
      },
      (request, response) => this.#answer(request, response),
    )
    server.maxConnections = 4_096 // I6
    server.on('clientError', refuseConnection)
    return server
  }
}

function ended(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
