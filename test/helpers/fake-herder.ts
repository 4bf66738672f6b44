import {
  AlreadyExistsException,
  BadRequestException,
  NotFoundException,
} from '../../runtime/api/errors.ts'
import { trimmed, withName } from '../../runtime/herder/connector-name.ts'
import type {
  ConfigInfos,
  ConfigMap,
  ConnectorInfo,
  ConnectorStateInfo,
  ConnectorTaskId,
  InitialState,
  PluginInfo,
  SentConfig,
  SentOffset,
  TaskState,
  TopicPage,
  WorkerStatus,
} from '../../runtime/herder/herder.ts'
import type { Resources } from '../../runtime/rest/application.ts'

const workerId = '127.0.0.1:8083'
const keyInfo = {
  name: 'topic',
  type: 'STRING',
  required: true,
  default_value: null,
  importance: 'HIGH',
  documentation: 'Where records go.',
  group: null,
  order_in_group: -1,
  width: 'NONE',
  display_name: 'topic',
  dependents: [],
  order: -1,
} as const
const page: TopicPage = {
  topic: 'packets',
  partition: 0,
  records: [
    {
      offset: 41,
      timestamp: 1_700_000_000_000,
      key: 'k',
      value: { count: 2n ** 60n, text: '<script>' },
      keyEncoding: 'text',
      valueEncoding: 'json',
      headers: [{ key: 'h', value: null }],
    },
  ],
  next: 42,
  earliest: 0,
  latest: 42,
}

/** A fake of what REST knows of the host: connectors in a Map, nothing runs. What a real herder answers is for the herder's own tests. */
export class FakeHerder implements Resources {
  readonly calls: unknown[][] = []
  readonly configs = new Map<string, ConfigMap>()
  readonly states = new Map<string, ConnectorStateInfo>()
  workerStatus: WorkerStatus = { status: 'healthy', message: 'Worker has completed startup.' }
  /** What the next call that changes something runs into. */
  trouble: unknown

