import { type ConfigDef, configDef } from '../api/config-def.ts'
import { atLeast, between, nonEmptyString } from '../api/validators.ts'

const topic = (missing: string) => (value: unknown) =>
  value === '' || value === null ? { message: missing } : undefined

/** The keys of a Kafka Connect worker that mean something here, under Connect's names. */
export const connectWorkerConfig = configDef({
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
    doc: 'Partitions of the offset topic when it is made.',
    default: 25,
    validator: atLeast(1),
  },
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
    doc: 'Partitions of the status topic when it is made.',
    default: 5,
    validator: atLeast(1),
  },
} satisfies ConfigDef)

/** Prefixes that hand their keys on. */
export const passedOn = ['key.converter.', 'value.converter.', 'header.converter.'] as const

/** Keys of Connect whose feature is not there yet: refused, except for the texts under which the feature is off anyway. */
export const laterKeys: readonly {
  readonly key: RegExp
  readonly off?: readonly string[]
  readonly instead: string
}[] = [
  {
    key: /^bootstrap\.servers$/,
    instead:
      'a Kafka log is not available yet: leave bootstrap.servers out, and the worker keeps its topics in data.dir without any broker',
  },
  {
    key: /^(listeners\.https|admin\.listeners\.https|ssl)\./,
    instead: 'TLS is not available yet: leave it out',
  },
  {
    key: /^rest\.advertised\.listener$/,
    off: ['http'],
    instead: 'https is not available yet: leave it out',
  },
  {
    key: /^plugin\.path$/,
    off: [''],
    instead: 'plugins from outside are not available yet: leave it out',
  },
  {
    key: /^config\.providers(\.|$)/,
    off: [''],
    instead: 'config providers are not available yet: leave it out',
  },
  {
    key: /^(admin\.listeners|access\.control\.allow\.(origin|methods)|response\.http\.headers\.config|rest\.extension\.classes)$/,
    off: [''],
    instead: 'it is not available yet: leave it out',
  },
  {
    key: /^connector\.client\.config\.override\.policy$/,
    off: ['All'],
    instead: 'client overrides are not available yet: leave it out',
  },
  {
    key: /^exactly\.once\.source\.support$/,
    off: ['disabled'],
    instead:
      'it is not available yet: leave it out (on the embedded log records and offsets are one transaction anyway)',
  },
  {
    key: /^topic\.(creation\.enable|tracking\.(enable|allow\.reset))$/,
    off: ['true'],
    instead: 'it is not available yet: leave it out',
  },
]

/** Keys of Connect that say something about Kafka or a cluster: harmless, and without effect as long as there is neither. */
export const idleKeys =
  /^(group\.id|client\.(id|dns\.lookup)|session\.timeout\.ms|heartbeat\.interval\.ms|rebalance\.timeout\.ms|worker\.(sync\.timeout|unsync\.backoff)\.ms|connect\.protocol|scheduled\.rebalance\.max\.delay\.ms|inter\.worker\.[\w.]+|request\.timeout\.ms|retry\.backoff(\.max)?\.ms|metadata\.max\.age\.ms|connections\.max\.idle\.ms|reconnect\.backoff(\.max)?\.ms|(send|receive)\.buffer\.bytes|security\.protocol|sasl\.[\w.]+|metrics\.[\w.]+|metric\.reporters|plugin\.discovery|internal\.(key|value)\.converter(\.[\w.]+)?|(producer|consumer|admin)\.[\w.]+|(config|offset|status)\.storage\.replication\.factor|config\.storage\.partitions|offset\.flush\.timeout\.ms|offset\.storage\.file\.filename)$/
