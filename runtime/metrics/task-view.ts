import { type TaskCounts, TaskMeter } from './task-counts.ts'
import { Window } from './window.ts'

/** A task as the metrics see it: its last minute of counts and how long it was in which state. */
export class TaskView {
  readonly window = new Window(new TaskMeter().counts)
  readonly connector: string
  readonly type: 'source' | 'sink'
  readonly labels: { readonly connector: string; readonly task: string }
  #state = 'UNASSIGNED'
  #since = performance.now()
  readonly #began = this.#since
  readonly #inState = new Map<string, number>()

  constructor(connector: string, task: number, type: 'source' | 'sink') {
    this.connector = connector
    this.type = type
    this.labels = { connector, task: `${task}` }
  }

  get state(): string {
    return this.#state
  }

  set state(state: string) {
    this.#settle()
    this.#state = state
  }

  get runningRatio(): number {
    return this.#ratio('RUNNING')
  }

  get pauseRatio(): number {
    return this.#ratio('PAUSED')
  }

  add(counts: TaskCounts): void {
    this.window.add(counts)
  }

  #ratio(state: string): number {
    this.#settle()
    const all = this.#since - this.#began
    return all > 0 ? (this.#inState.get(state) ?? 0) / all : 0
  }

  #settle(): void {
    const now = performance.now()
    this.#inState.set(this.#state, (this.#inState.get(this.#state) ?? 0) + now - this.#since)
    this.#since = now
  }
}
