import type { Findings, OffsetMap } from '../api/index.ts'
import type { AlteredOffsets } from '../worker/plugin-messages.ts'
import type { ConfigMap, ConnectorTaskId, TargetState } from './herder.ts'

/** What the herder asks of the worker. */
export interface TaskRunner {
  /** Resolves when it is RUNNING (or as the target says), or FAILED: both are reported. */
  startConnector(name: string, config: ConfigMap, target: TargetState): Promise<void>
  stopConnector(name: string): Promise<void>
  taskConfigs(name: string): Promise<readonly ConfigMap[]>
  check(plugin: string, config: ConfigMap): Promise<Findings>
  /** Tells a connector whose offsets are changed by hand. True: it changed its own too; throws when it refuses. */
  alterOffsets(name: string, config: ConfigMap, offsets: AlteredOffsets): Promise<boolean>
  startTask(task: TaskStart): Promise<void>
  stopTasks(ids: readonly ConnectorTaskId[]): Promise<void>
  setTaskTarget(id: ConnectorTaskId, target: TargetState): void
  shutdown(): Promise<void>
}

export interface TaskStart {
  readonly id: ConnectorTaskId
  readonly connectorConfig: ConfigMap
  readonly taskConfig: ConfigMap
  readonly target: TargetState
}

export interface StatusUpdate {
  readonly connector: string
  /** Null: the connector itself. */
  readonly task: number | null
  readonly state: 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'UNASSIGNED'
  readonly trace?: string
  readonly version?: string
}

/** What the worker asks of the herder, and tells it. */
export interface HerderHooks {
  readonly offsets: {
    read(connector: string, partition: OffsetMap): Promise<OffsetMap | null>
  }
  onStatus(update: StatusUpdate): void
  /** A task used these topics; said again while it goes on. */
  onTopics(id: ConnectorTaskId, topics: readonly string[]): void
  /** A connector wants its tasks to be made anew. */
  onReconfigure(connector: string): void
}
