import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { ConfigOf, RawConfig } from '../api/config-def.ts'
import { ConfigException } from '../api/errors.ts'
import { validateConfig } from '../api/parse-config.ts'
import { type connectWorkerConfig, workerDef } from './connect-worker-config.ts'
import { idleWarnings, isTopicSetting, laterProblems, unknownWarnings } from './foreign-keys.ts'
import { type KafkaConfig, kafkaConfig } from './kafka-config.ts'
import { type Listener, parseListeners } from './listeners.ts'
import { type OverridePolicy, policyName } from './override-policy.ts'
import { type OwnValues, ownKeys, readOwnKeys } from './own-keys.ts'
import { openProviders } from './providers/open-providers.ts'
import type { Variables } from './providers/variables.ts'
import { readWorkerFile, type Settings } from './worker-file.ts'

export interface StoreConfig {
  readonly topic: string
  /** Left out: the log's default. */
  readonly partitions?: number
  /** Left out: the log's default. */
  readonly replicationFactor?: number
  readonly settings: Readonly<Record<string, string>>
}

type ConverterConfig = Readonly<Record<string, string>>

/** The worker's configuration, complete and typed. */
export interface WorkerConfig {
  /** Null: the embedded log in `dataDir`. */
  readonly kafka: KafkaConfig | null
  /** Absolute. */
  readonly dataDir: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Most task threads; 0: tasks run in the main thread. */
  readonly threads: number
  /** Partitions of a topic that is made by the first record written to it. */
  readonly topicPartitions: number
  readonly rest: {
    readonly listeners: readonly Listener[]
    readonly advertised: { readonly host: string | null; readonly port: number | null }
    readonly maxBodyBytes: number
    readonly bodyTimeoutMs: number
  }
  /** The worker's own converters: class and keys under their full names (`key.converter.schemas.enable`). */
  readonly converters: {
    readonly keyConverter: ConverterConfig
    readonly valueConverter: ConverterConfig
    readonly headerConverter: ConverterConfig
  }
  readonly stores: {
    readonly config: StoreConfig
    readonly offset: StoreConfig
    readonly status: StoreConfig
  }
  /** What connectors may override of their Kafka clients. */
  readonly overridePolicy: OverridePolicy
  /** Whether sources make topics as their `topic.creation` keys say. */
  readonly createsTopics: boolean
  /** References to config providers in connector configs. */
  readonly variables: Variables
  /** Hears what providers warn of from now on. */
  readonly onWarning: (hear: (message: string) => void) => void
  /** Whether it is kept which topics each connector used, and whether that may be reset. */
  readonly topicTracking: { readonly isEnabled: boolean; readonly allowsReset: boolean }
  readonly offsetFlushIntervalMs: number
  readonly taskShutdownGracefulTimeoutMs: number
  /** What deserves a line in the log: unknown keys and such without effect. */
  readonly warnings: readonly string[]
}

export interface WorkerConfigSources {
  /** A properties file or a JSON file. */
  readonly file?: string | undefined
  /** Keys as they are named in the file: `{ port: 0, 'data.dir': 'x' }`. They win over all else; undefined is not given. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>>
  /** `TAPLINE_…` win over the file. */
  readonly env?: NodeJS.ProcessEnv
}

/** Reads flags, environment and file; throws one ConfigException with every mistake in words. */
export function loadWorkerConfig({
  file,
  flags = {},
  env = {},
}: WorkerConfigSources): WorkerConfig {
  const raw = file === undefined ? {} : readWorkerFile(file)
  const given = Object.fromEntries(
    Object.entries(flags).filter(([, value]) => value !== undefined),
  ) as Settings
  const warnings: string[] = []
  let warn: (message: string) => void = (message) => warnings.push(message)
  const { variables, ...providers } = openProviders(asText({ ...raw, ...given }), {
    env,
    warn: (message) => warn(message),
  })
  const inFile = resolvedFile(raw, variables)

  const own = readOwnKeys(pick(inFile, isOwn), env, pick(given, isOwn))
  const theirs = asText({ ...pick(inFile, isNotOwn), ...pick(given, isNotOwn) })
  const isOnKafka = theirs['bootstrap.servers'] !== undefined
  const checked = validateConfig(workerDef(isOnKafka), theirs)
  const connect = Object.fromEntries(checked.map(({ name, value }) => [name, value])) as ConfigOf<
    typeof connectWorkerConfig
  >
  const listeners = listenersOf(connect.listeners ?? [], own.values)

  const problems = [
    ...providers.problems,
    ...own.problems,
    ...checked.flatMap(({ name, errors }) => errors.map((text) => [name, text] as const)),
    ...listeners.problems.map((text) => ['listeners', text] as const),
    ...laterProblems(theirs, isOnKafka),
    ...sharedTopics(connect),
  ]
  if (problems.length > 0) {
    throw new ConfigException(problems, { hint: file ? `Correct them in ${file}.` : undefined })
  }
  const store = (name: StoreName) => storeOf(name, connect, theirs)
  return {
    kafka: isOnKafka
      ? kafkaConfig(theirs, {
          groupId: connect['group.id'] ?? '',
          startTimeoutMs: connect['default.api.timeout.ms'],
        })
      : null,
    dataDir: resolve(own.values.get('data.dir')),
    logLevel: own.values.get('log.level'),
    threads: own.values.get('tasks.threads'),
    topicPartitions: own.values.get('topic.partitions'),
    rest: {
      listeners: listeners.listeners,
      advertised: {
        host: connect['rest.advertised.host.name'],
        port: connect['rest.advertised.port'],
      },
      maxBodyBytes: own.values.get('rest.body.max.bytes'),
      bodyTimeoutMs: own.values.get('rest.body.timeout.ms'),
    },
    converters: {
      keyConverter: converterOf('key.converter', connect['key.converter'], theirs),
      valueConverter: converterOf('value.converter', connect['value.converter'], theirs),
      headerConverter: converterOf('header.converter', connect['header.converter'], theirs),
    },
    stores: { config: store('config'), offset: store('offset'), status: store('status') },
    overridePolicy: policyName(connect['connector.client.config.override.policy']) ?? 'None',
    createsTopics: connect['topic.creation.enable'],
    variables,
    onWarning: (hear) => {
      warn = hear
    },
    topicTracking: {
      isEnabled: connect['topic.tracking.enable'],
      allowsReset: connect['topic.tracking.allow.reset'],
    },
    offsetFlushIntervalMs: connect['offset.flush.interval.ms'],
    taskShutdownGracefulTimeoutMs: connect['task.shutdown.graceful.timeout.ms'],
    warnings: [
      ...warnings,
      ...idleWarnings({ ...asText(pick(inFile, isOwn)), ...theirs }, isOnKafka),
      ...unknownWarnings(theirs, env),
    ],
  }
}

