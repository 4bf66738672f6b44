import { ConnectException, hiddenSecrets, type Logger, type OffsetMap } from '../api/index.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { pause } from './backoff.ts'
import type { FromTasks, LogLine, TaskSpec, ToTasks } from './messages.ts'
import { type PortableError, printTrace, toPortable } from './portable-error.ts'
import type { TaskPool } from './task-pool.ts'
import {
  type ConnectorTaskId,
  nameOf,
  type ReportedState,
  type StatusUpdate,
  type TargetState,
  type Trouble,
} from './task-state.ts'

/** A task that was moved so often because its threads died under it is not moved again. */
const mostMoves = 3
/** A thread that does not carry out a cancellation in that time spins. */
const reactMs = 2000

interface Task {
  readonly id: ConnectorTaskId
  readonly version: string
  spec: TaskSpec
  run: number
  /** Undefined until it says something. */
  state: ReportedState | undefined
  trouble: Trouble | null
  moves: number
  /** It was told to stop: nothing it says counts as its own failure, and it is not moved. */
  isStopping: boolean
  readonly ended: PromiseWithResolvers<void>
}

export interface TasksParts {
  readonly readOffset: (connector: string, partition: OffsetMap) => Promise<OffsetMap | null>
  readonly gracefulMs: number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onStatus: (update: StatusUpdate) => void
  readonly onTopics?: ((id: ConnectorTaskId, topics: readonly string[]) => void) | undefined
}

/** The tasks of this worker as the main thread sees them: what was ordered, what they said last. */
export class Tasks {
  readonly #pool: TaskPool
  readonly #parts: TasksParts
  readonly #tasks = new Map<string, Task>()
  readonly #byRun = new Map<number, Task>()
  #lastRun = 0

