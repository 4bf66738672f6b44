import type { Findings, Logger, OffsetMap } from '../api/index.ts'
import type { ClientSettings, Log } from '../log/log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { ConnectorHalves } from './connector-halves.ts'
import type { ConverterDefaults, TaskSettings, TaskSpec } from './messages.ts'
import { mainPlace, type PlaceEvents, threadPlace } from './places.ts'
import { PluginCalls } from './plugin-calls.ts'
import type { AlteredOffsets } from './plugin-messages.ts'
import { TaskPool } from './task-pool.ts'
import type {
  ConfigMap,
  ConnectorTaskId,
  StatusUpdate,
  TargetState,
  Trouble,
} from './task-state.ts'
import { Tasks } from './tasks.ts'

export interface WorkerOptions {
  readonly log: Log
  readonly plugins: PluginRegistry
  /** Folders of plugins besides the checkout's own, as file URLs: what `plugins` was read from, for the threads. */
  readonly pluginRoots?: readonly string[]
  readonly defaults: ConverterDefaults
  readonly offsetTopic: string
  readonly offsetFlushIntervalMs: number
  /** Whether sources make topics as their `topic.creation` keys say. Default true. */
  readonly createsTopics?: boolean
  /** What the worker gives the consumers of sinks besides (`consumer.…`). */
  readonly consumer?: ClientSettings
  readonly taskShutdownGracefulTimeoutMs: number
  /** Most task threads; 0: tasks run in the main thread, for debugging. */
  readonly threads: number
  readonly offsets: {
    read(connector: string, partition: OffsetMap): Promise<OffsetMap | null>
  }
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onStatus: (update: StatusUpdate) => void
  /** A task used these topics; said again while it goes on. */
  readonly onTopics?: (id: ConnectorTaskId, topics: readonly string[]) => void
  /** A connector wants its tasks to be made anew. */
  readonly onReconfigure: (connector: string) => void
}

/** Runs connectors and tasks, in threads, as the herder says; what becomes of them it reports. */
export class Worker {
  readonly #plugins: PluginRegistry
  readonly #calls: PluginCalls
  readonly #connectors: ConnectorHalves
  readonly #tasks: Tasks

  constructor(options: WorkerOptions) {
    const { log, plugins, logger, metrics, threads, pluginRoots = [] } = options
    const { defaults, offsetTopic, offsetFlushIntervalMs, onStatus } = options
    const { createsTopics = true, consumer = {} } = options
    const settings: TaskSettings = {
      defaults,
      offsetTopic,
      offsetFlushIntervalMs,
      createsTopics,
      consumer,
    }
    const open = (events: PlaceEvents) =>
      threads === 0
        ? mainPlace(log, settings, plugins, events)
        : threadPlace(log, settings, pluginRoots, events)
    this.#plugins = plugins
    this.#calls = new PluginCalls(pluginRoots, logger)
    this.#connectors = new ConnectorHalves({
      plugins,
      calls: this.#calls,
      logger,
      metrics,
      onStatus,
      onReconfigure: options.onReconfigure,
    })
    this.#tasks = new Tasks((events) => new TaskPool(threads, open, events), {
      readOffset: (connector, partition) => options.offsets.read(connector, partition),
      gracefulMs: options.taskShutdownGracefulTimeoutMs,
      logger,
      metrics,
      onStatus,
      onTopics: options.onTopics,
    })
  }

  /** Parses and validates the connector's config and starts its watch. Resolves when its state was reported, FAILED included. */
  startConnector(name: string, config: ConfigMap, target: TargetState): Promise<void> {
    return this.#connectors.start(name, config, target)
  }

  async stopConnector(name: string): Promise<void> {
    this.#connectors.stop(name)
  }

  /** One raw configuration a task, as `tasks` of the connector shares out the work. */
  taskConfigs(name: string): Promise<readonly ConfigMap[]> {
    return this.#connectors.taskConfigs(name)
  }

  /** Tries the connection: findings by key, none when all is well. */
  check(plugin: string, config: ConfigMap): Promise<Findings> {
    return this.#connectors.check(plugin, config)
  }

  /** Tells a connector of a change of its offsets. True: it changed its own too; throws when it refuses. */
  alterOffsets(name: string, config: ConfigMap, offsets: AlteredOffsets): Promise<boolean> {
    return this.#connectors.alterOffsets(name, config, offsets)
  }

  /** Resolves when a thread has it: what becomes of it is reported. Throws when there is no such connector class. */
  async startTask(spec: TaskSpec): Promise<void> {
    const raw = { ...spec.connectorConfig, ...spec.taskConfig }
    const { kind, version } = this.#plugins.connector(raw['connector.class'] ?? '')
    this.#tasks.start(spec, kind, version)
  }

  /** Told together, awaited together, late ones cancelled at the deadline (I4). */
  stopTasks(ids: readonly ConnectorTaskId[]): Promise<void> {
    return this.#tasks.stop(ids)
  }

  setTaskTarget(id: ConnectorTaskId, target: TargetState): void {
    this.#tasks.setTarget(id, target)
  }

  /** Tasks that run and do not get on: which try, when the next, and why. */
  troubles(): readonly (ConnectorTaskId & Trouble)[] {
    return this.#tasks.troubles()
  }

  /** Stops everything: drains, then gives up at the deadline (I4). */
  async shutdown(): Promise<void> {
    this.#connectors.stopAll()
    await this.#tasks.close()
    await this.#calls.close()
  }
}
