import type { Logger } from '../../api/index.ts'
import type { KafkaCluster } from './cluster.ts'
import type { fetchRequest } from './protocol/requests/fetch.ts'
import type { RecordSetOptions } from './records/record-set.ts'
import type { ConsumerSettings } from './settings/consumer-settings.ts'

/** What a consumer is made of. */
export interface ConsumerParts {
  /** Lends its settings: the consumer's connections are its own. */
  readonly cluster: KafkaCluster
  readonly settings: ConsumerSettings
  readonly clientId: string
  readonly logger: Logger
  /** Other encoders and decoders than our own. */
  readonly codec?: Partial<FetchCodec>
  /** After how long without any answer connections are made anew. Default 15 s. */
  readonly watchdogMs?: number
}

export interface FetchCodec {
  readonly fetchRequest: typeof fetchRequest
  readonly readRecords: NonNullable<RecordSetOptions['readRecords']>
}

/** What the parts of one consumer share. */
export interface ConsumerCore {
  readonly links: ConsumerLinks
  readonly settings: ConsumerSettings
  readonly logger: Logger
  readonly troubles: ConsumerTroubles
  readonly codec: Partial<FetchCodec>
  /** Aborts when the consumer closes: nothing waits any longer. */
  readonly closing: AbortSignal
  /** Something changed that a waiting poll should look at. */
  wake(): void
}

/** The connections of one consumer. */
export class ConsumerLinks {
  readonly #parent: KafkaCluster
  readonly #clientId: string
  #cluster: KafkaCluster

  constructor(parent: KafkaCluster, clientId: string) {
    this.#parent = parent
    this.#clientId = clientId
    this.#cluster = parent.sibling(clientId)
  }

  /** Do not keep it: it may be another one next time. */
  get cluster(): KafkaCluster {
    return this.#cluster
  }

  /** Gives up all connections, whatever waits on them, and begins anew. */
  async renew(): Promise<void> {
    const old = this.#cluster
    this.#cluster = this.#parent.sibling(this.#clientId)
    await old.close('No broker answered for too long: the connections were given up')
  }

  close(): Promise<void> {
    return this.#cluster.close()
  }
}

/** How long trouble that may pass by itself is kept from the caller. */
const PATIENCE_MS = 10_000

/** What goes wrong behind the caller's back, and since when. */
export class ConsumerTroubles {
  readonly #byPlace = new Map<string, { readonly since: number; error: Error }>()

  note(place: string, error: unknown): void {
    const known = this.#byPlace.get(place)
    const { message } = error as Error
    const latest = error instanceof Error ? error : new Error(message)
    if (known) known.error = latest
    else this.#byPlace.set(place, { since: performance.now(), error: latest })
  }

  over(place: string): void {
    this.#byPlace.delete(place)
  }

  /** The oldest that lasts longer than a short outage. */
  get overdue(): Error | undefined {
    const before = performance.now() - PATIENCE_MS
    for (const { since, error } of this.#byPlace.values()) if (since <= before) return error
    return undefined
  }
}
