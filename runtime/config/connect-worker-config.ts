import { type ConfigDef, type ConfigKey, configDef, type Validator } from '../api/config-def.ts'
import { atLeast, between, nonEmptyString } from '../api/validators.ts'
import { policies, policyName } from './override-policy.ts'

const topic = (missing: string) => (value: unknown) =>
  value === '' ? { message: missing } : undefined

const partitions: Validator = (value) =>
  value === -1 || (value as number) > 0
    ? undefined
    : "Number of partitions must be positive, or -1 to use the broker's default"

const replicationFactor = (store: string) =>
  ({
    type: 'short',
    importance: 'low',
    doc: `Copies of the ${store} topic when it is made on Kafka; -1: as many as the brokers' default.`,
    default: 3,
    validator: (value: unknown) =>
      value === -1 || (value as number) > 0
        ? undefined
        : "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
  }) as const

/** The keys of a Kafka Connect worker that mean something here, under Connect's names. */
export const connectWorkerConfig = configDef({
  'bootstrap.servers': {
    type: 'list',
    importance: 'high',
    doc: "Brokers of the Kafka cluster that keeps the topics, as `host:port`. Left out, the worker keeps them itself, in data.dir: Connect's default of localhost:9092 does not apply.",
    default: null,
    validator: (value) =>
      Array.isArray(value) && value.length === 0
        ? {
            message:
              'bootstrap.servers names no broker: write HOST:PORT, or leave it out for the embedded log.',
          }
        : undefined,
  },
  'group.id': {
    type: 'string',
    importance: 'high',
    doc: 'Name of the Connect cluster that the worker belongs to. Required on Kafka, as are the three topics; no consumer group may have it.',
    default: null,
    validator: nonEmptyString,
  },
  'default.api.timeout.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'How long the worker tries to reach Kafka when it starts.',
    default: 60_000,
    validator: atLeast(0),
  },
  listeners: {
    type: 'list',
    importance: 'high',
    doc: 'Where the REST API listens: `http://host:port`. Only addresses of this machine, unless rest.allow.insecure is true.',
    default: ['http://127.0.0.1:8083'],
  },
  'rest.advertised.host.name': {
    type: 'string',
    importance: 'low',
    doc: 'Host under which this worker is known: the first half of its worker id.',
    default: null,
    validator: nonEmptyString,
  },
  'rest.advertised.port': {
    type: 'int',
    importance: 'low',
    doc: 'Port under which this worker is known.',
    default: null,
    validator: (value, key) => (value === null ? undefined : between(1, 65_535)(value, key)),
  },
  'key.converter': {
    type: 'class',
    importance: 'high',
    doc: 'Converter of keys where a connector names none; its own keys follow as key.converter.KEY.',
    default: 'org.apache.kafka.connect.json.JsonConverter',
  },
  'value.converter': {
    type: 'class',
    importance: 'high',
    doc: 'Converter of values where a connector names none; its own keys follow as value.converter.KEY.',
    default: 'org.apache.kafka.connect.json.JsonConverter',
  },
  'header.converter': {
    type: 'class',
    importance: 'low',
    doc: 'Converter of headers where a connector names none.',
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  },
  'offset.flush.interval.ms': {
    type: 'long',
    importance: 'low',
    doc: 'How often tasks commit their offsets.',
    default: 5_000,
    validator: atLeast(1),
  },
  'task.shutdown.graceful.timeout.ms': {
    type: 'long',
    importance: 'low',
    doc: 'How long all tasks that stop together may take.',
    default: 5_000,
    validator: atLeast(0),
  },
  'config.storage.topic': {
    type: 'string',
    importance: 'high',
    doc: 'Topic of the connector configurations; config.storage.SETTING is a setting of it.',
    default: 'connect-configs',
    validator: topic('Must specify topic for connector configuration.'),
  },
  'config.storage.replication.factor': replicationFactor('config'),
  'offset.storage.topic': {
    type: 'string',
    importance: 'high',
    doc: 'Topic of the source offsets; offset.storage.SETTING is a setting of it.',
    default: 'connect-offsets',
    validator: topic('Offset storage topic must be specified'),
  },
  'offset.storage.partitions': {
    type: 'int',
    importance: 'low',
    doc: "Partitions of the offset topic when it is made; -1: the log's default.",
    default: 25,
    validator: partitions,
  },
  'offset.storage.replication.factor': replicationFactor('offset'),
  'status.storage.topic': {
    type: 'string',
    importance: 'high',
    doc: 'Topic of the statuses; status.storage.SETTING is a setting of it.',
    default: 'connect-statuses',
    validator: topic('Must specify topic for connector status.'),
  },
  'status.storage.partitions': {
    type: 'int',
    importance: 'low',
    doc: "Partitions of the status topic when it is made; -1: the log's default.",
    default: 5,
    validator: partitions,
  },
  'status.storage.replication.factor': replicationFactor('status'),
  'connector.client.config.override.policy': {
    type: 'string',
    importance: 'medium',
    doc: 'Which settings of its Kafka clients a connector may override (`producer.override.…`): `All`, `None`, or `Principal` (who it is, and no more).',
    default: 'All',
    validator: (value) =>
      policyName(String(value)) === undefined
        ? `Class ${value} could not be found; there are ${policies.join(', ')}.`
        : undefined,
  },
  'topic.creation.enable': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether sources make missing topics as their topic.creation keys say.',
    default: true,
  },
  'config.providers': {
    type: 'list',
    importance: 'low',
    doc: 'Names of config providers, for references in this file and in connector configs (a dollar sign, then `{NAME:PATH:KEY}`): config.providers.NAME.class is FileConfigProvider, DirectoryConfigProvider or EnvVarConfigProvider; config.providers.NAME.param.allowed.paths and .allowlist.pattern bound what they tell.',
    default: [],
  },
  'topic.tracking.enable': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether it is kept which topics each connector used.',
    default: true,
  },
  'topic.tracking.allow.reset': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether `PUT /connectors/NAME/topics/reset` may forget them.',
    default: true,
  },
} satisfies ConfigDef)

/** On Kafka these have no default, as in Connect. */
const requiredOnKafka: readonly string[] = [
  'group.id',
  'config.storage.topic',
  'offset.storage.topic',
  'status.storage.topic',
]

export function workerDef(isOnKafka: boolean): ConfigDef {
  if (!isOnKafka) return connectWorkerConfig
  return Object.fromEntries(
    Object.entries<ConfigKey>(connectWorkerConfig).map(([name, key]) => {
      const { default: _, ...required } = key
      return [name, requiredOnKafka.includes(name) ? required : key]
    }),
  )
}
