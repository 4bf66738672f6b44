import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger, OffsetMap } from '../api/index.ts'
import type { Log, LogScope } from '../log/log.ts'
import { TaskMeter } from '../metrics/task-counts.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { type ClientKind, clientsOf, overridesOf } from './client-overrides.ts'
import { createTask } from './create-task.ts'
import { withDeadline } from './deadline.ts'
import type { FromTasks, TaskSettings, TaskSpec, ToTasks } from './messages.ts'
import { portLogger } from './port-logger.ts'
import { fromPortable, toPortable } from './portable-error.ts'
import { redactor } from './secrets.ts'
import type { TaskContext } from './task-context.ts'
import { TaskControl } from './task-control.ts'
import { nameOf, type ReportedState } from './task-state.ts'

const countsMs = 1000
/** After a cancellation nobody waits any more: what is still under way goes on unseen. */
const releaseMs = 5000
const cancelledReleaseMs = 500

export interface TaskHostParts {
  readonly log: Log
  readonly plugins: PluginRegistry
  readonly settings: TaskSettings
  readonly post: (message: FromTasks) => void
  /** One number in shared memory: the run whose code was entered last. Outlives the thread. */
  readonly suspect?: Int32Array
}

interface Run {
  readonly run: number
  readonly control: TaskControl
  readonly meter: TaskMeter
  onTarget: () => void
}

/** Runs the tasks of one thread: orders come in, states, counts and log lines go out. */
export class TaskHost {
  readonly #parts: TaskHostParts
  readonly #runs = new Map<number, Run>()
  readonly #current = new AsyncLocalStorage<number>()
  readonly #calls = new Map<number, PromiseWithResolvers<OffsetMap | null>>()
  #lastCall = 0
  #countsTimer: NodeJS.Timeout | undefined

  constructor(parts: TaskHostParts) {
    this.#parts = parts
  }

  /** Whose code runs at this moment; null where that cannot be told. */
  get currentRun(): number | null {
    return this.#current.getStore() ?? null
  }

  receive(message: ToTasks): void {
    switch (message.type) {
      case 'start':
        this.#start(message.run, message.spec)
        break
      case 'target': {
        const run = this.#runs.get(message.run)
        run?.control.setTarget(message.target)
        run?.onTarget()
        break
      }
      case 'stop':
        this.#runs.get(message.run)?.control.stop()
        break
      case 'cancel':
        this.#runs.get(message.run)?.control.cancel()
        break
      case 'offset':
        this.#calls.get(message.call)?.resolve(message.offset)
        this.#calls.delete(message.call)
        break
      case 'offset-failed':
        this.#calls.get(message.call)?.reject(fromPortable(message.error))
        this.#calls.delete(message.call)
        break
    }
  }

  #start(run: number, spec: TaskSpec): void {
    const control = new TaskControl(spec.target)
    const meter = new TaskMeter(() => this.#armCounts())
    const entry: Run = { run, control, meter, onTarget: () => {} }
    this.#runs.set(run, entry)
    void this.#current.run(run, () => this.#live(entry, spec))
  }

  /** Never rejects. */
  async #live(entry: Run, spec: TaskSpec): Promise<void> {
    const { run, control, meter } = entry
    const { post } = this.#parts
    const clean = this.#redactor(spec)
    const logger = portLogger(post, { ...spec.id }, clean)
    try {
      await this.#inScope(spec, { control, logger }, async (log) => {
        const context = { ...this.#contextOf(entry, spec, clean), log, logger }
        const { connector } = spec.id
        const readOffset = (partition: OffsetMap) => this.#readOffset(connector, partition)
        const task = createTask(spec, context, { ...this.#parts, readOffset })
        entry.onTarget = () => task.onTarget()
        await task.run()
      })
      post({ type: 'status', run, state: 'UNASSIGNED' })
    } catch (error) {
      if (control.isStopping) {
        logger.warn({ err: error }, 'the task did not stop in order')
        post({ type: 'status', run, state: 'UNASSIGNED' })
      } else {
        post({ type: 'status', run, state: 'FAILED', error: toPortable(error, clean) })
      }
    } finally {
      this.#runs.delete(run)
      this.#postCounts(run, meter)
      post({ type: 'ended', run })
    }
  }

