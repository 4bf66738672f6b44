import { ConnectException, hasCode } from '../../api/errors.ts'
import type { Fetched, PollOptions, TopicPartition } from '../log.ts'
import type { Link } from './link.ts'
import type { Holding, WriterRequest } from './protocol.ts'
import type { Reader } from './reader.ts'

/** What fits into a processor's cache is checked and decoded faster than more. */
const DEFAULT_MAX_BYTES = 1024 * 1024

/** A longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** A long wait may take so much longer. */
const TIMER_SLACK_MS = 64

/** A partition that is read, and how far. */
export interface Cursor extends Holding {
  position: number
  isPaused: boolean
}

/** Reads a set of partitions in turn and waits at their ends. */
export class Fetcher {
  readonly #reader: Reader
  readonly #writer: Link<WriterRequest>
  readonly #cursors = new Map<string, Cursor>()
  /** Where the next round begins, so that no partition starves. */
  #turn = 0
  /** The writer's promise to say when there is more: while it stands there is nothing to read, and nobody looks. */
  #watch: number | undefined
  #wake: () => void = () => {}
  #signal: AbortSignal | undefined
  readonly #onAbort = () => this.#wake()
  #fail: (error: Error) => void = () => {}

  constructor(reader: Reader, writer: Link<WriterRequest>) {
    this.#reader = reader
    this.#writer = writer
  }

  get cursors(): IterableIterator<Cursor> {
    return this.#cursors.values()
  }

  find(place: TopicPartition): Cursor | undefined {
    return this.#cursors.get(keyOf(place))
  }

  cursor(place: TopicPartition): Cursor {
    const cursor = this.find(place)
    if (cursor) return cursor
    throw new ConnectException(
      `Partition ${place.partition} of topic "${place.topic}" is not assigned to this consumer`,
    )
  }

  add({ topic, partition, id }: Holding, position: number): void {
    const cursor = { topic, partition, id, position, isPaused: false }
    this.#cursors.set(keyOf(cursor), cursor)
    this.changed()
  }

  remove(places: readonly TopicPartition[]): void {
    for (const place of places) this.#cursors.delete(keyOf(place))
    this.changed()
  }

  close(): void {
    this.#cursors.clear()
    this.changed()
    this.#listenTo(undefined)
    this.#wake()
  }

  /** Positions or pauses are others now: look again. */
  changed(): void {
    if (this.#watch === undefined) return
    this.#writer.forget(this.#watch)
    this.#watch = undefined
  }

  /** One round over the partitions, in whole batches, until a limit is reached. */
  fetch({ maxRecords = Infinity, maxBytes = DEFAULT_MAX_BYTES }: PollOptions): Fetched[] {
    const fetched: Fetched[] = []
    if (this.#watch !== undefined) return fetched
    const cursors = [...this.#cursors.values()]
    const start = this.#turn
    let records = 0
    let bytes = 0
    for (let i = 0; i < cursors.length && records < maxRecords && bytes < maxBytes; i++) {
      const cursor = cursors[(start + i) % cursors.length] as Cursor
      this.#turn = (start + i + 1) % cursors.length
      if (cursor.isPaused) continue
      const read = this.#read(cursor, {
        records: maxRecords - records,
        bytes: maxBytes - bytes,
        atLeastOne: fetched.length === 0,
      })
      if (!read || read.records.length === 0) continue
      records += read.records.length
      bytes += read.bytes
      const { topic, partition } = cursor
      fetched.push({ topic, partition, records: read.records, next: read.next })
    }
    return fetched
  }

  #read(
    cursor: Cursor,
    limit: Parameters<Reader['read']>[2],
  ): ReturnType<Reader['read']> | undefined {
    try {
      const read = this.#reader.read(cursor, cursor.position, limit)
      cursor.position = read.next
      return read
    } catch (error) {
      // Deleted a moment ago: the next rebalance takes it away.
      if (hasCode(error, 'CONNECT_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Until there is more to read, `wake` is called, the topics are no longer those of `topicsVersion`, the signal aborts, or the time is over. */
  async wait(
    ms: number,
    signal: AbortSignal | undefined,
    topicsVersion: number | undefined,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#fail = reject
    this.#listenTo(signal)
    this.#watch ??= this.#startWatch(topicsVersion)
    const timer = setTimeout(resolve, aligned(ms))
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#wake = () => {}
      this.#fail = () => {}
    }
  }

  /** Most callers pass the same signal to every poll: then it is listened to once. */
  #listenTo(signal: AbortSignal | undefined): void {
    if (signal === this.#signal) return
    this.#signal?.removeEventListener('abort', this.#onAbort)
    signal?.addEventListener('abort', this.#onAbort)
    this.#signal = signal
  }

  wake(): void {
    this.#wake()
  }

  #startWatch(topics: number | undefined): number {
    const partitions = [...this.#cursors.values()]
      .filter((cursor) => !cursor.isPaused)
      .map(({ topic, partition, position }) => ({ topic, partition, offset: position }))
    const over = () => {
      this.#watch = undefined
    }
    return this.#writer.watch(
      { op: 'watch', partitions, topics },
      {
        resolve: () => {
          over()
          this.#wake()
        },
        reject: (error) => {
          over()
          this.#fail(error)
        },
      },
    )
  }
}

/** Timers of readers that wait long fire together: one awakening of the thread serves them all. */
function aligned(ms: number): number {
  if (ms < 10 * TIMER_SLACK_MS) return ms
  const end = performance.now() + Math.min(ms, LONGEST_TIMER_MS - TIMER_SLACK_MS)
  return Math.ceil(end / TIMER_SLACK_MS) * TIMER_SLACK_MS - performance.now()
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}
