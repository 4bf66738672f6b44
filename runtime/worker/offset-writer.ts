import { setTimeout } from 'node:timers/promises'
import { offsetKey } from '../storage/offset-records.ts'
import type { OffsetEncoder } from './offset-encoder.ts'
import type { SourceOffset } from './record-draft.ts'
import { Retries, type TaskContext } from './task-context.ts'
import { untilTaken } from './until-taken.ts'

/** A source that delivers all the time writes its offsets no more often: each write is one that the brokers keep until they compact. */
const apartMs = 200

export interface OffsetWriterEvents {
  onWritten(offsets: readonly SourceOffset[]): Promise<void>
  /** The log refused them: nothing more is written. */
  onFailure(error: unknown): void
}

/**
 * Writes source offsets on a log where they are no part of the records' transaction: behind the records, one write at a time, and what comes
 * meanwhile goes together into the next. A kill between the two costs duplicates (I4).
 */
export class OffsetWriter {
  readonly #context: TaskContext
  readonly #encoder: OffsetEncoder
  readonly #events: OffsetWriterEvents
  readonly #retries: Retries
  /** The latest of each source partition (I6). */
  #waiting = new Map<string, SourceOffset>()
  #writing: Promise<void> | undefined
  #hurry = new AbortController()
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(context: TaskContext, encoder: OffsetEncoder, events: OffsetWriterEvents) {
    this.#context = context
    this.#encoder = encoder
    this.#events = events
    this.#retries = new Retries(context, 'Writing source offsets')
  }

  /** Of records that the log holds (I1). */
  add(offsets: readonly SourceOffset[]): void {
    const { connector } = this.#context.id
    for (const each of offsets) this.#waiting.set(offsetKey(connector, each.partition), each)
    this.#writing ??= this.#writeAll()
  }

  /** Resolves when everything that was added is written, or failed. */
  async drained(): Promise<void> {
    this.#hurry.abort()
    await this.#writing
    this.#hurry = new AbortController()
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        await this.#apart()
        const offsets = [...this.#waiting.values()]
        this.#waiting = new Map()
        await this.#write(offsets)
      }
    } catch (error) {
      this.#events.onFailure(error)
    } finally {
      this.#writing = undefined
    }
  }

  async #apart(): Promise<void> {
    const waitMs = this.#lastMs + apartMs - performance.now()
    const { signal } = this.#hurry
    if (waitMs > 0) await setTimeout(waitMs, undefined, { signal }).catch(() => undefined)
    this.#lastMs = performance.now()
  }

  async #write(offsets: readonly SourceOffset[]): Promise<void> {
    const { workerLog, meter } = this.#context
    const batches = await this.#encoder.encode(offsets)
    const began = performance.now()
    await untilTaken(this.#context, this.#retries, () => workerLog.append(batches))
    meter.commit(performance.now() - began)
    await this.#events.onWritten(offsets)
  }
}
