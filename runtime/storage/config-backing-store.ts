import { hasCode, type Logger, TimeoutException } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import { ClusterConfig, type ConfigChange, type StoredConnector } from './cluster-config.ts'
import { CompactedTopic, type StoreRecord, type StoreTopic } from './compacted-topic.ts'
import {
  type ConfigMap,
  connectorEntry,
  loggerEntry,
  parseConfigRecord,
  type RestartRequest,
  restartEntry,
  type TargetState,
  targetEntry,
  taskEntries,
} from './config-records.ts'
import type { KeyedEntry } from './keyed-batches.ts'

const purpose = {
  property: 'config.storage.topic',
  holds: 'connector configurations',
  needsOnePartition: true,
}

/** Connectors, their target states and the configs of their tasks. Each write is one batch: after a crash all of it is there, or nothing (I4). */
export class ConfigBackingStore {
  readonly #log: Log
  readonly #topic: CompactedTopic
  readonly #spec: StoreTopic
  readonly #logger: Logger
  readonly #config = new ClusterConfig()
  readonly #onChange: (change: ConfigChange) => void
  #isStarted = false

  /** `onChange` hears of what is written after the start; restart requests and logger levels of earlier times are over. */
  constructor(
    log: Log,
    logger: Logger,
    spec: Omit<StoreTopic, 'partitions'>,
    onChange: (change: ConfigChange) => void,
  ) {
    this.#log = log
    this.#spec = { ...spec, partitions: 1 }
    this.#logger = logger
    this.#onChange = onChange
    this.#topic = new CompactedTopic(log, logger, spec.topic, (record) => this.#read(record))
  }

  async start(): Promise<void> {
    await this.#topic.start(this.#spec, purpose)
    this.#isStarted = true
  }

  stop(): Promise<void> {
    return this.#topic.stop()
  }

  /** Why the topic cannot be read at present; null when it can. */
  get trouble(): string | null {
    return this.#topic.trouble
  }

  connectors(): string[] {
    return this.#config.names()
  }

  connector(name: string): StoredConnector | undefined {
    return this.#config.connector(name)
  }

  /** The target state goes first: a worker that sees the connector knows at once whether to run it. */
  putConnector(name: string, config: ConfigMap, target?: TargetState): Promise<void> {
    const entry = connectorEntry(name, config)
    return this.#write(target === undefined ? [entry] : [targetEntry(name, target), entry])
  }

  removeConnector(name: string): Promise<void> {
    return this.#write([connectorEntry(name, null), targetEntry(name, null)])
  }

  putTasks(name: string, configs: readonly ConfigMap[]): Promise<void> {
    return this.#write(taskEntries(name, configs))
  }

  putTarget(name: string, target: TargetState): Promise<void> {
    return this.#write([targetEntry(name, target)])
  }

  /** STOPPED, and no tasks any more. */
  putStopped(name: string): Promise<void> {
    return this.#write([...taskEntries(name, []), targetEntry(name, 'STOPPED')])
  }

  putRestart(request: RestartRequest): Promise<void> {
    return this.#write([restartEntry(request)])
  }

  putLoggerLevel(namespace: string, level: string): Promise<void> {
    return this.#write([loggerEntry(namespace, level)])
  }

  /** A log that does not take it in time: whether it is there after all shows when it is read again. */
  async #write(entries: readonly KeyedEntry[]): Promise<void> {
    try {
      await this.#topic.append(entries)
    } catch (error) {
      const isLate = hasCode(error, 'CONNECT_RETRIABLE') || hasCode(error, 'CONNECT_TIMEOUT')
      if (this.#log.kind === 'embedded' || !isLate) throw error
      throw new TimeoutException('Error writing connector configuration to Kafka', {
        cause: error,
        hint: (error as Error).message,
      })
    }
  }

  #read(record: StoreRecord): void {
    const parsed = parseConfigRecord(record)
    if (parsed === 'foreign') return
    if (parsed === 'malformed') {
      const { key, offset } = record
      this.#logger.error({ key, offset }, 'a record of the config topic is skipped: not understood')
      return
    }
    const change = this.#config.apply(parsed, record.offset)
    if (change !== null && this.#isStarted) this.#onChange(change)
  }
}