  readonly connectors = {
    names: () => [...this.configs.keys()],
    info: (name: string): ConnectorInfo => {
      const config = this.configs.get(name)
      if (config === undefined) throw new NotFoundException(`Connector ${name} not found`)
      return { name, config, tasks: [{ connector: name, task: 0 }], type: 'source' }
    },
    status: (name: string): ConnectorStateInfo => {
      const state = this.states.get(name)
      if (state === undefined) throw new NotFoundException(`No status found for connector ${name}`)
      return state
    },
    tasks: (name: string) => [
      { id: { connector: name, task: 0 }, config: this.connectors.info(name).config },
    ],
    taskStatus: ({ connector, task }: ConnectorTaskId): TaskState => {
      const found = this.states.get(connector)?.tasks.find(({ id }) => id === task)
      if (found) return found
      throw new NotFoundException(`No status found for task ${connector}-${task}`)
    },
    create: async (sentName: string, sent: SentConfig, initial: InitialState) => {
      const name = trimmed(sentName)
      const config = withName(name, sent)
      await this.#change('create', name, config, initial)
      if (this.configs.has(name)) {
        throw new AlreadyExistsException(`Connector ${name} already exists`)
      }
      return this.#store(name, config)
    },
    putConfig: async (name: string, sent: SentConfig) => {
      const config = withName(name, sent)
      await this.#change('putConfig', name, config)
      const created = !this.configs.has(name)
      return { created, info: this.#store(name, config) }
    },
    patchConfig: async (name: string, patch: SentConfig) => {
      await this.#change('patchConfig', name, patch)
      const merged = Object.entries({ ...this.connectors.info(name).config, ...patch })
      return this.#store(name, Object.fromEntries(merged.filter(([, value]) => value !== null)))
    },
    delete: async (name: string) => {
      await this.#change('delete', name)
      this.connectors.info(name)
      this.configs.delete(name)
    },
    restart: async (
      name: string,
      options: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
    ) => {
      await this.#change('restart', name, options)
      return options.includeTasks || options.onlyFailed ? this.connectors.status(name) : null
    },
    restartTask: (id: ConnectorTaskId) => this.#change('restartTask', id),
    pause: (name: string) => this.#change('pause', name),
    resume: (name: string) => this.#change('resume', name),
    stop: (name: string) => this.#change('stop', name),
  }

  readonly connectorTopics = {
    topicTracking: { isEnabled: true, allowsReset: true },
    connectorTopics: (name: string) => (this.configs.has(name) ? ['b', 'a'] : []),
    resetTopics: (name: string) => this.#change('resetTopics', name),
  }

  readonly loggers = {
    all: () => ({ root: { level: 'INFO', last_modified: null } }),
    level: (name: string) => (name === 'root' ? this.loggers.all().root : undefined),
    set: (name: string, level: string) => {
      this.calls.push(['setLevel', name, level])
      return [name]
    },
  }

  readonly clusterLoggers = {
    setLoggerLevel: (name: string, level: string) => this.#change('clusterLevel', name, level),
  }

  readonly offsets = {
    offsets: async (name: string) => {
      this.connectors.info(name)
      return [{ partition: { file: 'f' }, offset: { position: 2n ** 60n } }]
    },
    alterOffsets: async (name: string, offsets: readonly SentOffset[]) => {
      await this.#change('alterOffsets', name, offsets)
      return 'altered'
    },
    resetOffsets: async (name: string) => {
      await this.#change('resetOffsets', name)
      return 'reset'
    },
  }

  readonly plugins = {
    list: (connectorsOnly: boolean): readonly PluginInfo[] => [
      { class: 'org.example.Source', type: 'source', version: '1' },
      ...(connectorsOnly
        ? []
        : [{ class: 'org.example.Filter', type: 'transformation', version: '1' } as const]),
    ],
    config: (plugin: string) => {
      if (plugin === 'Source') return [keyInfo]
      throw new NotFoundException(`Unknown plugin ${plugin}.`)
    },
    validate: async (plugin: string, config: SentConfig): Promise<ConfigInfos> => {
      await this.#change('validate', plugin, config)
      const value = {
        name: 'topic',
        value: null,
        recommended_values: [],
        errors: ['Missing required configuration "topic" which has no default value.'],
        visible: true,
      }
      return {
        name: config['connector.class'] ?? '',
        error_count: 1,
        groups: ['Common'],
        configs: [
          { definition: keyInfo, value },
          { definition: null, value: { ...value, name: 'unknown' } },
        ],
      }
    },
  }

  readonly worker = {
    info: () => ({
      version: '4.3.1',
      commit: 'unknown',
      kafka_cluster_id: 'fake',
      tapline: { version: '0.1.0', log: 'embedded' },
    }),
    health: async () => this.workerStatus,
  }

  readonly topics = {
    topics: async () => [{ topic: 'packets', partitions: 1 }],
    records: async (topic: string, ...rest: unknown[]) => {
      this.calls.push(['records', topic, ...rest])
      if (topic === page.topic) return page
      throw new NotFoundException(`Unknown topic ${topic}`)
    },
  }

  readonly metrics = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    render: async () => '# TYPE up gauge\nup 1\n',
  }

  /** A connector with a running and a failed task. */
  add(name: string, config: ConfigMap = { name }): this {
    this.configs.set(name, config)
    this.states.set(name, {
      name,
      connector: { state: 'RUNNING', worker_id: workerId, version: '1' },
      tasks: [
        { id: 0, state: 'RUNNING', worker_id: workerId },
        { id: 1, state: 'FAILED', worker_id: workerId, trace: 'DataException: no\n  at x.ts:1' },
      ],
      type: 'source',
    })
    return this
  }

  async #change(...call: unknown[]): Promise<void> {
    this.calls.push(call)
    const { trouble } = this
    this.trouble = undefined
    if (trouble instanceof Promise) await trouble
    if (trouble !== undefined) throw trouble
  }

  #store(name: string, config: SentConfig): ConnectorInfo {
    if (Object.values(config).includes(null)) {
      throw new BadRequestException('Null value can not be supplied as the configuration value.')
    }
    this.configs.set(name, config as ConfigMap)
    return this.connectors.info(name)
  }
}
