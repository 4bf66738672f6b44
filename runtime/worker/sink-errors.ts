import type { DeadLetterQueue } from './dead-letter-queue.ts'
import type { ErrorLog, FailedSinkRecord } from './error-log.ts'
import type { RetryWithTolerance, Verdict } from './retry-with-tolerance.ts'
import type { TaskContext } from './task-context.ts'

/** What becomes of the records that a sink task cannot carry. */
export class SinkErrors {
  readonly #context: TaskContext
  readonly #tolerance: RetryWithTolerance
  readonly #log: ErrorLog
  readonly #queue: DeadLetterQueue | null

  constructor(
    context: TaskContext,
    parts: {
      readonly tolerance: RetryWithTolerance
      readonly log: ErrorLog
      readonly queue: DeadLetterQueue | null
    },
  ) {
    this.#context = context
    this.#tolerance = parts.tolerance
    this.#log = parts.log
    this.#queue = parts.queue
  }

  get toleratesAll(): boolean {
    return this.#tolerance.toleratesAll
  }

  async start(): Promise<void> {
    await this.#queue?.start()
  }

  /** Of a converter's or a transformation's refusal. */
  judge({ refused }: FailedSinkRecord): Verdict {
    return this.#tolerance.judge(refused)
  }

  passed(): void {
    this.#tolerance.passed()
  }

  /** Of records that `put` named. */
  refuse(failed: readonly FailedSinkRecord[]): void {
    const { meter } = this.#context
    for (const { refused } of failed) {
      meter.counts.recordFailures++
      this.#tolerance.refuse(refused)
    }
    meter.touch()
  }

  /** Logs and stores them. False: they are no longer ours. Where nothing is tolerated the task fails next, whatever comes of this. */
  async report(
    failed: readonly FailedSinkRecord[],
    wait: (ms: number) => Promise<boolean>,
  ): Promise<boolean> {
    for (const each of failed) this.#log.ofSink(each)
    if (this.#queue === null) return true
    if (this.toleratesAll) return this.#queue.store(failed, wait)
    try {
      await this.#queue.store(failed, async () => false)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'the dead letter queue did not take what failed')
    }
    return true
  }
}
