import { asBuffer } from '../batch/batch-decoder.ts'
import * as layout from '../batch/layout.ts'
import type { LogRecord, TopicPartition } from '../log.ts'
import { RecordSet, type RecordSetOptions } from './records/record-set.ts'

/** A partition of one incarnation of its topic: a topic that was deleted and made again has another id. */
export interface Incarnation extends TopicPartition {
  readonly topicId: string
}

export interface TakeLimit {
  readonly records: number
  readonly bytes: number
  /** One batch comes, however large it is. */
  readonly atLeastOne: boolean
}

export interface Taken {
  readonly records: LogRecord[]
  readonly bytes: number
}

/** A partition that is read: how far, what was fetched of it and waits, and what stands in the way of fetching more. */
export class PartitionPosition implements Incarnation {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  isPaused = false
  /** A fetch that asks for it is under way. */
  isAsked = false
  /** More is there than was fetched, or may be: nobody has looked yet. */
  isBehind = true
  /** The broker does not hold `fetchFrom`. */
  isOutOfRange = false
  /** Why reading cannot go on, until it is moved by hand; counts once everything fetched before it is delivered. */
  failure: Error | undefined
  notBeforeMs = 0
  failures = 0
  /** A nearer replica that the leader named, and until when to believe it. */
  replica: { readonly node: number; readonly untilMs: number } | undefined
  /** When a broker last answered for it: until then it was the topic that `topicId` names. */
  seenMs = performance.now()
  /** Metadata of before this moment prove nothing: something hints at another topic of the same name. */
  doubtMs = 0
  highWatermark = 0
  logStart = 0
  /** Under which leader the last record was written: -1 when that is not known. */
  epoch = -1
  /** The leader that is known to hold what was read. */
  comparedEpoch = -1
  #turn = 0
  #next: number
  #fetchFrom: number
  #sets: { readonly set: RecordSet; readonly bytes: number }[] = []
  #bytes = 0

  constructor({ topic, partition, topicId }: Incarnation, offset: number) {
    this.topic = topic
    this.partition = partition
    this.topicId = topicId
    this.#next = offset
    this.#fetchFrom = offset
  }

  /** For messages. */
  get name(): string {
    return `Topic "${this.topic}", partition ${this.partition}`
  }

  /** The offset to deliver next. */
  get next(): number {
    return this.#next
  }

  /** The offset to fetch next. */
  get fetchFrom(): number {
    return this.#fetchFrom
  }

  /** Grows when it is moved by hand: an answer to a request of before is void. */
  get turn(): number {
    return this.#turn
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Goes on from there, as if nothing had been. */
  move(offset: number): void {
    this.#next = offset
    this.drop()
    this.failure = undefined
    this.notBeforeMs = 0
    this.failures = 0
    this.epoch = -1
  }

  /** Ends the reading here, until it is moved by hand. */
  fail(error: Error): void {
    this.drop()
    this.failure = error
  }

  /** Forgets what was fetched and is not delivered. */
  drop(): void {
    this.#turn++
    this.#fetchFrom = this.#next
    this.#sets = []
    this.#bytes = 0
    this.isAsked = false
    this.isBehind = true
    this.isOutOfRange = false
  }

  /** The broker cannot serve it now: a while later, when it is surer where to ask. */
  retryLater(backoffMs: number, maxMs: number): void {
    this.notBeforeMs = performance.now() + Math.min(maxMs, backoffMs * 2 ** this.failures++)
    this.isBehind = true
    this.replica = undefined
  }

  /** Keeps what a fetch brought, undecoded. */
  keep(bytes: Buffer, options: Omit<RecordSetOptions, 'from'>): void {
    const from = this.#fetchFrom
    this.#sets.push({ set: new RecordSet(bytes, this, { ...options, from }), bytes: bytes.length })
    this.#bytes += bytes.length
    this.#fetchFrom = Math.max(from, endOf(bytes))
  }

  /** Whole batches within the limit. Damage is thrown, again at every try; what came before it is given first. */
  take(limit: TakeLimit): Taken {
    const records: LogRecord[] = []
    let bytes = 0
    try {
      for (let first = this.#sets[0]; first !== undefined; first = this.#sets[0]) {
        const { set } = first
        const size = set.bytesAhead
        if (size === 0) {
          this.#sets.shift()
          this.#bytes -= first.bytes
          continue
        }
        const isFirst = limit.atLeastOne && records.length === 0
        const isTooMuch =
          records.length + set.recordsAhead > limit.records || bytes + size > limit.bytes
        if (isTooMuch && !isFirst) break
        set.readBatch(records)
        bytes += size
        this.#next = set.next
        this.epoch = set.leaderEpoch
      }
    } catch (error) {
      if (records.length === 0) throw error
    }
    return { records, bytes }
  }
}

/** The offset past the last whole batch, as the headers say; they are checked when they are decoded. */
function endOf(bytes: Uint8Array): number {
  const buffer = asBuffer(bytes)
  let end = 0
  for (let at = 0; at + layout.HEADER_BYTES <= buffer.length; ) {
    const size = buffer.readInt32BE(at + layout.BATCH_LENGTH) + layout.LENGTH_EXCLUDES
    if (size < layout.HEADER_BYTES || at + size > buffer.length) break
    const base = layout.readInt64(buffer, at + layout.BASE_OFFSET)
    end = base + buffer.readInt32BE(at + layout.LAST_OFFSET_DELTA) + 1
    at += size
  }
  return end
}