  /** With the task's own clients of the log, which end with it: what a cancelled task left behind writes nothing more. */
  async #inScope(
    spec: TaskSpec,
    { control, logger }: { readonly control: TaskControl; readonly logger: Logger },
    work: (log: Log) => Promise<void>,
  ): Promise<void> {
    const scope = this.#parts.log.scope(this.#scopeOf(spec))
    try {
      await work(scope.log)
    } finally {
      try {
        const ms = control.cancelled.aborted ? cancelledReleaseMs : releaseMs
        await withDeadline(scope.release(), "Closing the task's clients", ms)
      } catch (error) {
        logger.warn({ err: error }, "the task's clients did not close in order")
      }
    }
  }

  #contextOf(
    { run, control, meter }: Run,
    spec: TaskSpec,
    clean: (text: string) => string,
  ): Omit<TaskContext, 'log' | 'logger'> {
    const { log, post, suspect } = this.#parts
    let said: ReportedState | undefined
    return {
      id: spec.id,
      workerLog: log,
      clean,
      control,
      meter,
      reportState(state) {
        if (state === said || control.isStopping) return
        said = state
        post({ type: 'status', run, state })
      },
      reportTrouble(trouble) {
        const cleaned = trouble && { ...trouble, message: clean(trouble.message) }
        post({ type: 'trouble', run, trouble: cleaned })
      },
      enter() {
        if (suspect) suspect[0] = run
      },
    }
  }

  /**
   * What is asked of topics is asked where the records go, unless the connector has an admin client of its own; a sink's, which it has for its
   * dead letters, also asks how far its topics go.
   */
  #scopeOf({ id, connectorConfig }: TaskSpec): LogScope {
    const { kind } = this.#parts.plugins.connector(connectorConfig['connector.class'] ?? '')
    const clients = clientsOf(kind, connectorConfig)
    const of = (client: ClientKind) =>
      clients.includes(client) ? overridesOf(connectorConfig, client) : undefined
    const [producer, consumer, admin] = [of('producer'), of('consumer'), of('admin')]
    return {
      task: nameOf(id),
      ...(producer && { producer }),
      ...(consumer && { consumer }),
      admin: consumer ? { ...consumer, ...admin } : (admin ?? producer ?? {}),
    }
  }

  #redactor({ connectorConfig, taskConfig }: TaskSpec): (text: string) => string {
    const config = { ...connectorConfig, ...taskConfig }
    const plugin = this.#parts.plugins.find(['source', 'sink'], config['connector.class'] ?? '')
    return redactor(config, plugin?.config ?? {})
  }

  #readOffset(connector: string, partition: OffsetMap): Promise<OffsetMap | null> {
    const call = ++this.#lastCall
    const answer = Promise.withResolvers<OffsetMap | null>()
    this.#calls.set(call, answer)
    this.#parts.post({ type: 'read-offset', call, connector, partition })
    return answer.promise
  }

  /** A task with nothing to do posts nothing, and no timer wakes its thread. */
  #armCounts(): void {
    this.#countsTimer ??= setTimeout(() => {
      this.#countsTimer = undefined
      for (const { run, meter } of this.#runs.values()) this.#postCounts(run, meter)
    }, countsMs)
  }

  #postCounts(run: number, meter: TaskMeter): void {
    const counts = meter.take()
    if (counts) this.#parts.post({ type: 'counts', run, counts })
    const topics = meter.takeTopics()
    if (topics.length > 0) this.#parts.post({ type: 'topics', run, topics })
  }
}