  constructor(
    pool: (events: {
      onMessage: (message: FromTasks, reply: (message: ToTasks) => void) => void
      onLost: (runs: readonly number[], error: PortableError, suspect: number | null) => void
    }) => TaskPool,
    parts: TasksParts,
  ) {
    this.#parts = parts
    this.#pool = pool({
      onMessage: (message, reply) => this.#hear(message, reply),
      onLost: (runs, error, suspect) => this.#lost(runs, error, suspect),
    })
  }

  get ids(): readonly ConnectorTaskId[] {
    return Array.from(this.#tasks.values(), ({ id }) => id)
  }

  /** Tasks that run and do not get on, and why. */
  troubles(): readonly (ConnectorTaskId & Trouble)[] {
    return [...this.#tasks.values()].flatMap(({ id, trouble }) =>
      trouble ? [{ ...id, ...trouble }] : [],
    )
  }

  start(spec: TaskSpec, kind: 'source' | 'sink', version: string): void {
    const name = nameOf(spec.id)
    if (this.#tasks.has(name)) throw new ConnectException(`Task ${name} is running already`)
    const task: Task = {
      id: spec.id,
      version,
      spec,
      run: 0,
      state: undefined,
      trouble: null,
      moves: 0,
      isStopping: false,
      ended: Promise.withResolvers(),
    }
    this.#tasks.set(name, task)
    this.#parts.metrics.addTask(spec.id.connector, spec.id.task, kind)
    this.#begin(task)
  }

  setTarget(id: ConnectorTaskId, target: TargetState): void {
    const task = this.#tasks.get(nameOf(id))
    if (task === undefined) return
    task.spec = { ...task.spec, target }
    this.#pool.post(task.run, { type: 'target', run: task.run, target })
  }

  /** All are told, then all are awaited; at the deadline the late ones are cancelled (I4). */
  async stop(ids: readonly ConnectorTaskId[]): Promise<void> {
    const tasks = ids.flatMap((id) => this.#tasks.get(nameOf(id)) ?? [])
    for (const task of tasks) {
      task.isStopping = true
      this.#pool.post(task.run, { type: 'stop', run: task.run })
    }
    if (!(await this.#ended(tasks, this.#parts.gracefulMs))) {
      const late = tasks.filter(({ run }) => this.#byRun.has(run))
      for (const { id, run } of late) {
        this.#parts.logger.warn(
          { ...id, gracefulMs: this.#parts.gracefulMs },
          'the task did not stop in time and is cancelled',
        )
        this.#pool.post(run, { type: 'cancel', run })
      }
      if (!(await this.#ended(late, reactMs))) await this.#evict(late)
    }
    for (const task of tasks) this.#remove(task)
  }

  async close(): Promise<void> {
    await this.stop(this.ids)
    await this.#pool.close()
  }

  #begin(task: Task): void {
    const run = ++this.#lastRun
    task.run = run
    this.#byRun.set(run, task)
    this.#pool.seat(run, nameOf(task.id))
    this.#pool.post(run, { type: 'start', run, spec: task.spec, secrets: hiddenSecrets() })
  }

  async #ended(tasks: readonly Task[], ms: number): Promise<boolean> {
    const inTime = new AbortController()
    const all = Promise.all(tasks.map((task) => this.#byRun.has(task.run) && task.ended.promise))
    const late = pause(ms, inTime.signal).then(() => false)
    const result = await Promise.race([all.then(() => true), late])
    inTime.abort()
    return result
  }

  async #evict(late: readonly Task[]): Promise<void> {
    const spinning = late.filter(({ run }) => this.#byRun.has(run))
    for (const { id } of spinning) {
      this.#parts.logger.error({ ...id }, 'the task does not react and its thread is ended')
    }
    const runs = spinning.map(({ run }) => run)
    for (const run of runs) this.#byRun.delete(run)
    await this.#pool.evict(runs, {
      name: 'Error',
      message: `it was ended because ${spinning.map(({ id }) => nameOf(id)).join(', ')} did not react`,
    })
  }

  #remove(task: Task): void {
    if (this.#byRun.delete(task.run)) this.#pool.leave(task.run)
    this.#tasks.delete(nameOf(task.id))
    this.#parts.metrics.removeTask(task.id.connector, task.id.task)
  }

  #hear(message: FromTasks, reply: (message: ToTasks) => void): void {
    switch (message.type) {
      case 'log':
        this.#write(message)
        break
      case 'read-offset':
        void this.#answerOffset(message, reply)
        break
      case 'ended':
        this.#end(message.run)
        break
      case 'status':
      case 'topics':
      case 'counts':
      case 'trouble': {
        const task = this.#byRun.get(message.run)
        if (task) this.#hearTask(task, message)
      }
    }
  }

  #hearTask(
    task: Task,
    message: Extract<FromTasks, { type: 'status' | 'topics' | 'counts' | 'trouble' }>,
  ): void {
    const { connector, task: number } = task.id
    if (message.type === 'counts') {
      this.#parts.metrics.taskCounts(connector, number, message.counts)
    } else if (message.type === 'topics') {
      this.#parts.onTopics?.(task.id, message.topics)
    } else if (message.type === 'trouble') {
      task.trouble = message.trouble
    } else if (message.state !== 'UNASSIGNED') {
      this.#report(task, message.state, message.error)
    }
  }

  #report(task: Task, state: ReportedState, error?: PortableError): void {
    const { metrics, logger, onStatus } = this.#parts
    if (task.state === undefined) metrics.started('task', state !== 'FAILED')
    task.state = state
    metrics.taskState(task.id.connector, task.id.task, state)
    if (state === 'FAILED') {
      task.trouble = null
      logger.error({ ...task.id, err: error }, 'the task failed')
    } else logger.info({ ...task.id, state }, 'the task changed its state')
    const trace = error && printTrace(error)
    const { version } = task
    onStatus({ ...task.id, state, version, ...(trace !== undefined && { trace }) })
  }

  #end(run: number): void {
    this.#pool.leave(run)
    const task = this.#byRun.get(run)
    if (task === undefined) return
    this.#byRun.delete(run)
    task.trouble = null
    task.ended.resolve()
  }

  /** The suspect fails, its neighbours start elsewhere. */
  #lost(runs: readonly number[], error: PortableError, suspect: number | null): void {
    const tasks = runs.flatMap((run) => this.#byRun.get(run) ?? [])
    for (const run of runs) this.#byRun.delete(run)
    for (const task of tasks) {
      if (task.isStopping) {
        task.ended.resolve()
        continue
      }
      const isGuilty = suspect !== null && (task.run === suspect || tasks.length === 1)
      if (suspect !== null) task.moves++
      if (isGuilty || task.moves > mostMoves) {
        this.#report(task, 'FAILED', deathOf(error))
        task.ended.resolve()
        continue
      }
      this.#parts.logger.warn(
        { ...task.id, err: error },
        'a thread ended; the task starts elsewhere',
      )
      this.#begin(task)
    }
  }

  #write({ level, fields, message }: LogLine): void {
    this.#parts.logger[level](fields, message)
  }

  async #answerOffset(
    { call, connector, partition }: Extract<FromTasks, { type: 'read-offset' }>,
    reply: (message: ToTasks) => void,
  ): Promise<void> {
    try {
      const offset = await this.#parts.readOffset(connector, partition)
      reply({ type: 'offset', call, offset })
    } catch (error) {
      reply({ type: 'offset-failed', call, error: toPortable(error) })
    }
  }
}

function deathOf(cause: PortableError): PortableError {
  return {
    name: 'ConnectException',
    code: 'CONNECT_ERROR',
    message: `The thread of the task died: ${cause.message}`,
    hint: 'The worker and its other tasks go on. Restart the task when the cause is mended.',
    cause,
  }
}
