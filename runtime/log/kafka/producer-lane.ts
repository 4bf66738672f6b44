import type { PartitionQueue } from './partition-queue.ts'
import type { Piece } from './producer-delivery.ts'

/** A batch that can be sent. */
export interface Ready {
  readonly queue: PartitionQueue
  readonly piece: Piece
  readonly bytes: Buffer
}

export interface LaneLimits {
  readonly requestBytes: number
  /** Under way at a time. */
  readonly requests: number
}

/** What goes to one broker: batches that are ready wait here for a request with room. */
export class ProducerLane {
  readonly #limits: LaneLimits
  readonly #send: (batches: readonly Ready[]) => Promise<void>
  readonly #ready: Ready[] = []
  #underWay = 0
  #isScheduled = false

  constructor(limits: LaneLimits, send: (batches: readonly Ready[]) => Promise<void>) {
    this.#limits = limits
    this.#send = send
  }

  /** What becomes ready in the same turn shares a request. */
  add(ready: Ready): void {
    this.#ready.push(ready)
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#ready.length > 0 && this.#underWay < this.#limits.requests) {
      this.#underWay++
      void this.#send(this.#take()).finally(() => {
        this.#underWay--
        this.#flush()
      })
    }
  }

  #take(): Ready[] {
    let bytes = 0
    let count = 0
    for (const ready of this.#ready) {
      bytes += ready.bytes.length
      if (count > 0 && bytes > this.#limits.requestBytes) break
      count++
    }
    return this.#ready.splice(0, count)
  }
}
