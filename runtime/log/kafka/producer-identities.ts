import type { KafkaCluster } from './cluster.ts'
import type { Identity } from './producer-delivery.ts'
import { check } from './protocol/errors.ts'
import { initProducerIdRequest } from './protocol/requests/init-producer-id.ts'

/** Where a producer's identities come from. */
export interface IdentitySource {
  readonly isTransactional: boolean
  /** Any identity but `stale`, which a partition cannot use any more. */
  other(stale: Identity | undefined): Promise<Identity>
  /** From now on nobody gets the identity that is in use. */
  retire(): void
}

/** Identities of an idempotent producer. Partitions share one; those that had to leave it share the next. */
export class ProducerIdentities implements IdentitySource {
  readonly isTransactional = false
  readonly #cluster: Pick<KafkaCluster, 'sendAny'>
  #current: Identity | undefined
  #asking: Promise<Identity> | undefined

  constructor(cluster: Pick<KafkaCluster, 'sendAny'>) {
    this.#cluster = cluster
  }

  async other(stale: Identity | undefined): Promise<Identity> {
    if (this.#current !== undefined && this.#current !== stale) return this.#current
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  retire(): void {
    this.#current = undefined
  }

  async #ask(): Promise<Identity> {
    const answer = await this.#cluster.sendAny(
      initProducerIdRequest({ transactionalId: null, transactionTimeoutMs: 0 }),
    )
    check(answer.errorCode, 'Ask for a producer id')
    const { producerId, producerEpoch } = answer
    this.#current = { producerId, producerEpoch }
    return this.#current
  }
}
