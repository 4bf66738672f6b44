import { ConnectException, type Logger } from '../api/index.ts'
import type { StoredConnector } from '../storage/cluster-config.ts'
import type { RestartRequest } from '../storage/config-records.ts'
import type { State, TargetState } from './herder.ts'
import { greaterRestart, restartPlan } from './restart-plan.ts'
import { RunningTasks } from './running-tasks.ts'
import type { StatusReporter } from './status-reporter.ts'
import { makeTaskConfigs, type TaskConfigsParts } from './task-configs.ts'
import type { StatusUpdate, TaskRunner } from './task-runner.ts'

export interface ConnectorRunParts extends TaskConfigsParts {
  readonly worker: TaskRunner
  readonly statuses: StatusReporter
  readonly logger: Logger
  /** There is no such connector any more, and nothing of it runs. */
  onGone(): void
}

/** What the worker was last told of the connector's own half. */
interface Told {
  readonly revision: number
  target: TargetState
  state: State
}

interface Request {
  readonly work: () => Promise<unknown>
  readonly resolve: (done: Promise<unknown>) => void
}

/**
 * Makes the worker run what the config topic says of one connector: whatever changed, the two are compared and the difference is made up. So
 * a start, a change and a recovery are one and the same (I4). Everything happens one after the other.
 */
export class ConnectorRun {
  readonly #name: string
  readonly #parts: ConnectorRunParts
  readonly #tasks: RunningTasks
  #connector: Told | null = null
  #needsTaskConfigs = false
  #taskConfigFailures = 0
  #restartRequest: RestartRequest | null = null
  #requests: Request[] = []
  #isChanged = false
  #isStopped = false
  #turn: Promise<void> | undefined

  constructor(name: string, parts: ConnectorRunParts) {
    this.#name = name
    this.#parts = parts
    this.#tasks = new RunningTasks(name, parts.worker, parts.statuses)
  }

  /** Something about the connector was written to the config topic. */
  changed(): void {
    this.#isChanged = true
    this.#begin()
  }

  /** The connector wants its task configs to be made anew. */
  reconfigure(): void {
    this.#needsTaskConfigs = true
    this.changed()
  }

  /** In the background; what it means is decided when its turn comes. */
  restart(request: RestartRequest): void {
    this.#restartRequest = greaterRestart(this.#restartRequest, request)
    this.changed()
  }

