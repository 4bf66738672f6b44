import type { Logger, RetriableException } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import type { TaskMeter } from '../metrics/task-counts.ts'
import { backoffMs } from './backoff.ts'
import type { TaskControl } from './task-control.ts'
import type { ConnectorTaskId, Trouble } from './task-state.ts'

/** What a running task has of its host. */
export interface TaskContext {
  readonly id: ConnectorTaskId
  /** With the connector's own client settings. */
  readonly log: Log
  /** With the worker's: where the stores are. */
  readonly workerLog: Log
  readonly logger: Logger
  readonly control: TaskControl
  readonly meter: TaskMeter
  /** Saying the same state again is harmless. */
  reportState(state: 'RUNNING' | 'PAUSED'): void
  /** Null: it goes on again. */
  reportTrouble(trouble: Trouble | null): void
  /** Before code of the task runs that may spin or eat the memory: names the suspect if the thread dies. */
  enter(): void
  /** Takes the connector's secrets out of a text (I5). */
  clean(text: string): string
}

/** Counts the tries of one call, says so, and tells how long to wait. */
export class Retries {
  readonly #context: TaskContext
  readonly #what: string
  #attempt = 0

  constructor(context: TaskContext, what: string) {
    this.#context = context
    this.#what = what
  }

  /** The call failed once more. */
  next(error: RetriableException, fixedMs?: number): number {
    this.#attempt++
    const nextTryMs = error.afterMs ?? fixedMs ?? backoffMs(this.#attempt)
    const { logger } = this.#context
    this.#context.reportTrouble({
      attempt: this.#attempt,
      nextTryMs,
      message: `${this.#what}: ${error.message}`,
    })
    // The 1st, 2nd, 4th, 8th …: a system that is down for a night fills no disk.
    if ((this.#attempt & (this.#attempt - 1)) === 0) {
      logger.warn({ attempt: this.#attempt, nextTryMs, err: error }, `${this.#what} is tried again`)
    }
    return nextTryMs
  }

  /** The call succeeded. */
  over(): void {
    if (this.#attempt === 0) return
    this.#context.reportTrouble(null)
    this.#context.logger.info({ attempts: this.#attempt }, `${this.#what} succeeded again`)
    this.#attempt = 0
  }

  /** It is not tried again, and the task goes on without. */
  giveUp(): void {
    if (this.#attempt === 0) return
    this.#context.reportTrouble(null)
    this.#attempt = 0
  }
}
