import type { StatusBackingStore } from '../storage/status-backing-store.ts'
import type { Status, StatusOwner, StoredState } from '../storage/status-records.ts'
import type { StatusUpdate } from './task-runner.ts'

/** Alone in its cluster a worker is the leader of its only generation. */
const generation = 0

export interface States {
  readonly connector: StoredState | undefined
  readonly tasks: readonly (readonly [task: number, state: StoredState])[]
}

/** Writes statuses in this worker's name. */
export class StatusReporter {
  readonly #store: StatusBackingStore
  readonly #workerId: string

  constructor(store: StatusBackingStore, workerId: string) {
    this.#store = store
    this.#workerId = workerId
  }

  report({ connector, task, state, trace, version }: StatusUpdate): void {
    this.#put({ connector, task }, state, { trace: trace ?? null, ...(version && { version }) })
  }

  /** Between the stop and the start that somebody asked for. */
  restarting(owner: StatusOwner): void {
    this.#put(owner, 'RESTARTING', { trace: null })
  }

  /** The connector is no more, nor are its tasks: those that are known here and those that the store knows. */
  forget(connector: string, tasks: Iterable<number>): void {
    this.#store.put({ connector, task: null }, null)
    this.#store.forgetTopics(connector)
    const known = this.#store.tasks(connector).map(([task]) => task)
    for (const task of new Set([...tasks, ...known])) this.#store.put({ connector, task }, null)
  }

  /** Tasks from this number on are no more. */
  forgetTasksFrom(connector: string, count: number, known: Iterable<number>): void {
    const stored = this.#store.tasks(connector).map(([task]) => task)
    for (const task of new Set([...known, ...stored])) {
      if (task >= count) this.#store.put({ connector, task }, null)
    }
  }

  states(connector: string): States {
    return {
      connector: this.#store.connector(connector)?.state,
      tasks: this.#store.tasks(connector).map(([task, { state }]) => [task, state]),
    }
  }

  #put(
    owner: StatusOwner,
    state: StoredState,
    rest: Pick<Status, 'trace'> & { readonly version?: string },
  ): void {
    this.#store.put(owner, { state, workerId: this.#workerId, generation, ...rest })
  }
}
