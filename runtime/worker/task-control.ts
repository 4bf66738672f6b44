import type { TargetState } from './task-state.ts'

/** What a task is wanted to do, told from outside and looked at by its loop. */
export class TaskControl {
  readonly #stopping = new AbortController()
  readonly #cancelled = new AbortController()
  #paused: boolean
  #change = Promise.withResolvers<void>()

  constructor(target: TargetState) {
    this.#paused = target === 'PAUSED'
  }

  /** Aborts when the task shall stop: finish what is in hand. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborts when the time to stop is over: give up (I4). */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal
  }

  get isPaused(): boolean {
    return this.#paused
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  setTarget(target: TargetState): void {
    this.#paused = target === 'PAUSED'
    this.#changed()
  }

  stop(): void {
    this.#stopping.abort()
    this.#changed()
  }

  cancel(): void {
    this.#stopping.abort()
    this.#cancelled.abort()
    this.#changed()
  }

  /** Resolves at the next call of any of the above. */
  change(): Promise<void> {
    return this.#change.promise
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