/** `HOST:PORT` under which the worker is known, given the URL that its first listener got. */
export function workerIdOf({ rest }: Pick<WorkerConfig, 'rest'>, url: string): string {
  const bound = new URL(url)
  const own = rest.listeners[0]?.host === '' ? hostname() : bound.hostname
  return `${rest.advertised.host ?? own}:${rest.advertised.port ?? bound.port}`
}

/** Not `plugin.path`, which is read before there are providers, nor what they are made from. */
function resolvedFile(settings: Settings, variables: Variables): Settings {
  const texts = Object.entries(settings).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && !/^(plugin\.path$|config\.providers)/.test(entry[0]),
  )
  return { ...settings, ...variables.resolve(Object.fromEntries(texts)) }
}

function isOwn(key: string): boolean {
  return (ownKeys as readonly string[]).includes(key)
}

function isNotOwn(key: string): boolean {
  return !isOwn(key)
}

function pick(settings: Settings, wanted: (key: string) => boolean): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => wanted(key)))
}

function asText(settings: Settings): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]))
}

/** `port` stands for the port of the one listener. */
function listenersOf(urls: readonly string[], own: OwnValues) {
  const parsed = parseListeners(urls, own.get('rest.allow.insecure') === true)
  const port = own.get('port')
  if (port === null || parsed.problems.length > 0) return parsed
  if (parsed.listeners.length > 1) {
    return {
      ...parsed,
      problems: ['port is for one listener alone: write the ports into listeners.'],
    }
  }
  return { ...parsed, listeners: parsed.listeners.map(({ host }) => ({ host, port })) }
}

/** Without a converter of its own the worker writes plain JSON; whoever names one gets that one's own defaults. */
function converterOf(key: string, name: string, given: RawConfig): ConverterConfig {
  const keys = Object.entries(given).filter(([each]) => each.startsWith(`${key}.`))
  const plain = given[key] === undefined && key !== 'header.converter'
  return {
    ...(plain ? { [`${key}.schemas.enable`]: 'false' } : {}),
    ...(Object.fromEntries(keys) as ConverterConfig),
    [key]: name,
  }
}

type StoreName = 'config' | 'offset' | 'status'

function storeOf(
  store: StoreName,
  connect: ConfigOf<typeof connectWorkerConfig>,
  given: RawConfig,
): StoreConfig {
  const prefix = `${store}.storage.`
  const settings = Object.entries(given)
    .filter(([key]) => isTopicSetting(key) && key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value])
  const partitions = store === 'config' ? 1 : connect[`${store}.storage.partitions`]
  const replicationFactor = connect[`${store}.storage.replication.factor`]
  return {
    topic: connect[`${store}.storage.topic`],
    ...(partitions !== -1 && { partitions }),
    ...(connect['bootstrap.servers'] !== null && replicationFactor !== -1 && { replicationFactor }),
    settings: Object.fromEntries(settings),
  }
}

function sharedTopics(
  connect: ConfigOf<typeof connectWorkerConfig>,
): (readonly [string, string])[] {
  const keys = ['config.storage.topic', 'offset.storage.topic', 'status.storage.topic'] as const
  return keys.flatMap((key, index) => {
    const other = keys.slice(0, index).find((each) => connect[each] === connect[key])
    return other === undefined || !connect[key]
      ? []
      : [
          [
            key,
            `${key} must be another topic than ${other}: "${connect[key]}" is given twice`,
          ] as const,
        ]
  })
}
