import { hasCode } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import { partitionKey, type SinkOffsets } from './sink-offsets.ts'

const everyMs = 1000

/** How far the target is behind the log, per partition and in records: measured about once a second, while something moves. */
export class SinkLag {
  readonly #log: Log
  readonly #offsets: SinkOffsets
  #isStale = true
  #dueMs = 0

  constructor(log: Log, offsets: SinkOffsets) {
    this.#log = log
    this.#offsets = offsets
  }

  moved(): void {
    this.#isStale = true
  }

  /** Infinite when nothing moved since the last time. */
  get dueInMs(): number {
    return this.#isStale ? Math.max(0, this.#dueMs - performance.now()) : Number.POSITIVE_INFINITY
  }

  /** The most that any partition is behind. */
  async measure(): Promise<number> {
    this.#isStale = false
    this.#dueMs = performance.now() + everyMs
    const delivered = this.#offsets.delivered()
    const ends = new Map<string, number>()
    for (const topic of new Set(delivered.map(({ topic }) => topic))) {
      for (const { partition, latest } of await this.#ends(topic)) {
        ends.set(partitionKey({ topic, partition }), latest)
      }
    }
    return delivered.reduce(
      (most, each) => Math.max(most, (ends.get(partitionKey(each)) ?? 0) - each.offset),
      0,
    )
  }

  /** None of a topic that was deleted: the next read tells so, and this is no reason to fail. */
  async #ends(topic: string): ReturnType<Log['offsets']> {
    try {
      return await this.#log.offsets(topic)
    } catch (error) {
      if (hasCode(error, 'CONNECT_NOT_FOUND')) return []
      throw error
    }
  }
}
