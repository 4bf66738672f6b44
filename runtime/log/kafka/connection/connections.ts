import { type Logger, RetriableException } from '../../../api/index.ts'
import type { ConnectionSettings } from '../settings/connection-settings.ts'
import { type Address, addressText } from './address.ts'
import { kafkaJsSasl } from './authenticators.ts'
import { BrokerConnection, type BrokerConnectionOptions } from './broker-connection.ts'
import { socketFactory } from './socket.ts'

/**
 * A broker answers the requests of a connection one after the other: what it may hold back (a fetch that waits for records, a join that waits
 * for members) has a connection of its own.
 */
export type Channel = 'default' | 'fetch' | 'other-fetch' | 'group'

const SWEEP_MS = 30_000

/** The connections of one client: one per broker and channel, made when first used, given up when idle for `connections.max.idle.ms`. */
export class Connections {
  readonly #options: BrokerConnectionOptions
  readonly #maxIdleMs: number
  readonly #byKey = new Map<string, BrokerConnection>()
  #sweep: NodeJS.Timeout | undefined
  #closed: Error | undefined

  constructor(
    settings: ConnectionSettings,
    { clientId, logger }: { readonly clientId: string; readonly logger: Logger },
  ) {
    const { ssl, sasl, setupTimeoutMs } = settings
    this.#maxIdleMs = settings.maxIdleMs
    this.#options = {
      clientId,
      sasl: sasl && kafkaJsSasl(sasl),
      isTls: ssl !== null,
      sockets: socketFactory(ssl, setupTimeoutMs),
      setupTimeoutMs,
      setupTimeoutMaxMs: settings.setupTimeoutMaxMs,
      requestTimeoutMs: settings.requestTimeoutMs,
      reconnectBackoffMs: settings.reconnectBackoffMs,
      reconnectBackoffMaxMs: settings.reconnectBackoffMaxMs,
      logger,
    }
  }

  to(address: Address, channel: Channel = 'default'): BrokerConnection {
    if (this.#closed) throw this.#closed
    const key = `${addressText(address)}/${channel}`
    const known = this.#byKey.get(key)
    if (known) return known
    const made = new BrokerConnection(address, this.#options)
    this.#byKey.set(key, made)
    this.#sweepSometimes()
    return made
  }

  /** Gives up those to brokers that are not among `addresses` any more, once nobody waits for them. */
  keepOnly(addresses: readonly Address[]): void {
    const kept = new Set(addresses.map(addressText))
    for (const [key, connection] of this.#byKey) {
      if (kept.has(connection.address) || connection.isBusy) continue
      this.#byKey.delete(key)
      const { address } = connection
      connection.close(
        new RetriableException(`Kafka broker ${address} is no longer of the cluster`),
      )
    }
  }

  close(reason: Error): void {
    this.#closed ??= reason
    clearInterval(this.#sweep)
    for (const connection of this.#byKey.values()) connection.close(reason)
    this.#byKey.clear()
  }

  #sweepSometimes(): void {
    if (this.#sweep || this.#maxIdleMs < 0) return
    const every = Math.min(SWEEP_MS, Math.max(1, this.#maxIdleMs / 4))
    this.#sweep = setInterval(() => {
      for (const connection of this.#byKey.values())
        if (connection.isOpen && connection.idleMs > this.#maxIdleMs) connection.rest()
    }, every)
    this.#sweep.unref()
  }
}
