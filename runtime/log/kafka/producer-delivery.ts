import type { EncodedBatch } from '../log.ts'

/** Who writes. The broker numbers through what one identity writes to a partition, and so knows a batch that comes twice. */
export interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface Stamp {
  readonly identity: Identity
  readonly baseSequence: number
}

/** What goes into one request: a whole batch, or a part of one that was too large. */
export interface Piece {
  /** As the caller gave it, plain. */
  readonly batch: EncodedBatch
  /** As it is sent: compressed and stamped. */
  bytes?: Uint8Array | undefined
  stamp?: Stamp | undefined
  /** It was sent and no answer came: perhaps it is in the log. */
  isInDoubt: boolean
  /** How often it was sent anew under another identity. */
  renewals: number
}

export const pieceOf = (batch: EncodedBatch): Piece => ({ batch, isInDoubt: false, renewals: 0 })

/** A batch on its way into the log. It outlives the call that failed: appended again, it goes on where it was, under the same sequence number. */
export class Delivery {
  readonly batch: EncodedBatch
  #pieces: readonly Piece[]
  #written = 0
  #baseOffset = -1
  /** Who waits for it; undefined while nobody does. */
  settle: ((error?: Error) => void) | undefined

  constructor(batch: EncodedBatch) {
    this.batch = batch
    this.#pieces = [pieceOf(batch)]
  }

  /** What has to be written next; undefined when the log holds all of it. */
  get piece(): Piece | undefined {
    return this.#pieces[this.#written]
  }

  get isWritten(): boolean {
    return this.piece === undefined
  }

  get baseOffset(): number {
    return this.#baseOffset
  }

  written(baseOffset: number): void {
    if (this.#written === 0) this.#baseOffset = baseOffset
    this.#written++
    // What was written is not needed again.
    if (this.isWritten) this.#pieces = []
  }

  /** Puts smaller pieces in the place of the next one. */
  split(batches: readonly EncodedBatch[]): void {
    this.#pieces = [
      ...this.#pieces.slice(0, this.#written),
      ...batches.map(pieceOf),
      ...this.#pieces.slice(this.#written + 1),
    ]
  }
}
