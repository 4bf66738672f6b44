import type { OffsetMap } from '../api/index.ts'
import { BatchBuilder, type EncodableHeader } from '../log/batch/batch-builder.ts'
import type { EncodedBatch } from '../log/log.ts'

/** A batch of this size is closed: large enough to be cheap to store, small enough to be read piece by piece. */
const batchBytes = 256 * 1024
/** Builders keep their memory for the next batch. */
const mostIdleBuilders = 64

export interface SourceOffset {
  readonly partition: OffsetMap
  readonly offset: OffsetMap
}

/** What goes to the log in one transaction: encoded batches, and how far the source is with them. */
export interface Submission {
  readonly batches: readonly EncodedBatch[]
  /** The last offset of each source partition. */
  readonly offsets: readonly SourceOffset[]
  /** Records in `batches`. */
  readonly records: number
  /** Records pulled for it, dropped ones included. */
  readonly pulled: number
}

/** Collects records of a source, in order, until the log is free to take them. */
export class RecordDraft {
  readonly #builders = new Map<string, BatchBuilder[]>()
  #closed: EncodedBatch[] = []
  #bytes = 0
  #offsets = new Map<string, { partition: OffsetMap; offset: OffsetMap }>()
  #lastPartition: OffsetMap | undefined
  #lastEntry: { offset: OffsetMap } | undefined
  #records = 0
  #pulled = 0

  get isEmpty(): boolean {
    return this.#pulled === 0
  }

  get records(): number {
    return this.#records
  }

  get pulled(): number {
    return this.#pulled
  }

  get bytes(): number {
    return this.#bytes
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly EncodableHeader[] | undefined,
  ): void {
    const builder = this.#builder(topic, partition)
    const before = builder.bytes
    if (headers === undefined) builder.append(key, value, timestamp)
    else builder.append(key, value, timestamp, headers)
    this.#records++
    this.#bytes += builder.bytes - before
    if (builder.bytes >= batchBytes) this.#closed.push(builder.build())
  }

  /** After the record itself, also of one that was dropped: it counts as delivered (I1). */
  advance(partition: OffsetMap, offset: OffsetMap): void {
    this.#pulled++
    if (partition === this.#lastPartition && this.#lastEntry) {
      this.#lastEntry.offset = offset
      return
    }
    const key = JSON.stringify(partition, tagBigint)
    let entry = this.#offsets.get(key)
    if (entry) entry.offset = offset
    else {
      entry = { partition, offset }
      this.#offsets.set(key, entry)
    }
    this.#lastPartition = partition
    this.#lastEntry = entry
  }

  /** What was collected; the draft is empty again. */
  take(): Submission {
    for (const builders of this.#builders.values()) {
      builders.forEach((builder) => {
        if (builder.records > 0) this.#closed.push(builder.build())
      })
    }
    const submission = {
      batches: this.#closed,
      offsets: [...this.#offsets.values()],
      records: this.#records,
      pulled: this.#pulled,
    }
    this.#closed = []
    this.#bytes = 0
    this.#offsets = new Map()
    this.#lastPartition = undefined
    this.#lastEntry = undefined
    this.#records = 0
    this.#pulled = 0
    if (this.#builders.size > mostIdleBuilders) this.#builders.clear()
    return submission
  }

  #builder(topic: string, partition: number): BatchBuilder {
    let builders = this.#builders.get(topic)
    if (builders === undefined) {
      builders = []
      this.#builders.set(topic, builders)
    }
    let builder = builders[partition]
    if (builder === undefined) {
      builder = new BatchBuilder({ topic, partition })
      builders[partition] = builder
    }
    return builder
  }
}

/** A bigint is not a text of the same digits. */
function tagBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `\0${value}` : value
}
