import type { Fetched, LogRecord, TopicPartition } from '../log/log.ts'
import { partitionKey } from './sink-offsets.ts'

/** A stretch of one partition's records, and the offset after it. */
export interface Slice extends TopicPartition {
  readonly records: readonly LogRecord[]
  readonly from: number
  readonly to: number
  readonly next: number
}

interface Waiting {
  readonly fetched: Fetched
  from: number
}

/** What was read from the log and not given to the sink yet; in order within each partition. */
export class Backlog {
  #waiting: Waiting[] = []
  #records = 0
  #firstMs = 0

  get records(): number {
    return this.#records
  }

  /** Nothing left: not even a gap whose end must be noted. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** When the oldest of it came. */
  get firstMs(): number {
    return this.#firstMs
  }

  add(fetched: readonly Fetched[]): void {
    if (fetched.length === 0) return
    if (this.isEmpty) this.#firstMs = performance.now()
    for (const each of fetched) {
      this.#waiting.push({ fetched: each, from: 0 })
      this.#records += each.records.length
    }
  }

  /** The next so many records, or so many bytes of keys and values; at least one. */
  take(most: { readonly records: number; readonly bytes: number }): Slice[] {
    const slices: Slice[] = []
    let count = 0
    let bytes = 0
    while (this.#waiting.length > 0 && count < most.records && bytes < most.bytes) {
      const [{ fetched, from }] = this.#waiting as [Waiting]
      const { topic, partition, records } = fetched
      let to = from
      while (to < records.length && count < most.records && bytes < most.bytes) {
        const { key, value } = records[to] as LogRecord
        const size = (key?.length ?? 0) + (value?.length ?? 0)
        if (count > 0 && bytes + size > most.bytes) {
          bytes = most.bytes
          break
        }
        bytes += size
        count++
        to++
      }
      const isWhole = to === records.length
      const next = isWhole ? fetched.next : (records[to] as LogRecord).offset
      if (to > from || isWhole) slices.push({ topic, partition, records, from, to, next })
      if (isWhole) this.#waiting.shift()
      else (this.#waiting[0] as Waiting).from = to
    }
    this.#records -= count
    this.#firstMs = performance.now()
    return slices
  }

  /** Taken too early: handed out again, before everything else. */
  giveBack(slices: readonly Slice[]): void {
    const waiting = slices.map(({ topic, partition, records, from, to, next }) => ({
      fetched: { topic, partition, records: records.slice(from, to), next },
      from: 0,
    }))
    this.#waiting.unshift(...waiting)
    for (const { fetched } of waiting) this.#records += fetched.records.length
  }

  drop(gone: ReadonlySet<string>): void {
    this.#waiting = this.#waiting.filter(({ fetched, from }) => {
      if (!gone.has(partitionKey(fetched))) return true
      this.#records -= fetched.records.length - from
      return false
    })
  }

  clear(): void {
    this.#waiting = []
    this.#records = 0
  }
}
