import {
  isRetriable,
  type RetriableException,
  type RetryLimits,
  type SinkTask,
} from '../api/index.ts'
import { withDeadline } from './deadline.ts'
import { phases } from './phases.ts'
import type { SerialCalls } from './serial-calls.ts'
import type { SinkBatch } from './sink-batch.ts'
import type { SinkErrors } from './sink-errors.ts'
import type { SinkOffsets } from './sink-offsets.ts'
import { Retries, type TaskContext } from './task-context.ts'

/** Passes so many ms; false: do not go on. */
type Wait = (ms: number) => Promise<boolean>

/** Puts batches, the same one again until the target takes it. */
export class SinkDelivery {
  readonly #context: TaskContext
  readonly #task: SinkTask
  readonly #calls: SerialCalls
  readonly #offsets: SinkOffsets
  readonly #limits: RetryLimits | undefined
  readonly #errors: SinkErrors
  readonly #retries: Retries
  #inHand: SinkBatch | undefined

  constructor(
    context: TaskContext,
    parts: {
      readonly task: SinkTask
      readonly calls: SerialCalls
      readonly offsets: SinkOffsets
      readonly limits: RetryLimits | undefined
      readonly errors: SinkErrors
    },
  ) {
    this.#context = context
    this.#task = parts.task
    this.#calls = parts.calls
    this.#offsets = parts.offsets
    this.#limits = parts.limits
    this.#errors = parts.errors
    this.#retries = new Retries(context, 'Writing to the target')
  }

  /** Partitions were taken away: what is in hand of them is not put again. */
  drop(gone: ReadonlySet<string>): void {
    this.#inHand?.drop(gone)
  }

  /** `wait` passes the time between two tries; false: it shall not be tried again. */
  async deliver(batch: SinkBatch, wait: Wait): Promise<boolean> {
    this.#inHand = batch
    try {
      // Where the task fails for them they are told of last, or each try to restart it would tell of them again.
      if (this.#errors.toleratesAll && !(await this.#setAside(batch, wait))) return false
      return (await this.#write(batch, wait)) && (await this.#setAside(batch, wait))
    } finally {
      this.#inHand = undefined
    }
  }

  async #write(batch: SinkBatch, wait: Wait): Promise<boolean> {
    let counted = 0
    for (;;) {
      try {
        await this.#calls.run(() => this.#put(batch))
        this.#retries.over()
        return true
      } catch (error) {
        if (!isRetriable(error)) throw error
        if (error.counted && this.#limits && ++counted > this.#limits.max) {
          throw batch.failure(error)
        }
        if (!(await wait(this.#waitMs(error)))) return false
      }
    }
  }

  /** I1: what cannot be carried is stored before anything behind it counts. */
  async #setAside(batch: SinkBatch, wait: Wait): Promise<boolean> {
    if (batch.failed.length === 0) return true
    if (!(await this.#errors.report(batch.failed, wait))) return false
    batch.settleFailed()
    if (batch.records.length === 0) this.#offsets.deliver(batch.ends)
    return true
  }

  #waitMs(error: RetriableException): number {
    return this.#retries.next(error, error.counted ? this.#limits?.backoffMs : undefined)
  }

  async #put(batch: SinkBatch): Promise<void> {
    const { records } = batch
    if (records.length > 0) {
      const { meter } = this.#context
      this.#context.enter()
      const began = performance.now()
      const put = phases.put.tracePromise(() => this.#task.put(records))
      const before = batch.failed.length
      try {
        await withDeadline(put, 'A put of the sink')
      } catch (error) {
        batch.refuse(error)
      }
      meter.call(performance.now() - began)
      meter.batch(records.length)
      meter.counts.recordsOut += records.length - (batch.failed.length - before)
      batch.written()
    }
    // I1: filtered ones count as delivered too, once everything before them is.
    if (batch.failed.length === 0) this.#offsets.deliver(batch.ends)
  }
}
