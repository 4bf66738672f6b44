import { ConfigException, type Findings } from '../api/index.ts'
import type { AlteredOffsets } from '../worker/plugin-messages.ts'
import { printTrace, toPortable } from '../worker/portable-error.ts'
import type { ConfigMap, ConfigVariables, ConnectorTaskId, TargetState } from './herder.ts'
import type { HerderHooks, TaskRunner, TaskStart } from './task-runner.ts'

/**
 * Keeps configs away from the worker that would be refused if somebody sent them: another worker stored them (a Java one, on Kafka), and here
 * some of what they ask for would be passed over in silence. The connector and its tasks are FAILED in words; the config is kept. What
 * reaches the worker has its references resolved.
 */
export class GuardedRunner implements TaskRunner {
  readonly #worker: TaskRunner
  readonly #problems: (config: ConfigMap) => readonly string[]
  readonly #onStatus: HerderHooks['onStatus']
  readonly #variables: ConfigVariables
  /** Configs of connectors that run, as they are stored. */
  readonly #raw = new Map<string, ConfigMap>()

  /** `problems`: what is wrong with a config, none for one without a class that is there: the worker says that itself. */
  constructor(
    worker: TaskRunner,
    problems: (config: ConfigMap) => readonly string[],
    onStatus: HerderHooks['onStatus'],
    variables: ConfigVariables,
  ) {
    this.#worker = worker
    this.#problems = problems
    this.#onStatus = onStatus
    this.#variables = variables
  }

  async startConnector(name: string, config: ConfigMap, target: TargetState): Promise<void> {
    this.#raw.set(name, config)
    let resolved = config
    try {
      if (target === 'STARTED') resolved = this.#usable(config)
    } catch (error) {
      const trace = printTrace(toPortable(error))
      this.#onStatus({ connector: name, task: null, state: 'FAILED', trace })
      return
    }
    return this.#worker.startConnector(name, resolved, target)
  }

  async startTask(task: TaskStart): Promise<void> {
    const connectorConfig = this.#usable(task.connectorConfig)
    const taskConfig = this.#variables.resolve(task.taskConfig)
    return this.#worker.startTask({ ...task, connectorConfig, taskConfig })
  }

  stopConnector(name: string): Promise<void> {
    this.#raw.delete(name)
    return this.#worker.stopConnector(name)
  }

  /** They are stored, so what came from a reference of the connector's config under the same key is the reference again (I5). */
  async taskConfigs(name: string): Promise<readonly ConfigMap[]> {
    const configs = await this.#worker.taskConfigs(name)
    const references = Object.entries(this.#raw.get(name) ?? {}).filter(([, value]) =>
      this.#variables.isReference(value),
    )
    if (references.length === 0) return configs
    return configs.map((config) => {
      const own = references.filter(([key]) => Object.hasOwn(config, key))
      return { ...config, ...Object.fromEntries(own) }
    })
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

  /** With its references resolved. */
  #usable(config: ConfigMap): ConfigMap {
    const problems = this.#problems(config)
    if (problems.length === 0) return this.#variables.resolve(config)
    throw new ConfigException(
      problems.map((text) => ['', text] as const),
      {
        hint: 'Another worker stored this config: change it with PUT, or run it where it came from.',
      },
    )
  }
}
