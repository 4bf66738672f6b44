import { type BatchException, ConnectException, hasCode, type SinkRecord } from '../api/index.ts'
import type { LogRecord, TopicOffset } from '../log/log.ts'
import type { Slice } from './backlog.ts'
import { partitionKey } from './sink-offsets.ts'
import type { SinkRecordDecoder } from './sink-record-decoder.ts'

/** What a sink is given at once: the same again after a RetriableException, less what was taken away meanwhile. */
export class SinkBatch {
  #records: SinkRecord[]
  #ends: TopicOffset[]
  /** Why the batch ends where it does: the record after it cannot be carried. */
  readonly refusal: Error | undefined

  private constructor(records: SinkRecord[], ends: TopicOffset[], refusal: Error | undefined) {
    this.#records = records
    this.#ends = ends
    this.refusal = refusal
  }

  /** Up to the first record that a converter or a transformation refuses: what stands before it is still good. */
  static decode(slices: readonly Slice[], decoder: SinkRecordDecoder): SinkBatch {
    const decoded: SinkRecord[] = []
    const ends: TopicOffset[] = []
    for (const { topic, partition, records, from, to, next } of slices) {
      for (let at = from; at < to; at++) {
        const raw = records[at] as LogRecord
        try {
          const record = decoder.decode(topic, partition, raw)
          if (record !== null) decoded.push(record)
        } catch (error) {
          ends.push({ topic, partition, offset: raw.offset })
          return new SinkBatch(decoded, ends, error as Error)
        }
      }
      ends.push({ topic, partition, offset: next })
    }
    return new SinkBatch(decoded, ends, undefined)
  }

  get records(): readonly SinkRecord[] {
    return this.#records
  }

  /** Where each partition stands when the batch is through. */
  get ends(): readonly TopicOffset[] {
    return this.#ends
  }

  drop(gone: ReadonlySet<string>): void {
    this.#records = this.#records.filter(
      ({ originalTopic: topic, originalPartition: partition }) =>
        !gone.has(partitionKey({ topic, partition })),
    )
    this.#ends = this.#ends.filter((end) => !gone.has(partitionKey(end)))
  }

  /** What `put` threw, with the place: the record where it is known, else the range of each partition. */
  failure(error: unknown): ConnectException {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = error instanceof Error ? (error as { hint?: string }).hint : undefined
    return new ConnectException(`The sink refused ${this.#place(error)}: ${reason}`, {
      cause: error,
      hint,
    })
  }

  #place(error: unknown): string {
    if (hasCode(error, 'CONNECT_BATCH') && (error as BatchException).errors instanceof Map) {
      const named = [...(error as BatchException).errors.keys()].flatMap((index) => {
        const record = this.#records[index]
        return record === undefined ? [] : [placeOf(record)]
      })
      const more = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : ''
      return `the records at ${named.slice(0, mostNamed).join(', ')}${more}`
    }
    const ranges = new Map<string, [first: SinkRecord, last: SinkRecord]>()
    for (const record of this.#records) {
      const { originalTopic: topic, originalPartition: partition } = record
      const key = partitionKey({ topic, partition })
      const range = ranges.get(key)
      if (range) range[1] = record
      else ranges.set(key, [record, record])
    }
    const texts = Array.from(ranges.values(), ([first, last]) =>
      first === last ? placeOf(first) : `${placeOf(first)}-${last.originalOffset}`,
    )
    return `one of ${this.#records.length} records at ${texts.join(', ')}`
  }
}

const mostNamed = 5

function placeOf({ originalTopic, originalPartition, originalOffset }: SinkRecord): string {
  return `${originalTopic}-${originalPartition}@${originalOffset}`
}
