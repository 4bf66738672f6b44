import { ConfigException, type Findings } from '../api/index.ts'
import type { AlteredOffsets } from '../worker/plugin-messages.ts'
import { printTrace, toPortable } from '../worker/portable-error.ts'
import type { ConfigMap, ConnectorTaskId, TargetState } from './herder.ts'
import type { HerderHooks, TaskRunner, TaskStart } from './task-runner.ts'

/**
 * Keeps configs away from the worker that would be refused if somebody sent them: another worker stored them (a Java one, on Kafka), and here
 * some of what they ask for would be passed over in silence. The connector and its tasks are FAILED in words; the config is kept.
 */
export class GuardedRunner implements TaskRunner {
  readonly #worker: TaskRunner
  readonly #problems: (config: ConfigMap) => readonly string[]
  readonly #onStatus: HerderHooks['onStatus']

  /** `problems`: what is wrong with a config, none for one without a class that is there: the worker says that itself. */
  constructor(
    worker: TaskRunner,
    problems: (config: ConfigMap) => readonly string[],
    onStatus: HerderHooks['onStatus'],
  ) {
    this.#worker = worker
    this.#problems = problems
    this.#onStatus = onStatus
  }

  async startConnector(name: string, config: ConfigMap, target: TargetState): Promise<void> {
    const refusal = target === 'STARTED' ? this.#refusal(config) : undefined
    if (refusal === undefined) return this.#worker.startConnector(name, config, target)
    const trace = printTrace(toPortable(refusal))
    this.#onStatus({ connector: name, task: null, state: 'FAILED', trace })
  }

  async startTask(task: TaskStart): Promise<void> {
    const refusal = this.#refusal(task.connectorConfig)
    if (refusal !== undefined) throw refusal
    return this.#worker.startTask(task)
  }

  stopConnector(name: string): Promise<void> {
    return this.#worker.stopConnector(name)
  }

  taskConfigs(name: string): Promise<readonly ConfigMap[]> {
    return this.#worker.taskConfigs(name)
  }

  check(plugin: string, config: ConfigMap): Promise<Findings> {
    return this.#worker.check(plugin, config)
  }

  alterOffsets(name: string, config: ConfigMap, offsets: AlteredOffsets): Promise<boolean> {
    return this.#worker.alterOffsets(name, config, offsets)
  }

  stopTasks(ids: readonly ConnectorTaskId[]): Promise<void> {
    return this.#worker.stopTasks(ids)
  }

  setTaskTarget(id: ConnectorTaskId, target: TargetState): void {
    this.#worker.setTaskTarget(id, target)
  }

  shutdown(): Promise<void> {
    return this.#worker.shutdown()
  }

  #refusal(config: ConfigMap): ConfigException | undefined {
    const problems = this.#problems(config)
    if (problems.length === 0) return undefined
    return new ConfigException(
      problems.map((text) => ['', text] as const),
      {
        hint: 'Another worker stored this config: change it with PUT, or run it where it came from.',
      },
    )
  }
}
