import type { Importance, Width } from '../api/config-def.ts'
import type { OffsetMap } from '../api/record.ts'
import type { PluginKind } from '../plugins/plugin.ts'

export type { PluginKind }

/** What REST knows of the host: one interface a resource, shapes as Connect's API has them. Implemented by `connect-herder.ts`. */

export type ConnectorType = 'source' | 'sink' | 'unknown'
export type State =
  | 'UNASSIGNED'
  | 'RUNNING'
  | 'PAUSED'
  | 'STOPPED'
  | 'FAILED'
  | 'RESTARTING'
  | 'DESTROYED'
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'
export type InitialState = 'RUNNING' | 'PAUSED' | 'STOPPED'

export type ConfigMap = Readonly<Record<string, string>>
/** As a client sent it: null values reach validation. */
export type SentConfig = Readonly<Record<string, string | null>>

export interface ConnectorTaskId {
  readonly connector: string
  readonly task: number
}

export interface ConnectorInfo {
  readonly name: string
  readonly config: ConfigMap
  readonly tasks: readonly ConnectorTaskId[]
  readonly type: ConnectorType
}

export interface StateInfo {
  readonly state: State
  readonly worker_id: string
  readonly version?: string
  readonly trace?: string
}

export interface TaskState extends StateInfo {
  readonly id: number
}

export interface ConnectorStateInfo {
  readonly name: string
  readonly connector: StateInfo
  readonly tasks: readonly TaskState[]
  readonly type: ConnectorType
}

export interface TaskInfo {
  readonly id: ConnectorTaskId
  readonly config: ConfigMap
}

/** Errors: BadRequestException 400, NotFoundException 404, AlreadyExistsException and ConflictException 409, all else 500. */
export interface Connectors {
  names(): readonly string[]
  info(name: string): ConnectorInfo
  status(name: string): ConnectorStateInfo
  tasks(name: string): readonly TaskInfo[]
  taskStatus(id: ConnectorTaskId): TaskState
  create(name: string, config: SentConfig, initial: InitialState): Promise<ConnectorInfo>
  putConfig(
    name: string,
    config: SentConfig,
  ): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }>
  /** Keys with null are removed, keys left out stay as they are. */
  patchConfig(name: string, patch: SentConfig): Promise<ConnectorInfo>
  delete(name: string): Promise<void>
  /** Both false: the connector alone, nothing returned. Else what will be restarted shows RESTARTING. */
  restart(
    name: string,
    options: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStateInfo | null>
  restartTask(id: ConnectorTaskId): Promise<void>
  pause(name: string): Promise<void>
  resume(name: string): Promise<void>
  stop(name: string): Promise<void>
}

export interface ConnectorOffset {
  readonly partition: OffsetMap
  readonly offset: OffsetMap | null
}

/** As a client sent it: a sink's are judged by the herder. */
export interface SentOffset {
  readonly partition?: OffsetMap | null
  readonly offset?: OffsetMap | null
}

/** Where connectors go on. Errors as for `Connectors`. */
export interface Offsets {
  offsets(name: string): Promise<readonly ConnectorOffset[]>
  /** Of a connector that is STOPPED. Returns what to tell the client. */
  alterOffsets(name: string, offsets: readonly SentOffset[]): Promise<string>
  /** All of them are forgotten. */
  resetOffsets(name: string): Promise<string>
}

/** Which topics the tasks of connectors used since the last reset. */
export interface ConnectorTopics {
  readonly topicTracking: TopicTracking
  /** None for a connector that is not known. */
  connectorTopics(name: string): readonly string[]
  resetTopics(name: string): Promise<void>
}

export interface TopicTracking {
  readonly isEnabled: boolean
  readonly allowsReset: boolean
}

export interface LoggerLevel {
  readonly level: string
  readonly last_modified: number | null
}

/** Which lines this worker logs. */
export interface Loggers {
  all(): Readonly<Record<string, LoggerLevel>>
  level(name: string): LoggerLevel | undefined
  /** Returns the loggers whose level changed; undefined when there is no such level. */
  set(name: string, level: string): readonly string[] | undefined
}

/** Levels for every worker of the cluster. */
export interface ClusterLoggers {
  setLoggerLevel(name: string, level: string): Promise<void>
}

/** References to config providers (`${file:…:…}`): stored and shown as they are, resolved for whoever uses the config. */
export interface ConfigVariables {
  isReference(value: string): boolean
  /** The very object when there is nothing to resolve. Throws what a provider throws. */
  resolve<T extends string | null>(config: Readonly<Record<string, T>>): Readonly<Record<string, T>>
}

export interface PluginInfo {
  readonly class: string
  readonly type: PluginKind
  readonly version: string
}

/** The `definition` of a validate answer. */
export interface ConfigKeyInfo {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly default_value: string | null
  readonly importance: Uppercase<Importance>
  readonly documentation: string
  readonly group: string | null
  readonly order_in_group: number
  readonly width: Uppercase<Width>
  readonly display_name: string
  readonly dependents: readonly string[]
  /** For clients older than 4.x. */
  readonly order: number
}

export interface ConfigValueInfo {
  readonly name: string
  readonly value: string | null
  readonly recommended_values: readonly string[]
  readonly errors: readonly string[]
  readonly visible: boolean
}

export interface ConfigInfo {
  readonly definition: ConfigKeyInfo | null
  readonly value: ConfigValueInfo
}

export interface ConfigInfos {
  readonly name: string
  readonly error_count: number
  readonly groups: readonly string[]
  readonly configs: readonly ConfigInfo[]
}

export interface ConnectorPlugins {
  list(connectorsOnly: boolean): readonly PluginInfo[]
  config(plugin: string): readonly ConfigKeyInfo[]
  validate(plugin: string, config: SentConfig): Promise<ConfigInfos>
}

export interface WorkerStatus {
  readonly status: 'healthy' | 'starting' | 'unhealthy'
  readonly message: string
}

export interface WorkerInfo {
  readonly version: string
  readonly commit: string
  readonly kafka_cluster_id: string
  readonly tapline: { readonly version: string; readonly log: string }
}

export interface WorkerView {
  info(): WorkerInfo
  /** Asks the herder for a no-op; answers after 10 s at most. */
  health(): Promise<WorkerStatus>
}

export interface TopicRecord {
  readonly offset: number
  readonly timestamp: number
  /** JSON where the bytes are JSON, else text where they are UTF-8, else base64 with `…Encoding: 'base64'`. */
  readonly key: unknown
  readonly value: unknown
  readonly keyEncoding: 'json' | 'text' | 'base64' | 'null'
  readonly valueEncoding: 'json' | 'text' | 'base64' | 'null'
  readonly headers: readonly {
    readonly key: string
    readonly value: string | null
  }[]
}

export interface TopicPage {
  readonly topic: string
  readonly partition: number
  readonly records: readonly TopicRecord[]
  readonly next: number
  readonly earliest: number
  readonly latest: number
}

export interface TopicView {
  /** Names and partitions of all topics. */
  topics(): Promise<readonly { readonly topic: string; readonly partitions: number }[]>
  /** `from`: an offset, `earliest`, or `latest` (the last `limit` records). NotFoundException for an unknown topic or partition. */
  records(
    topic: string,
    partition: number,
    from: number | 'earliest' | 'latest',
    limit: number,
  ): Promise<TopicPage>
}
