import {
  ConfigException,
  ConnectException,
  type Findings,
  isRetriable,
  type Logger,
  parseConfig,
} from '../api/index.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ConnectorPlugin } from '../plugins/plugin.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { backoffMs } from './backoff.ts'
import { pluginDeadlineMs } from './deadline.ts'
import type { PluginCalls } from './plugin-calls.ts'
import type { AlteredOffsets } from './plugin-messages.ts'
import { printTrace, toPortable } from './portable-error.ts'
import { redactor } from './secrets.ts'
import type { ConfigMap, ReportedState, StatusUpdate, TargetState } from './task-state.ts'

/** A connection test answers sooner, or it is no answer. */
const checkDeadlineMs = 60_000
/** No longer than a request waits. */
const alterDeadlineMs = 90_000

export interface ConnectorsParts {
  readonly plugins: PluginRegistry
  readonly calls: PluginCalls
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onStatus: (update: StatusUpdate) => void
  readonly onReconfigure: (connector: string) => void
}

interface Connector {
  readonly name: string
  readonly config: ConfigMap
  readonly plugin: ConnectorPlugin | undefined
  readonly stopping: AbortController
  state: ReportedState | undefined
}

/** The connectors' own halves: configuration, watch, the sharing out of work. A hook that a plugin does not have costs no thread. */
export class ConnectorHalves {
  readonly #parts: ConnectorsParts
  readonly #connectors = new Map<string, Connector>()

  constructor(parts: ConnectorsParts) {
    this.#parts = parts
  }

