import type { BatchHeader } from '../../batch/batch-header.ts'
import * as layout from '../../batch/layout.ts'

/** As the broker lists them beside what was fetched: from `firstOffset` up to the next abort marker, what this producer wrote is void. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const NO_PRODUCER = -1n
const ABORT = 0

/** Knows, batch after batch in order of offsets, which belong to an aborted transaction: Java's rule (`CompletedFetch`). */
export class AbortedTransactions {
  readonly #coming: AbortedTransaction[]
  readonly #producers = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    // The last is the next one: nothing has to move when it is taken.
    this.#coming = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Call it once for each batch, control batches included. */
  includes(batch: Buffer, header: BatchHeader, marker: () => Buffer | null): boolean {
    if (this.#coming.length === 0 && this.#producers.size === 0) return false
    const producer = batch.readBigInt64BE(layout.PRODUCER_ID)
    if (producer === NO_PRODUCER) return false
    const last = header.baseOffset + header.span - 1
    while ((this.#coming.at(-1)?.firstOffset ?? Infinity) <= last)
      this.#producers.add((this.#coming.pop() as AbortedTransaction).producerId)
    if (header.isControl) {
      if (isAbort(marker())) this.#producers.delete(producer)
      return false
    }
    return header.isTransactional && this.#producers.has(producer)
  }
}

/** A marker's key is a version and a type, two bytes each. */
function isAbort(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === ABORT
}
