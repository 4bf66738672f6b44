import type { EncodedBatch, Transaction } from '../log.ts'
import type { GroupAdmin } from './admin-groups.ts'
import type { KafkaMembers } from './kafka-members.ts'
import type { Producer } from './producer.ts'
import { twice } from './producer-call.ts'

/** How a log writes. */
export interface LogWriter {
  readonly isTransactional: boolean
  write(transaction: Transaction): Promise<readonly number[]>
  /** Resolves when all that was written can be read. */
  visible(): Promise<void>
  close(): Promise<void>
}

/** Batches that were written and answered for: each is the log's only once. */
export class AnsweredBatches {
  readonly #batches = new WeakSet<EncodedBatch>()

  refuse(batches: readonly EncodedBatch[]): void {
    if (batches.some((batch) => this.#batches.has(batch))) throw twice()
  }

  add(batches: readonly EncodedBatch[]): void {
    for (const batch of batches) this.#batches.add(batch)
  }
}

/** Records first, then offsets: whoever dies between the two repeats records (I1). */
export class PlainWriter implements LogWriter {
  readonly isTransactional = false
  readonly #producer: Producer
  readonly #groups: GroupAdmin
  readonly #members: KafkaMembers
  readonly #answered = new AnsweredBatches()

  constructor(producer: Producer, groups: GroupAdmin, members: KafkaMembers) {
    this.#producer = producer
    this.#groups = groups
    this.#members = members
  }

  async write({ append, groupOffsets }: Transaction): Promise<readonly number[]> {
    this.#answered.refuse(append)
    // Refused before the first byte is sent.
    const member = groupOffsets && this.#members.of(groupOffsets)
    const offsets = await this.#producer.append(append)
    if (groupOffsets) await this.#groups.commit(groupOffsets.group, groupOffsets.offsets, member)
    this.#answered.add(append)
    return offsets
  }

  async visible(): Promise<void> {}

  close(): Promise<void> {
    return this.#producer.close()
  }
}
