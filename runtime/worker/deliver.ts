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
import type { SinkOffsets } from './sink-offsets.ts'
import { Retries, type TaskContext } from './task-context.ts'

/** Puts batches, the same one again until the target takes it. */
export class SinkDelivery {
  readonly #context: TaskContext
  readonly #task: SinkTask
  readonly #calls: SerialCalls
  readonly #offsets: SinkOffsets
  readonly #limits: RetryLimits | undefined
  readonly #retries: Retries
  #inHand: SinkBatch | undefined

  constructor(
    context: TaskContext,
    parts: {
      readonly task: SinkTask
      readonly calls: SerialCalls
      readonly offsets: SinkOffsets
      readonly limits: RetryLimits | undefined
    },
  ) {
    this.#context = context
    this.#task = parts.task
    this.#calls = parts.calls
    this.#offsets = parts.offsets
    this.#limits = parts.limits
    this.#retries = new Retries(context, 'Writing to the target')
  }

  /** Partitions were taken away: what is in hand of them is not put again. */
  drop(gone: ReadonlySet<string>): void {
    this.#inHand?.drop(gone)
  }

  /** `wait` passes the time between two tries; false: it shall not be tried again. */
  async deliver(batch: SinkBatch, wait: (ms: number) => Promise<boolean>): Promise<boolean> {
    this.#inHand = batch
    let counted = 0
    try {
      for (;;) {
        try {
          await this.#calls.run(() => this.#put(batch))
          this.#retries.over()
          return true
        } catch (error) {
          if (!isRetriable(error)) throw batch.failure(error)
          if (error.counted && this.#limits && ++counted > this.#limits.max) {
            throw batch.failure(error)
          }
          if (!(await wait(this.#waitMs(error)))) return false
        }
      }
    } finally {
      this.#inHand = undefined
    }
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
      await withDeadline(put, 'A put of the sink')
      meter.call(performance.now() - began)
      meter.batch(records.length)
      meter.counts.recordsOut += records.length
    }
    // I1: filtered ones count as delivered too, once everything before them is.
    this.#offsets.deliver(batch.ends)
  }
}
