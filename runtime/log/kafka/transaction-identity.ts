import type { Identity } from './producer-delivery.ts'
import type { IdentitySource } from './producer-identities.ts'

/** The identity of a transactional id: one for all partitions, given by the coordinator. */
export class TransactionIdentity implements IdentitySource {
  readonly isTransactional = true
  current: Identity | undefined

  async other(stale: Identity | undefined): Promise<Identity> {
    if (this.current === undefined || this.current === stale)
      throw new RangeError('A transaction writes under one identity')
    return this.current
  }

  /** Partitions that are forgotten come back under it with number 0, which the broker refuses: the transaction is aborted, and its identity renewed. */
  retire(): void {}
}
