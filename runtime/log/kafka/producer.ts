import { type Logger, RetriableException } from '../../api/index.ts'
import type { EncodedBatch } from '../log.ts'
import type { TopicAdmin } from './admin-topics.ts'
import type { KafkaCluster } from './cluster.ts'
import { AppendCall, twice } from './producer-call.ts'
import { Delivery } from './producer-delivery.ts'
import { ProducerFinder } from './producer-finder.ts'
import { ProducerGate } from './producer-gate.ts'
import type { IdentitySource } from './producer-identities.ts'
import type { ProducerLimits } from './producer-limits.ts'
import { ProducerPieces } from './producer-pieces.ts'
import { ProducerSender } from './producer-sender.ts'
import { ProducerTopics } from './producer-topics.ts'
import type { produceRequest } from './protocol/requests/produce.ts'

/** How long the batches under way may take when the log closes. */
const CLOSING_MS = 5000

export interface ProducerParts {
  readonly cluster: KafkaCluster
  readonly topics: Pick<TopicAdmin, 'find' | 'autoCreate'>
  /** null: batches are written without numbers, and may be there twice after trouble. */
  readonly identities: IdentitySource | null
  readonly transactionalId: string | null
  readonly limits: ProducerLimits
  readonly produceRequest: typeof produceRequest
  readonly logger: Logger
}

/**
 * Writes batches. One batch of a partition is under way at a time, batches of several partitions share requests. What fails is tried again for
 * a while under the same number; then the callers get it back, to come again with the very same batches.
 */
export class Producer {
  readonly #identities: IdentitySource | null
  readonly #topics: ProducerTopics
  readonly #gate: ProducerGate
  readonly #sender: ProducerSender
  readonly #deliveries = new WeakMap<EncodedBatch, Delivery>()
  readonly #calls = new Set<AppendCall>()
  #isClosed = false

  constructor(parts: ProducerParts) {
    const { cluster, identities, limits } = parts
    const topics = new ProducerTopics(parts.topics)
    this.#identities = identities
    this.#topics = topics
    this.#gate = new ProducerGate(topics, limits.bufferBytes, (call) => this.#enqueue(call))
    this.#sender = new ProducerSender({
      ...parts,
      topics,
      finder: new ProducerFinder(cluster),
      pieces: new ProducerPieces(cluster, topics, limits, identities?.isTransactional ?? false),
      onFailed: (error) => this.#gate.refuse(error),
    })
  }

  /** Throws when one of the partitions is not there; a topic that is missing is made if the broker does that. */
  async check(batches: readonly EncodedBatch[]): Promise<void> {
    for (const batch of batches) if (!this.#topics.has(batch)) await this.#topics.learn(batch)
  }

  /** As `Log.append`; a batch that is written already, from an earlier call, is not written again. */
  async append(batches: readonly EncodedBatch[]): Promise<readonly number[]> {
    if (this.#isClosed) throw closed()
    if (new Set(batches).size < batches.length) throw twice()
    const deliveries = batches.map((batch) => this.#deliveryOf(batch))
    const call = new AppendCall(deliveries)
    this.#calls.add(call)
    this.#gate.pass(call)
    try {
      return await call.promise
    } finally {
      this.#calls.delete(call)
      this.#gate.leave(call)
    }
  }

  /** Forgets what it knows of these batches, and begins all numbers anew: a transaction was aborted, nothing of it is in the log. */
  restart(batches: readonly EncodedBatch[]): void {
    for (const batch of batches) this.#deliveries.delete(batch)
    for (const queue of this.#topics) queue.restart()
  }

  /** What was handed over is still written, if that takes not too long. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const timer = setTimeout(() => this.#giveUp(), CLOSING_MS)
    await Promise.allSettled(Array.from(this.#calls, (call) => call.promise))
    clearTimeout(timer)
    this.#giveUp()
  }

  #giveUp(): void {
    this.#sender.close(closed())
    this.#gate.refuse(closed())
  }

  #deliveryOf(batch: EncodedBatch): Delivery {
    const known = this.#deliveries.get(batch)
    if (known) return known
    const delivery = new Delivery(batch)
    this.#deliveries.set(batch, delivery)
    return delivery
  }

  #enqueue(call: AppendCall): void {
    for (const delivery of call.deliveries) {
      if (delivery.isWritten) delivery.settle?.()
      else this.#sender.push(this.#topics.queue(delivery.batch), delivery)
    }
    // Behind it: the queues of this call are in use now, and stay.
    if (this.#topics.trim()) this.#identities?.retire()
  }
}

function closed(): RetriableException {
  return new RetriableException('The log is closed')
}
