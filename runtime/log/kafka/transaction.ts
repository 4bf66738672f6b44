import { setTimeout as sleep } from 'node:timers/promises'
import { FencedException, isRetriable } from '../../api/errors.ts'
import type { EncodedBatch, Transaction } from '../log.ts'
import type { KafkaMembers } from './kafka-members.ts'
import type { Producer } from './producer.ts'
import type { Identity } from './producer-delivery.ts'
import { AnsweredBatches, type LogWriter } from './producer-writer.ts'
import { BrokerException } from './protocol/errors.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'
import type { TransactionIdentity } from './transaction-identity.ts'

const INVALID_PRODUCER_EPOCH = 47
const INVALID_TXN_STATE = 48
const INVALID_PRODUCER_ID_MAPPING = 49
const PRODUCER_FENCED = 90
/** How long closing may take. */
const CLOSING_MS = 5000

interface Job {
  readonly transaction: Transaction
  readonly outcome: PromiseWithResolvers<readonly number[]>
}

export interface TransactionParts {
  readonly transactionalId: string
  readonly coordinator: TransactionCoordinator
  readonly identity: TransactionIdentity
  readonly producer: Producer
  readonly members: KafkaMembers
}

/** A transaction whose commit nobody answered. */
interface Doubt {
  readonly batches: readonly EncodedBatch[]
  readonly offsets: readonly number[]
}

/**
 * Writes transactions, one at a time: records and offsets are in the log together or not at all. A failed one is aborted, and the identity
 * renewed, before the next begins; one whose commit was not answered is asked for again first.
 */
export class TransactionalWriter implements LogWriter {
  readonly isTransactional = true
  readonly #parts: TransactionParts
  readonly #answered = new AnsweredBatches()
  readonly #waiting: Job[] = []
  #isWorking = false
  /** Resolves when nothing waits. */
  #current: Promise<void> = Promise.resolve()
  /** The batches of a transaction that has to be aborted. */
  #failed: readonly EncodedBatch[] | undefined
  #doubt: Doubt | undefined
  /** Of the last commit some partitions may not know yet. */
  #isSettling = false
  #fenced: Error | undefined

  constructor(parts: TransactionParts) {
    this.#parts = parts
    // At once, so that whoever wrote under this id before is fenced off; what goes wrong shows when something is written.
    this.write({ append: [] }).catch(() => {})
  }

  write(transaction: Transaction): Promise<readonly number[]> {
    const outcome = Promise.withResolvers<readonly number[]>()
    this.#waiting.push({ transaction, outcome })
    if (!this.#isWorking) void this.#work()
    return outcome.promise
  }

  /** The coordinator takes a commit a second time only when all partitions know of it. */
  async visible(): Promise<void> {
    const { coordinator, identity } = this.#parts
    if (!this.#isSettling || this.#isWorking || identity.current === undefined) return
    // What begins meanwhile waits: otherwise it would be committed half written.
    this.#isWorking = true
    try {
      await coordinator.end(identity.current, true)
      this.#isSettling = false
    } finally {
      void this.#work()
    }
  }

  /** What was handed over is still written, and what failed is aborted so that readers need not wait, if that takes not too long. */
  async close(): Promise<void> {
    const { coordinator, producer } = this.#parts
    const last = this.#failed ? this.write({ append: [] }) : this.#current
    const timer = new AbortController()
    const isLate = sleep(CLOSING_MS, undefined, { signal: timer.signal }).catch(() => {})
    await Promise.race([Promise.allSettled([last]), isLate])
    timer.abort()
    coordinator.close()
    await producer.close()
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#current = promise
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        job.outcome.resolve(await this.#run(job.transaction))
      } catch (error) {
        job.outcome.reject(error)
        // I3: what comes after it waits until it was tried again.
        if (isRetriable(error))
          for (const { outcome } of this.#waiting.splice(0)) outcome.reject(error)
      }
    }
    this.#isWorking = false
    resolve()
  }

  async #run(transaction: Transaction): Promise<readonly number[]> {
    const { append, groupOffsets } = transaction
    this.#answered.refuse(append)
    const earlier = await this.#resolveDoubt()
    const identity = await this.#begin()
    const isEarlier = append.length > 0 && append.every((batch) => earlier?.batches.includes(batch))
    if (earlier && isEarlier) return this.#answer(append, earlier.offsets)
    const member = groupOffsets && this.#parts.members.of(groupOffsets)
    await this.#parts.producer.check(append)
    if (append.length === 0 && !groupOffsets?.offsets.length) return []
    const offsets = await this.#fill(identity, transaction, member)
    await this.#commit(identity, { batches: append, offsets })
    return this.#answer(append, offsets)
  }

  #answer(batches: readonly EncodedBatch[], offsets: readonly number[]): readonly number[] {
    this.#answered.add(batches)
    return offsets
  }