  /** The connector alone; rejects when it fails. */
  restartConnector(): Promise<void> {
    return this.#request(async () => {
      await this.#startConnector(this.#stored())
      if (this.#state() === 'FAILED') {
        throw new ConnectException(`Failed to start connector: ${this.#name}`)
      }
      await this.#makeTaskConfigs()
    })
  }

  restartTask(task: number): Promise<void> {
    return this.#request(async () => {
      await this.#tasks.stop([task])
      try {
        await this.#tasks.startOne(this.#stored(), task)
      } catch (error) {
        const message = `Failed to start task: ${this.#name}-${task}`
        throw new ConnectException(message, { cause: error })
      }
    })
  }

  /** `work` is told whether anything of the connector runs; nothing is started or stopped before it is over. */
  alone<T>(work: (isIdle: boolean) => Promise<T>): Promise<T> {
    return this.#request(() => work(this.#tasks.isEmpty))
  }

  onStatus(update: StatusUpdate): void {
    const { task, state } = update
    if (task !== null) {
      this.#tasks.report({ ...update, task })
    } else if (this.#connector !== null) {
      this.#connector.state = state
      this.#parts.statuses.report(update)
    }
  }

  /** No new turns; the one under way comes to nothing. */
  stop(): void {
    this.#isStopped = true
    this.#tasks.close()
    this.#refuseRequests()
  }

  /** After `stop`, when the worker runs nothing any more. */
  giveUp(): void {
    this.#tasks.giveUp()
    if (this.#connector === null || this.#connector.state === 'FAILED') return
    this.onStatus({ connector: this.#name, task: null, state: 'UNASSIGNED' })
  }

  #begin(): void {
    if (!this.#isStopped) this.#turn ??= this.#turns()
  }

  async #turns(): Promise<void> {
    while (!this.#isStopped && (this.#isChanged || this.#requests.length > 0)) {
      const requests = this.#requests
      this.#requests = []
      this.#isChanged = false
      try {
        await this.#compare()
        await this.#restart()
      } catch (err) {
        const message = 'a connector could not be brought to what its config says'
        this.#parts.logger.error({ err, connector: this.#name }, message)
      }
      for (const { work, resolve } of requests) {
        const done = work()
        resolve(done)
        await done.catch(() => undefined)
      }
    }
    this.#turn = undefined
    if (this.#isStopped || this.#parts.config.connector(this.#name) !== undefined) return
    this.stop()
    this.#parts.onGone()
  }

  /** Its turn comes after what was changed before; the outcome is the caller's. */
  #request<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#requests.push({ work, resolve: resolve as Request['resolve'] })
    if (this.#isStopped) this.#refuseRequests()
    else this.#begin()
    return promise
  }

  #refuseRequests(): void {
    for (const { resolve } of this.#requests.splice(0)) {
      resolve(Promise.reject(new ConnectException('Worker is shutting down')))
    }
  }

  async #compare(): Promise<void> {
    const stored = this.#parts.config.connector(this.#name)
    if (stored === undefined) return this.#remove()
    // The tasks of an earlier config do not wait for the connector: they run on whatever becomes of it.
    await Promise.all([this.#followConnector(stored), this.#tasks.follow(stored)])
    await this.#makeTaskConfigs()
  }

  async #followConnector(stored: StoredConnector): Promise<void> {
    const told = this.#connector
    if (told?.revision === stored.revision) {
      if (told.target === stored.target) return
      if (told.state === 'FAILED' && stored.target !== 'STOPPED') {
        told.target = stored.target
        const message = `Cannot transition connector to ${stored.target} since it has failed`
        this.#parts.logger.warn({ connector: this.#name }, message)
        return
      }
    }
    await this.#startConnector(stored)
  }

  async #startConnector({ config, revision, target }: StoredConnector): Promise<void> {
    const { worker } = this.#parts
    if (this.#connector !== null) await worker.stopConnector(this.#name)
    if (this.#isStopped) return
    this.#connector = { revision, target, state: 'UNASSIGNED' }
    this.#needsTaskConfigs = true
    await worker.startConnector(this.#name, config, target)
  }

  async #makeTaskConfigs(): Promise<void> {
    const stored = this.#parts.config.connector(this.#name)
    if (!this.#needsTaskConfigs || this.#isStopped) return
    if (stored?.target !== 'STARTED' || this.#state() !== 'RUNNING') return
    this.#needsTaskConfigs = false
    const outcome = await makeTaskConfigs(stored, this.#parts)
    if (outcome === 'later') {
      const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#taskConfigFailures++)
      setTimeout(() => this.reconfigure(), waitMs).unref()
      return
    }
    this.#taskConfigFailures = 0
    // What the worker has said already it said better.
    if (outcome === 'done' || this.#state() === 'FAILED') return
    this.onStatus({ connector: this.#name, task: null, state: 'FAILED', trace: outcome.trace })
  }

  async #restart(): Promise<void> {
    const request = this.#restartRequest
    this.#restartRequest = null
    const stored = this.#parts.config.connector(this.#name)
    if (request === null || stored === undefined) return
    const { worker, statuses } = this.#parts
    const plan = restartPlan(request, statuses.states(this.#name))
    const tasks = plan.tasks.filter((task) => task < stored.tasks.length)
    if (plan.connector) {
      await worker.stopConnector(this.#name)
      this.#connector = null
      statuses.restarting({ connector: this.#name, task: null })
    }
    await this.#tasks.stop(tasks)
    for (const task of tasks) statuses.restarting({ connector: this.#name, task })
    await Promise.all([
      plan.connector && this.#startConnector(stored),
      this.#tasks.start(stored, tasks),
    ])
    await this.#makeTaskConfigs()
  }

  async #remove(): Promise<void> {
    if (this.#connector !== null) await this.#parts.worker.stopConnector(this.#name)
    this.#connector = null
    this.#parts.statuses.forget(this.#name, await this.#tasks.stopAll())
  }

  #state(): State {
    return this.#connector?.state ?? 'UNASSIGNED'
  }

  #stored(): StoredConnector {
    const stored = this.#parts.config.connector(this.#name)
    if (stored === undefined) throw new ConnectException(`Connector ${this.#name} was removed`)
    return stored
  }
}

const firstWaitMs = 250
const longestWaitMs = 60_000