  /** Never throws for the connector's fault: that is a FAILED. */
  async start(name: string, config: ConfigMap, target: TargetState): Promise<void> {
    this.stop(name)
    const { plugins, metrics } = this.#parts
    const plugin = plugins.find(['source', 'sink'], config['connector.class'] ?? '')
    const stopping = new AbortController()
    const connector: Connector = { name, config, plugin, stopping, state: undefined }
    this.#connectors.set(name, connector)
    if (plugin) {
      const { kind: type, class: className, version } = plugin
      metrics.addConnector(name, { type, class: className, version })
    }
    try {
      if (target === 'STARTED') await this.#validate(connector)
    } catch (error) {
      this.#fail(connector, error)
      return
    }
    const states = { STARTED: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const
    this.#report(connector, states[target])
    if (target === 'STARTED') this.#watch(connector)
  }

  stop(name: string): void {
    this.#connectors.get(name)?.stopping.abort()
    this.#connectors.delete(name)
    this.#parts.metrics.removeConnector(name)
  }

  stopAll(): void {
    for (const name of [...this.#connectors.keys()]) this.stop(name)
  }

  /** One raw configuration a task. Too many of them FAIL the connector. */
  async taskConfigs(name: string): Promise<readonly ConfigMap[]> {
    const connector = this.#connectors.get(name)
    if (connector === undefined) throw new ConnectException(`Connector ${name} is not running here`)
    const { config } = connector
    const plugin = this.#parts.plugins.connector(config['connector.class'] ?? '')
    const max = Number(config['tasks.max'] ?? 1)
    const overlays = await this.#overlays(name, plugin, config, max)
    if (overlays.length > max) this.#refuseTooMany(connector, overlays.length, max)
    const taskClass = `${plugin.class.replace(/Connector$/, '')}Task`
    return overlays.map((overlay) => ({ ...config, ...overlay, 'task.class': taskClass }))
  }

  /** A connection test: what it finds, by the keys of this class. */
  async check(className: string, config: ConfigMap): Promise<Findings> {
    const plugin = this.#parts.plugins.connector(className)
    if (plugin.definition.check === undefined) return {}
    const connector = config['name'] ?? className
    const full = { ...config, 'connector.class': className }
    const question = { op: 'check', connector, config: full, max: 0 } as const
    const findings = await this.#parts.calls.ask(question, checkDeadlineMs)
    return named(findings, plugin)
  }

  /** False when the connector has no say in it. */
  async alterOffsets(
    connector: string,
    config: ConfigMap,
    offsets: AlteredOffsets,
  ): Promise<boolean> {
    const plugin = this.#parts.plugins.connector(config['connector.class'] ?? '')
    if (plugin.definition.alterOffsets === undefined) return false
    const question = { op: 'alterOffsets', connector, config, max: 0, offsets } as const
    return this.#parts.calls.ask(question, alterDeadlineMs)
  }

  async #overlays(
    name: string,
    plugin: ConnectorPlugin,
    config: ConfigMap,
    max: number,
  ): Promise<readonly ConfigMap[]> {
    if (plugin.definition.tasks === undefined) {
      return Array.from({ length: plugin.kind === 'source' ? 1 : max }, () => ({}))
    }
    const question = { op: 'tasks', connector: name, config, max } as const
    return this.#parts.calls.ask(question, pluginDeadlineMs)
  }

  #refuseTooMany(connector: Connector, count: number, max: number): void {
    const { name, config } = connector
    const message = `The connector ${name} has generated ${count} tasks, which is greater than ${max}, the maximum number of tasks it is configured to create. `
    if (config['tasks.max.enforce']?.trim().toLowerCase() === 'false') {
      this.#parts.logger.warn({ connector: name, tasks: count, max }, message.trim())
      return
    }
    const error = new ConnectException(
      `${message}This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring ` +
        "the connector with 'tasks.max.enforce' set to false; however, this option will be removed in a future release of Kafka Connect.",
    )
    this.#fail(connector, error)
    throw error
  }

  async #validate({ name, config }: Connector): Promise<void> {
    const plugin = this.#parts.plugins.connector(config['connector.class'] ?? '')
    parseConfig(plugin.definition.config, plugin.canonical(config))
    if (plugin.definition.validate === undefined) return
    const question = { op: 'validate', connector: name, config, max: 0 } as const
    const findings = named(await this.#parts.calls.ask(question, pluginDeadlineMs), plugin)
    const problems = Object.entries(findings).flatMap(([key, found]) =>
      [found].flat().map((message) => [key, `${key}: ${message}`] as const),
    )
    if (problems.length > 0) throw new ConfigException(problems)
  }

  #watch(connector: Connector, attempt = 1): void {
    const { name, config, plugin, stopping } = connector
    if (plugin?.definition.watch === undefined || stopping.signal.aborted) return
    const end = this.#parts.calls.watch(
      { op: 'watch', connector: name, config, max: 0 },
      () => this.#parts.onReconfigure(name),
      (error) => {
        if (error === undefined || stopping.signal.aborted) return
        if (!isRetriable(error)) return this.#fail(connector, error)
        this.#parts.logger.warn({ connector: name, err: error }, 'the watch is tried again')
        setTimeout(() => this.#watch(connector, attempt + 1), backoffMs(attempt)).unref()
      },
    )
    stopping.signal.addEventListener('abort', end, { once: true })
  }

  #fail(connector: Connector, error: unknown): void {
    const clean = redactor(connector.config, connector.plugin?.config ?? {})
    const portable = toPortable(error, clean)
    this.#parts.logger.error({ connector: connector.name, err: portable }, 'the connector failed')
    this.#report(connector, 'FAILED', printTrace(portable))
  }

  #report(connector: Connector, state: ReportedState, trace?: string): void {
    const { name, plugin } = connector
    // Stopped meanwhile: it has no state any more.
    if (this.#connectors.get(name) !== connector) return
    const { metrics, onStatus } = this.#parts
    if (connector.state === undefined) metrics.started('connector', state !== 'FAILED')
    connector.state = state
    metrics.connectorState(name, state)
    onStatus({
      connector: name,
      task: null,
      state,
      ...(trace !== undefined && { trace }),
      ...(plugin && { version: plugin.version }),
    })
  }
}

function named(findings: Findings, plugin: ConnectorPlugin): Findings {
  return Object.fromEntries(
    Object.entries(findings).map(([key, found]) => [plugin.keyName(key), found]),
  )
}