  /** Nothing is open when it resolves. */
  async #begin(): Promise<Identity> {
    const { coordinator, identity, producer } = this.#parts
    if (this.#fenced) throw this.#fenced
    try {
      if (this.#failed && identity.current) {
        await this.#abort(identity.current)
        identity.current = await coordinator.init(identity.current)
        producer.restart(this.#failed)
        this.#failed = undefined
      }
      identity.current ??= await coordinator.init(undefined)
      return identity.current
    } catch (error) {
      throw this.#seen(error)
    }
  }

  async #abort(identity: Identity): Promise<void> {
    try {
      await this.#parts.coordinator.end(identity, false)
    } catch (error) {
      // It had not begun.
      if (!hasCode(error, INVALID_TXN_STATE)) throw error
    }
  }

  async #fill(
    identity: Identity,
    { append, groupOffsets }: Transaction,
    member: ReturnType<KafkaMembers['of']>,
  ): Promise<readonly number[]> {
    const { coordinator, producer } = this.#parts
    try {
      if (append.length > 0) await coordinator.addPartitions(identity, append)
      const offsets = await producer.append(append)
      if (groupOffsets) {
        const { group, offsets } = groupOffsets
        await coordinator.commitOffsets(identity, group, offsets, member)
      }
      return offsets
    } catch (error) {
      this.#failed = append
      // Readers wait for its end. A broker that does not answer is asked again by the next call.
      if (!isRetriable(error)) await this.#begin().catch(() => {})
      throw this.#seen(error)
    }
  }

  async #commit(identity: Identity, doubt: Doubt): Promise<void> {
    try {
      await this.#parts.coordinator.end(identity, true)
      this.#isSettling = true
    } catch (error) {
      if (isRetriable(error)) this.#doubt = doubt
      else this.#failed = doubt.batches
      throw this.#seen(error)
    }
  }

  /** The transaction that was in doubt, if it turns out to be committed. */
  async #resolveDoubt(): Promise<Doubt | undefined> {
    const { coordinator, identity } = this.#parts
    const doubt = this.#doubt
    if (doubt === undefined || identity.current === undefined) return undefined
    try {
      await coordinator.end(identity.current, true)
      this.#isSettling = true
      this.#doubt = undefined
      return doubt
    } catch (error) {
      if (!isRetriable(error)) {
        this.#doubt = undefined
        this.#failed = doubt.batches
      }
      if (hasCode(error, INVALID_TXN_STATE)) return undefined
      throw this.#seen(error)
    }
  }

  /** Remembers that another one took over: from then on nothing can be written. */
  #seen(error: unknown): unknown {
    if (!hasCode(error, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED))
      return error
    const { transactionalId } = this.#parts
    this.#fenced ??= new FencedException(
      `Another producer took the place of this one (transactional id "${transactionalId}"), or its transaction took too long`,
      {
        hint: 'One task writes under a transactional id. If this one was alone, raise transaction.timeout.ms of the producer.',
        cause: error,
      },
    )
    return this.#fenced
  }
}

function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof BrokerException && codes.includes(cause.errorCode)
}
