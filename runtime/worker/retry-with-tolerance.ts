import { DataException, isRetriable } from '../api/index.ts'
import type { ErrorConfig } from './error-config.ts'
import type { RecordException } from './record-exception.ts'
import { Retries, type TaskContext } from './task-context.ts'

const firstDelayMs = 300

/** What becomes of a refused record: passed over, the end of the task, or another try in so many ms. */
export type Verdict = 'skip' | 'fail' | number

/**
 * What `errors.retry.…` and `errors.tolerance` say of records that a converter or a transformation refused. It is asked about failures alone:
 * records that pass cost nothing. One record at a time is tried again, the first that failed: nothing overtakes it (I3).
 */
export class RetryWithTolerance {
  readonly #context: TaskContext
  readonly #config: ErrorConfig
  readonly #retries: Retries
  #place: string | undefined
  #attempt = 0
  #beganMs = 0

  constructor(context: TaskContext, config: ErrorConfig) {
    this.#context = context
    this.#config = config
    this.#retries = new Retries(context, 'Converting or transforming a record')
  }

  get toleratesAll(): boolean {
    return this.#config.toleratesAll
  }

  judge(refused: RecordException): Verdict {
    const { meter } = this.#context
    meter.counts.recordFailures++
    meter.touch()
    const waitMs = this.#retryInMs(refused)
    if (waitMs !== undefined) return waitMs
    this.#place = undefined
    this.#retries.giveUp()
    return this.refuse(refused) ? 'skip' : 'fail'
  }

  /** Counts a record that is not tried again; whether the task goes on without it. */
  refuse(refused: RecordException): boolean {
    const { counts } = this.#context.meter
    counts.recordErrors++
    counts.lastErrorMs = Date.now()
    // Connect drops a record that ran out of retries even where nothing is tolerated; here the task fails.
    const goesOn = this.#config.toleratesAll && refused.isTolerable
    if (goesOn) counts.recordsSkipped++
    return goesOn
  }

  /** Records passed after the last verdict. */
  passed(): void {
    if (this.#place === undefined) return
    this.#place = undefined
    this.#retries.over()
  }

  /** Undefined: its time is over, or it was not one to try again. */
  #retryInMs(refused: RecordException): number | undefined {
    const { cause, place, isTolerable } = refused
    const { retryTimeoutMs, retryDelayMaxMs } = this.#config
    if (retryTimeoutMs <= 0 || !isTolerable || !isRetriable(cause)) return undefined
    const now = performance.now()
    if (place !== this.#place) {
      this.#place = place
      this.#beganMs = now
      this.#attempt = 0
    }
    const leftMs = this.#beganMs + retryTimeoutMs - now
    if (leftMs <= 0) return undefined
    this.#context.meter.counts.retries++
    this.#attempt++
    const delayMs = retryDelayMs(this.#attempt, retryDelayMaxMs)
    return Math.min(leftMs, this.#retries.next(cause, delayMs))
  }
}

/** Doubles from 300 ms; above the longest it is chance below that. */
export function retryDelayMs(attempt: number, longestMs: number): number {
  const delayMs = firstDelayMs * 2 ** (attempt - 1)
  return delayMs > longestMs ? Math.floor(Math.random() * longestMs) : delayMs
}

/** What the task fails with, in Connect's words and then ours. */
export function toleranceExceeded(refused: RecordException): DataException {
  if (!refused.isTolerable) return refused
  const message = `Tolerance exceeded in error handler: ${refused.message}`
  return new DataException(message, { cause: refused.cause, hint: refused.hint })
}
