import type { EncodedBatch, TopicPartition } from '../log.ts'
import type { Delivery, Identity, Piece } from './producer-delivery.ts'

/** Sequence numbers begin anew at 0 behind the largest. */
const SEQUENCES = 2 ** 31

/**
 * What waits for one partition, in order (I3), one piece under way at a time. It gives the pieces their sequence numbers: a piece keeps its own
 * for as long as the log may hold it.
 */
export class PartitionQueue implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** The broker that leads, as far as is known. */
  leader: number | undefined
  /** Somebody takes care of it: looks for its leader, sends its head, or waits to try again. */
  isBusy = false
  failures = 0
  /** Its brokers have not known it for a while. */
  isMissing = false
  failingSinceMs: number | undefined
  sentAtMs = 0
  /** Nothing of this producer that is in doubt lies below; undefined while nobody had to know. */
  floor: number | undefined
  readonly #waiting: Delivery[] = []
  #identity: Identity | undefined
  /** The identity must not number anything more: its next number is not known for sure. */
  #isSpent = false
  #nextSequence = 0
  /** Given back to its caller, who may come again with it. */
  #doubt: Piece | undefined

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
  }

  get head(): Piece | undefined {
    return this.#waiting[0]?.piece
  }

  /** The last one; `needsIdentity` says whether it is good for the head. */
  get identity(): Identity | undefined {
    return this.#identity
  }

  /** Nothing waits, and nobody is expected to come back. */
  get isIdle(): boolean {
    return !this.isBusy && this.#waiting.length === 0 && this.#doubt === undefined
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery)
  }

  /**
   * Whether the head can only be numbered under another identity: there is none yet, or something else than what is in doubt comes next, and a
   * number must not be given twice.
   */
  get needsIdentity(): boolean {
    const { head } = this
    if (head === undefined || head.stamp !== undefined) return false
    return this.#identity === undefined || this.#isSpent || this.#doubt !== undefined
  }

  identify(identity: Identity): void {
    if (identity === this.#identity) return
    this.#identity = identity
    this.#isSpent = false
    this.#nextSequence = 0
    this.#doubt = undefined
  }

  /** Numbers the head, unless it has its number. */
  number(piece: Piece): void {
    if (piece.stamp !== undefined || this.#identity === undefined) return
    piece.stamp = { identity: this.#identity, baseSequence: this.#nextSequence }
    this.#nextSequence = (this.#nextSequence + piece.batch.records) % SEQUENCES
  }

  /** The log holds the head. */
  written(baseOffset: number): void {
    const delivery = this.#waiting[0]
    if (delivery?.piece === this.#doubt) this.#doubt = undefined
    this.#recovered()
    const records = delivery?.piece?.batch.records ?? 0
    if (baseOffset >= 0 && this.#doubt === undefined) this.floor = baseOffset + records
    delivery?.written(baseOffset)
    if (!delivery?.isWritten) return
    this.#waiting.shift()
    delivery.settle?.()
  }

  /** The log will not take the head as it is, and does not hold it. */
  split(batches: readonly EncodedBatch[]): void {
    this.#takeNumberBack()
    this.#waiting[0]?.split(batches)
  }

  /** The broker does not know the head's identity, or not its number: it gets another one of each. */
  renew(): void {
    const { head } = this
    if (head === undefined) return
    if (head.stamp?.identity === this.#identity) this.#isSpent = true
    head.stamp = undefined
    head.renewals++
  }

  /** Gives up the head, and with it all that waits behind: order is kept when the callers come again in order (I3). */
  fail(error: Error, errorBehind: Error): void {
    const { head } = this
    if (head?.isInDoubt) this.#doubt = head
    else this.#takeNumberBack()
    this.#recovered()
    this.leader = undefined
    const [first, ...behind] = this.#waiting.splice(0)
    first?.settle?.(error)
    for (const delivery of behind) delivery.settle?.(errorBehind)
  }

  /** As if nothing had been written yet: the next identity numbers from 0. */
  restart(): void {
    this.#identity = undefined
    this.#isSpent = false
    this.#doubt = undefined
  }

  #recovered(): void {
    this.failures = 0
    this.isMissing = false
    this.failingSinceMs = undefined
    this.sentAtMs = 0
  }

  #takeNumberBack(): void {
    const { head } = this
    if (head?.stamp === undefined) return
    if (head.stamp.identity === this.#identity && !head.isInDoubt)
      this.#nextSequence = head.stamp.baseSequence
    else if (head.stamp.identity === this.#identity) this.#isSpent = true
    head.stamp = undefined
  }
}
