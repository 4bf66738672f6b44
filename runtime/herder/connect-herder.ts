import { AlreadyExistsException, type Logger, NotFoundException } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { ConfigChange } from '../storage/cluster-config.ts'
import type { StoreTopic } from '../storage/compacted-topic.ts'
import { ConfigBackingStore } from '../storage/config-backing-store.ts'
import { OffsetBackingStore } from '../storage/offset-backing-store.ts'
import { StatusBackingStore } from '../storage/status-backing-store.ts'
import { trimmed, withName } from './connector-name.ts'
import { ConnectorOffsets, requireStopped } from './connector-offsets.ts'
import { ConnectorRun } from './connector-run.ts'
import { ConnectorViews } from './connector-views.ts'
import { GuardedRunner } from './guarded-runner.ts'
import { workerHealth } from './health.ts'
import type {
  ClusterLoggers,
  ConfigInfos,
  ConfigKeyInfo,
  ConfigMap,
  ConfigVariables,
  ConnectorInfo,
  ConnectorOffset,
  ConnectorPlugins,
  ConnectorStateInfo,
  Connectors,
  ConnectorTaskId,
  ConnectorTopics,
  InitialState,
  Loggers,
  Offsets,
  PluginInfo,
  SentConfig,
  SentOffset,
  TargetState,
  TaskInfo,
  TaskState,
  TopicTracking,
  WorkerStatus,
} from './herder.ts'
import { noVariables } from './no-variables.ts'
import { PluginCatalog } from './plugin-catalog.ts'
import { restartPlan } from './restart-plan.ts'
import { StatusReporter } from './status-reporter.ts'
import type { HerderHooks, StatusUpdate, TaskRunner } from './task-runner.ts'
import type { WorkerRules } from './validate.ts'
import { WorkQueue } from './work-queue.ts'

export interface HerderOptions {
  readonly log: Log
  readonly plugins: PluginRegistry
  readonly logger: Logger
  /** `HOST:PORT` of the advertised URL: in every status. */
  readonly workerId: string
  readonly rules: WorkerRules
  readonly stores: {
    readonly config: Omit<StoreTopic, 'partitions'>
    readonly offset: StoreTopic
    readonly status: StoreTopic
  }
  /** Default: both. */
  readonly topicTracking?: TopicTracking
  /** Default: there are no config providers. */
  readonly variables?: ConfigVariables
  /** Where the levels of the cluster are applied. */
  readonly loggers?: Loggers
  /** Makes the worker that runs what the herder decides. Called once. */
  worker(hooks: HerderHooks): TaskRunner
}

const initialTargets: Record<InitialState, TargetState> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
}

/**
 * Decides what runs. A request is written to the config topic, one after the other, and answered when it was read back; what was read is
 * what a `ConnectorRun` each then makes the worker do. So a crash at any instant leaves what the topic says, and a start goes on from there (I4).
 */
