import {
  type BatchException,
  ConnectException,
  hasCode,
  isRetriable,
  type SinkRecord,
} from '../api/index.ts'
import type { LogRecord, TopicOffset } from '../log/log.ts'
import type { Slice } from './backlog.ts'
import type { FailedSinkRecord } from './error-log.ts'
import { RecordException } from './record-exception.ts'
import { toleranceExceeded, type Verdict } from './retry-with-tolerance.ts'
import { partitionKey } from './sink-offsets.ts'
import type { SinkRecordDecoder } from './sink-record-decoder.ts'

interface Judge {
  readonly toleratesAll: boolean
  judge(failed: FailedSinkRecord): Verdict
  refuse(failed: readonly FailedSinkRecord[]): void
}

/** What a sink is given at once: the same again after a RetriableException, less what was taken away meanwhile. */
export class SinkBatch {
  readonly #slices: readonly Slice[]
  readonly #judge: Judge
  #records: SinkRecord[] = []
  #ends: TopicOffset[] = []
  #failed: FailedSinkRecord[] = []
  /** Why the task ends behind this batch: a record that cannot be carried, and nothing tolerates it. */
  refusal: Error | undefined
  /** The first record that a converter or a transformation wants tried again, and all behind it. */
  rest: { readonly slices: readonly Slice[]; readonly inMs: number } | undefined

  private constructor(slices: readonly Slice[], judge: Judge) {
    this.#slices = slices
    this.#judge = judge
  }

  /** Up to the first record that ends the task or has to be tried again: what stands before it is still good. */
  static decode(slices: readonly Slice[], decoder: SinkRecordDecoder, judge: Judge): SinkBatch {
    const batch = new SinkBatch(slices, judge)
    for (const [index, slice] of slices.entries()) {
      if (!batch.#take(slice, index, decoder)) return batch
    }
    return batch
  }

  get records(): readonly SinkRecord[] {
    return this.#records
  }

  /** Where each partition stands when the batch is through. */
  get ends(): readonly TopicOffset[] {
    return this.#ends
  }

  /** Records that cannot be carried: the batch is through when somebody took care of them. */
  get failed(): readonly FailedSinkRecord[] {
    return this.#failed
  }

  /** Somebody did. */
  settleFailed(): void {
    this.#failed = []
  }

  drop(gone: ReadonlySet<string>): void {
    this.#records = this.#records.filter(
      ({ originalTopic: topic, originalPartition: partition }) =>
        !gone.has(partitionKey({ topic, partition })),
    )
    this.#ends = this.#ends.filter((end) => !gone.has(partitionKey(end)))
    this.#failed = this.#failed.filter((failed) => !gone.has(partitionKey(failed)))
  }

  /** The target took the records. */
  written(): void {
    this.#records = []
  }

  /** What `put` threw names records that are bad: the others were written. Throws it where it does not. */
  refuse(error: unknown): void {
    if (isRetriable(error)) throw error
    const named = this.#named(error)
    if (named === undefined) throw this.failure(error)
    // I2: what a system is to blame for comes again, with the whole batch.
    const trouble = named.find(({ error: each }) => isRetriable(each))
    if (trouble) throw trouble.error
    const failed = named.map(({ record, error: each }) => this.#failedPut(record, each))
    this.#judge.refuse(failed)
    if (!this.#judge.toleratesAll) {
      this.refusal = this.failure(error)
      this.#endBefore(failed)
    }
    this.#failed = [...this.#failed, ...failed]
  }

  /** False: the batch ends here. */
  #take(slice: Slice, index: number, decoder: SinkRecordDecoder): boolean {
    const { topic, partition, records, from, to, next } = slice
    const good = this.#records
    for (let at = from; at < to; at++) {
      const raw = records[at] as LogRecord
      try {
        const record = decoder.decode(topic, partition, raw)
        if (record !== null) good.push(record)
      } catch (error) {
        const refused = error as RecordException
        const failed = { topic, partition, raw, refused }
        const verdict = this.#judge.judge(failed)
        if (verdict === 'skip') {
          this.#failed.push(failed)
          continue
        }
        this.#ends.push({ topic, partition, offset: raw.offset })
        if (verdict === 'fail') {
          if (refused.isTolerable) this.#failed.push(failed)
          this.refusal = toleranceExceeded(refused)
        } else {
          const slices = [{ ...slice, from: at }, ...this.#slices.slice(index + 1)]
          this.rest = { slices, inMs: verdict }
        }
        return false
      }
    }
    this.#ends.push({ topic, partition, offset: next })
    return true
  }

  /** In the order of the batch; undefined when the error does not say which records are meant. */
  #named(error: unknown): readonly NamedRecord[] | undefined {
    if (!hasCode(error, 'CONNECT_BATCH')) return undefined
    const { errors } = error as BatchException
    if (!(errors instanceof Map) || errors.size === 0) return undefined
    const named: NamedRecord[] = []
    for (const [index, each] of [...errors].sort(([a], [b]) => a - b)) {
      const record = this.#records[index]
      if (record === undefined) return undefined
      named.push({ record, error: each })
    }
    return named
  }

  #failedPut(record: SinkRecord, error: Error): FailedSinkRecord {
    const { originalTopic: topic, originalPartition: partition, originalOffset: offset } = record
    const raw = this.#slices
      .filter((slice) => slice.topic === topic && slice.partition === partition)
      .flatMap(({ records }) => records.find((each) => each.offset === offset) ?? [])
      .at(0) as LogRecord
    const refused = new RecordException(
      { stage: 'TASK_PUT', class: sinkTask, place: placeOf(record) },
      error,
    )
    return { topic, partition, raw, refused }
  }

  /** I1: of each partition only what stands before its first bad record counts. */
  #endBefore(failed: readonly FailedSinkRecord[]): void {
    const first = new Map<string, number>()
    for (const each of failed) {
      const key = partitionKey(each)
      first.set(key, Math.min(each.raw.offset, first.get(key) ?? Number.POSITIVE_INFINITY))
    }
    this.#ends = this.#ends.map((end) => {
      const offset = Math.min(end.offset, first.get(partitionKey(end)) ?? end.offset)
      return { ...end, offset }
    })
  }

  /** What `put` threw, with the place: the record where it is known, else the range of each partition. */
  failure(error: unknown): ConnectException {
    const named = this.#named(error)
    const cause = named?.[0]?.error ?? error
    const reason = error instanceof Error ? error.message : String(error)
    const hint = (error as { hint?: string }).hint ?? (cause as { hint?: string }).hint
    const place = named ? namedPlaces(named) : this.#ranges()
    return new ConnectException(`The sink refused ${place}: ${reason}`, { cause, hint })
  }

  #ranges(): string {
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

interface NamedRecord {
  readonly record: SinkRecord
  readonly error: Error
}

/** What Connect says of records that a sink reports. */
const sinkTask = 'org.apache.kafka.connect.sink.SinkTask'
const mostNamed = 5

function namedPlaces(named: readonly NamedRecord[]): string {
  const places = named.slice(0, mostNamed).map(({ record }) => placeOf(record))
  const more = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : ''
  return `the records at ${places.join(', ')}${more}`
}

function placeOf({ originalTopic, originalPartition, originalOffset }: SinkRecord): string {
  return `${originalTopic}-${originalPartition}@${originalOffset}`
}
