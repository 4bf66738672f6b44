import { atLeast, ConfigException, configDef, JavaRegex, parseConfig } from '../api/index.ts'
import type { ClientSettings, Log, Position } from '../log/log.ts'
import { overridePrefix } from './client-overrides.ts'
import type { ConfigMap, ConnectorTaskId } from './task-state.ts'

const keys = configDef({
  topics: { type: 'list', importance: 'high', doc: 'Topics to read.', default: [] },
  'topics.regex': {
    type: 'string',
    importance: 'high',
    doc: 'Java regular expression; topics whose whole name matches are read.',
    default: '',
  },
  'consumer.override.group.id': {
    type: 'string',
    importance: 'low',
    doc: 'Group in place of `connect-NAME`.',
    default: null,
  },
  'consumer.override.max.poll.records': {
    type: 'int',
    importance: 'low',
    doc: 'Most records of a batch, whatever the sink would take.',
    default: null,
    validator: (value) => (value === null ? undefined : atLeast(1)(value, '')),
  },
})

const ownStart = configDef({
  'consumer.override.auto.offset.reset': {
    type: 'string',
    importance: 'low',
    doc: 'Where a partition begins for which nothing is committed.',
    oneOf: ['earliest', 'latest'],
    default: 'earliest',
  },
})

export interface SinkSubscription {
  readonly group: string
  readonly topics: readonly string[] | RegExp
  /** Undefined: as the clients of the log say. */
  readonly start: Position | undefined
  /** Undefined: as many as the sink says. */
  readonly mostRecords: number | undefined
}

/** What a sink reads, from the keys that every sink has; `consumer`: what the worker says where the connector says nothing. */
export function sinkSubscription(
  { connector }: ConnectorTaskId,
  raw: ConfigMap,
  worker: { readonly log: Log['kind']; readonly consumer: ClientSettings },
): SinkSubscription {
  const standard = Object.entries(worker.consumer).map(([key, value]) => [
    `${overridePrefix('consumer')}${key}`,
    value,
  ])
  const full: ConfigMap = { ...Object.fromEntries(standard), ...raw }
  const config = parseConfig(keys, full)
  const topics = [...new Set(config.topics.filter((topic) => topic !== ''))]
  const regex = config['topics.regex']
  if (topics.length === 0 && regex === '') {
    throw new ConfigException([['topics', 'Must configure one of topics or topics.regex']])
  }
  return {
    group: config['consumer.override.group.id'] ?? `connect-${connector}`,
    topics: topics.length > 0 ? topics : new JavaRegex(regex).whole,
    start:
      worker.log === 'embedded'
        ? parseConfig(ownStart, full)['consumer.override.auto.offset.reset']
        : undefined,
    mostRecords: config['consumer.override.max.poll.records'] ?? undefined,
  }
}