export class ConnectHerder
  implements Connectors, Offsets, ConnectorTopics, ClusterLoggers, ConnectorPlugins
{
  readonly #logger: Logger
  readonly #config: ConfigBackingStore
  readonly #statuses: StatusBackingStore
  readonly #offsets: OffsetBackingStore
  readonly #connectorOffsets: ConnectorOffsets
  readonly #reporter: StatusReporter
  readonly #views: ConnectorViews
  readonly #worker: TaskRunner
  readonly #catalog: PluginCatalog
  readonly #queue = new WorkQueue()
  readonly #runs = new Map<string, ConnectorRun>()
  readonly topicTracking: TopicTracking
  readonly #loggers: Loggers | undefined
  readonly #variables: ConfigVariables
  #isReady = false
  #isClosed = false

  constructor(options: HerderOptions) {
    const { log, plugins, logger, workerId, rules, stores, worker } = options
    this.#loggers = options.loggers
    this.#variables = options.variables ?? noVariables
    this.topicTracking = options.topicTracking ?? { isEnabled: true, allowsReset: true }
    this.#logger = logger
    this.#config = new ConfigBackingStore(log, logger, stores.config, (change) =>
      this.#onChange(change),
    )
    this.#statuses = new StatusBackingStore(log, logger, stores.status)
    this.#offsets = new OffsetBackingStore(log, logger, stores.offset)
    this.#reporter = new StatusReporter(this.#statuses, workerId)
    this.#views = new ConnectorViews(this.#config, this.#statuses, plugins)
    const onStatus = (update: StatusUpdate) => this.#onStatus(update)
    const runner = worker({
      offsets: this.#offsets,
      onStatus,
      onTopics: ({ connector, task }, topics) => this.#onTopics(connector, task, topics),
      onReconfigure: (connector) => this.#runs.get(connector)?.reconfigure(),
    })
    this.#worker = new GuardedRunner(
      runner,
      (config) => this.#catalog.problems(config),
      onStatus,
      this.#variables,
    )
    this.#connectorOffsets = new ConnectorOffsets({
      log,
      plugins,
      store: this.#offsets,
      worker: this.#worker,
      consumer: rules.clients.kafka?.consumer ?? {},
    })
    this.#catalog = new PluginCatalog({
      plugins,
      rules,
      logger,
      variables: this.#variables,
      check: (plugin, config) => this.#worker.check(plugin, config),
    })
  }

  /** Reads the stores to their ends, then sets going whatever they say. */
  start(): Promise<void> {
    return this.#queue.run('initializing and reading to the end of internal topics', async () => {
      await Promise.all([this.#offsets.start(), this.#statuses.start(), this.#config.start()])
      for (const name of this.#statuses.connectors()) {
        if (this.#config.connector(name) === undefined) this.#reporter.forget(name, [])
      }
      for (const name of this.#config.connectors()) this.#run(name).changed()
      this.#isReady = true
    })
  }

  /** Requests that wait are refused; the worker drains; what ran is UNASSIGNED; last the stores are closed. The log stays open. */
  async shutdown(): Promise<void> {
    await this.#queue.close()
    for (const run of this.#runs.values()) run.stop()
    await this.#worker.shutdown()
    for (const run of this.#runs.values()) run.giveUp()
    this.#isClosed = true
    await this.#statuses.stop()
    await Promise.all([this.#config.stop(), this.#offsets.stop()])
  }

  health(): Promise<WorkerStatus> {
    return workerHealth(this.#queue, () => this.#isReady)
  }

  /** Why the stores cannot be read at present; null when they can. */
  get trouble(): string | null {
    return this.#config.trouble ?? this.#offsets.trouble ?? this.#statuses.trouble
  }

  names(): readonly string[] {
    return this.#config.connectors()
  }

  info(name: string): ConnectorInfo {
    return this.#views.info(name)
  }

  status(name: string): ConnectorStateInfo {
    return this.#views.status(name)
  }

  tasks(name: string): readonly TaskInfo[] {
    return this.#views.tasks(name)
  }

  taskStatus(id: ConnectorTaskId): TaskState {
    return this.#views.taskStatus(id)
  }

  async create(sentName: string, sent: SentConfig, initial: InitialState): Promise<ConnectorInfo> {
    const name = trimmed(sentName)
    const config = withName(name, sent)
    // A name that is taken is refused before the connection is tried: a thousand creates shall not mean a thousand connections.
    await this.#requireValid(config, () => this.#requireNew(name))
    return this.#writing(name, async () => {
      this.#requireNew(name)
      await this.#config.putConnector(name, config as ConfigMap, initialTargets[initial])
      return this.info(name)
    })
  }

  async putConfig(
    name: string,
    sent: SentConfig,
  ): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }> {
    const config = withName(name, sent)
    await this.#requireValid(config)
    return this.#writing(name, async () => {
      const created = this.#config.connector(name) === undefined
      await this.#config.putConnector(name, config as ConfigMap, created ? 'STARTED' : undefined)
      return { created, info: this.info(name) }
    })
  }

  /** On top of what is stored at the end: a config that came meanwhile is not undone. */
  async patchConfig(name: string, patch: SentConfig): Promise<ConnectorInfo> {
    for (;;) {
      const { config: stored, revision } = this.#views.found(name)
      const merged = Object.entries({ ...stored, ...patch }).filter(([, value]) => value !== null)
      const config = Object.fromEntries(merged) as ConfigMap
      if (config['name'] !== undefined) withName(name, config)
      await this.#requireValid(config)
      const info = await this.#writing(name, async () => {
        if (this.#views.found(name).revision !== revision) return null
        await this.#config.putConnector(name, config)
        return this.info(name)
      })
      if (info !== null) return info
    }
  }

  delete(name: string): Promise<void> {
    return this.#queue.request(`removing the config for connector ${name}`, async () => {
      this.#views.found(name)
      await this.#config.removeConnector(name)
    })
  }

  pause(name: string): Promise<void> {
    return this.#setTarget(name, () => this.#config.putTarget(name, 'PAUSED'))
  }

  resume(name: string): Promise<void> {
    return this.#setTarget(name, () => this.#config.putTarget(name, 'STARTED'))
  }

  stop(name: string): Promise<void> {
    return this.#setTarget(name, () => this.#config.putStopped(name))
  }

  async restart(
    name: string,
    options: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStateInfo | null> {
    if (!options.includeTasks && !options.onlyFailed) {
      this.#requireKnown(name)
      await this.#queue.inTime(this.#run(name).restartConnector())
      return null
    }
    return this.#queue.request(`writing a restart request for connector ${name}`, async () => {
      this.#requireKnown(name)
      if (this.#statuses.connector(name) === undefined) {
        throw new NotFoundException(`Status for connector ${name} not found`)
      }
      const answer = this.#views.restarting(name, restartPlan(options, this.#reporter.states(name)))
      await this.#config.putRestart({ connector: name, ...options })
      return answer
    })
  }

  async restartTask({ connector, task }: ConnectorTaskId): Promise<void> {
    this.#requireKnown(connector)
    if (this.#config.connector(connector)?.tasks[task] === undefined) {
      throw new NotFoundException(`Unknown task: ${connector}-${task}`)
    }
    await this.#queue.inTime(this.#run(connector).restartTask(task))
  }

  async offsets(name: string): Promise<readonly ConnectorOffset[]> {
    const { config } = this.#views.found(name)
    const resolved = this.#variables.resolve(config)
    return this.#queue.inTime(this.#connectorOffsets.read(name, resolved))
  }

  alterOffsets(name: string, offsets: readonly SentOffset[]): Promise<string> {
    return this.#changeOffsets(name, offsets)
  }

  resetOffsets(name: string): Promise<string> {
    return this.#changeOffsets(name, null)
  }

  connectorTopics(name: string): readonly string[] {
    return this.#statuses.topics(name)
  }

  async resetTopics(name: string): Promise<void> {
    this.#statuses.forgetTopics(name)
    await this.#queue.inTime(this.#statuses.flush())
  }

  setLoggerLevel(name: string, level: string): Promise<void> {
    const stage = `writing the level of logger ${name} to the config topic`
    return this.#queue.request(stage, () => this.#config.putLoggerLevel(name, level))
  }

  list(connectorsOnly: boolean): readonly PluginInfo[] {
    return this.#catalog.list(connectorsOnly)
  }

  config(plugin: string): readonly ConfigKeyInfo[] {
    return this.#catalog.config(plugin)
  }

  validate(plugin: string, config: SentConfig): Promise<ConfigInfos> {
    return this.#catalog.validate(plugin, config)
  }

  async #requireValid(config: SentConfig, beforeConnection?: () => void): Promise<void> {
    const validation = this.#catalog.validateKeys(config)
    this.#catalog.requireValid(validation)
    beforeConnection?.()
    await this.#catalog.checkConnection(validation, config)
    this.#catalog.requireValid(validation)
    this.#catalog.warn(validation, config)
  }

  /** In the connector's own turn: its tasks have ended, and a resume waits until this is over. */
  async #changeOffsets(name: string, sent: readonly SentOffset[] | null): Promise<string> {
    requireStopped(this.#views.found(name))
    const done = this.#run(name).alone(async (isIdle) => {
      const stored = this.#views.found(name)
      requireStopped(stored, isIdle)
      return this.#connectorOffsets.change(name, this.#variables.resolve(stored.config), sent)
    })
    return this.#queue.inTime(done)
  }

  #writing<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#queue.request(`writing a config for connector ${name} to the config topic`, work)
  }

  #setTarget(name: string, write: () => Promise<void>): Promise<void> {
    return this.#queue.request(`writing the target state of connector ${name}`, async () => {
      if (this.#config.connector(name) === undefined) {
        throw new NotFoundException(`Unknown connector ${name}`)
      }
      await write()
    })
  }

  #requireNew(name: string): void {
    if (this.#config.connector(name) === undefined) return
    throw new AlreadyExistsException(`Connector ${name} already exists`)
  }

  #requireKnown(name: string): void {
    if (this.#config.connector(name) !== undefined) return
    throw new NotFoundException(`Unknown connector: ${name}`)
  }

  #run(name: string): ConnectorRun {
    let run = this.#runs.get(name)
    if (run === undefined) {
      run = new ConnectorRun(name, {
        config: this.#config,
        queue: this.#queue,
        worker: this.#worker,
        statuses: this.#reporter,
        logger: this.#logger,
        onGone: () => this.#runs.delete(name),
      })
      this.#runs.set(name, run)
    }
    return run
  }

  #onChange(change: ConfigChange): void {
    if (change.type === 'restart') this.#runs.get(change.request.connector)?.restart(change.request)
    else if (change.type === 'logger') this.#loggers?.set(change.namespace, change.level)
    // A target state may come before its connector.
    else if (change.type !== 'target' || this.#config.connector(change.connector) !== undefined)
      this.#run(change.connector).changed()
  }

  #onStatus(update: StatusUpdate): void {
    if (!this.#isClosed) this.#runs.get(update.connector)?.onStatus(update)
  }

  /** Late words of a connector that was deleted change nothing. */
  #onTopics(connector: string, task: number, topics: readonly string[]): void {
    const isKnown = this.#config.connector(connector) !== undefined
    if (this.topicTracking.isEnabled && isKnown && !this.#isClosed)
      this.#statuses.putTopics(connector, task, topics)
  }
}
