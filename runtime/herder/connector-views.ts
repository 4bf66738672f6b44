import { NotFoundException } from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { StoredConnector } from '../storage/cluster-config.ts'
import type { ConfigBackingStore } from '../storage/config-backing-store.ts'
import type { StatusBackingStore } from '../storage/status-backing-store.ts'
import type { Status } from '../storage/status-records.ts'
import type {
  ConnectorInfo,
  ConnectorStateInfo,
  ConnectorTaskId,
  ConnectorType,
  StateInfo,
  TaskInfo,
  TaskState,
} from './herder.ts'
import type { RestartPlan } from './restart-plan.ts'

/** What the stores hold, in the shapes of Kafka Connect's answers. */
export class ConnectorViews {
  readonly #config: ConfigBackingStore
  readonly #statuses: StatusBackingStore
  readonly #plugins: PluginRegistry

  constructor(config: ConfigBackingStore, statuses: StatusBackingStore, plugins: PluginRegistry) {
    this.#config = config
    this.#statuses = statuses
    this.#plugins = plugins
  }

  info(name: string): ConnectorInfo {
    const { config, tasks } = this.found(name)
    return {
      name,
      config,
      tasks: tasks.map((_, task) => ({ connector: name, task })),
      type: this.#type(name),
    }
  }

  tasks(name: string): TaskInfo[] {
    return this.found(name).tasks.map((config, task) => ({ id: { connector: name, task }, config }))
  }

  status(name: string): ConnectorStateInfo {
    const status = this.#statuses.connector(name)
    if (status === undefined) throw new NotFoundException(`No status found for connector ${name}`)
    return {
      name,
      connector: stateInfo(status),
      tasks: this.#statuses.tasks(name).map(([id, task]) => ({ id, ...stateInfo(task) })),
      type: this.#type(name),
    }
  }

  taskStatus({ connector, task }: ConnectorTaskId): TaskState {
    const status = this.#statuses.task(connector, task)
    if (status === undefined) {
      throw new NotFoundException(`No status found for task ${connector}-${task}`)
    }
    return { id: task, ...stateInfo(status) }
  }

  /** The status as it will be when the plan is carried out. */
  restarting(name: string, plan: RestartPlan): ConnectorStateInfo {
    const now = this.status(name)
    const marked = <S extends StateInfo>({ trace, ...state }: S, isMeant: boolean) =>
      isMeant ? { ...state, state: 'RESTARTING' as const } : { ...state, ...(trace && { trace }) }
    return {
      ...now,
      connector: marked(now.connector, plan.connector),
      tasks: now.tasks.map((task) => ({
        ...marked(task, plan.tasks.includes(task.id)),
        id: task.id,
      })),
    }
  }

  found(name: string): StoredConnector {
    const stored = this.#config.connector(name)
    if (stored === undefined) throw new NotFoundException(`Connector ${name} not found`)
    return stored
  }

  /** `unknown` when the plugin is no longer there. */
  #type(name: string): ConnectorType {
    const className = this.#config.connector(name)?.config['connector.class']
    if (className === undefined) return 'unknown'
    return this.#plugins.find(['sink', 'source'], className.trim())?.kind ?? 'unknown'
  }
}

function stateInfo({ state, trace, workerId, version }: Status): StateInfo {
  return {
    state,
    worker_id: workerId,
    ...(version !== undefined && { version }),
    ...(trace && { trace }),
  }
}
