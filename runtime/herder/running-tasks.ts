import type { StoredConnector } from '../storage/cluster-config.ts'
import { printTrace, toPortable } from '../worker/portable-error.ts'
import type { ConnectorTaskId, State, TargetState } from './herder.ts'
import type { StatusReporter } from './status-reporter.ts'
import type { StatusUpdate, TaskRunner } from './task-runner.ts'

/** The tasks of one connector that the worker was told to run. */
export class RunningTasks {
  readonly #connector: string
  readonly #worker: TaskRunner
  readonly #statuses: StatusReporter
  readonly #states = new Map<number, State>()
  /** The commit whose tasks run; null before the first. */
  #revision: number | null = null
  #target: TargetState = 'STARTED'
  #isClosed = false

  constructor(connector: string, worker: TaskRunner, statuses: StatusReporter) {
    this.#connector = connector
    this.#worker = worker
    this.#statuses = statuses
  }

  get isEmpty(): boolean {
    return this.#states.size === 0
  }

  /** Runs the tasks of the last commit, in the state that is wanted. */
  async follow(stored: StoredConnector): Promise<void> {
    if (this.#revision === stored.taskRevision) {
      this.#setTarget(stored.target)
      return
    }
    const before = [...this.#states.keys()]
    await this.stop(before)
    this.#statuses.forgetTasksFrom(this.#connector, stored.tasks.length, before)
    this.#revision = stored.taskRevision
    this.#target = stored.target
    await this.start(stored, stored.tasks.keys())
  }

  /** One that cannot be started costs no other. */
  async start(stored: StoredConnector, tasks: Iterable<number>): Promise<void> {
    await Promise.allSettled([...tasks].map((task) => this.startOne(stored, task)))
  }

  /** One that cannot be started is FAILED; then this rejects. */
  async startOne(stored: StoredConnector, task: number): Promise<void> {
    const taskConfig = stored.tasks[task]
    if (taskConfig === undefined || this.#isClosed) return
    const id = this.#id(task)
    this.#states.set(task, 'UNASSIGNED')
    try {
      // The tasks were made for the connector config of their commit; a newer one makes new tasks.
      const connectorConfig = stored.applied ?? stored.config
      await this.#worker.startTask({ id, connectorConfig, taskConfig, target: stored.target })
    } catch (error) {
      this.report({ ...id, state: 'FAILED', trace: printTrace(toPortable(error)) })
      throw error
    }
  }

  async stop(tasks: readonly number[]): Promise<void> {
    if (tasks.length === 0) return
    await this.#worker.stopTasks(tasks.map((task) => this.#id(task)))
    for (const task of tasks) this.#states.delete(task)
  }

  /** All of them; the numbers are returned. */
  async stopAll(): Promise<readonly number[]> {
    const tasks = [...this.#states.keys()]
    await this.stop(tasks)
    this.#revision = null
    return tasks
  }

  /** A task that is no more says nothing any more. */
  report(update: StatusUpdate & { readonly task: number }): void {
    if (!this.#states.has(update.task)) return
    this.#states.set(update.task, update.state)
    this.#statuses.report(update)
  }

  /** None is started any more: the worker ends. */
  close(): void {
    this.#isClosed = true
  }

  /** The worker runs none of them any more. What FAILED stays FAILED. */
  giveUp(): void {
    for (const [task, state] of this.#states) {
      if (state !== 'FAILED') this.report({ ...this.#id(task), state: 'UNASSIGNED' })
    }
  }

  #setTarget(target: TargetState): void {
    if (this.#target === target) return
    this.#target = target
    for (const task of this.#states.keys()) this.#worker.setTaskTarget(this.#id(task), target)
  }

  #id(task: number): ConnectorTaskId & { readonly task: number } {
    return { connector: this.#connector, task }
  }
}
