import { configDef, type Validator } from '../../../api/index.ts'
import { bootstrapAddresses } from './bootstrap.ts'
import { atLeast } from './ranges.ts'

const servers: Validator = (value) => {
  if (value === null) return undefined // missing, which was said
  const found = bootstrapAddresses(value as readonly string[])
  return typeof found === 'string' ? { message: `bootstrap.servers: ${found}.` } : undefined
}

/** What every client of Kafka is told about its connections, under Java's names, with Java's defaults. */
export const connectionKeys = configDef({
  'bootstrap.servers': {
    type: 'list',
    importance: 'high',
    doc: 'Brokers to begin with, as host:port, separated by commas. The others are learnt from them.',
    validator: servers,
  },
  'client.id': {
    type: 'string',
    importance: 'medium',
    doc: 'What the broker calls this client in its logs, quotas and descriptions.',
    default: '',
  },
  'client.rack': {
    type: 'string',
    importance: 'low',
    doc: 'Where this client stands: a replica in the same rack is read when the broker offers one.',
    default: '',
  },
  'client.dns.lookup': {
    type: 'string',
    importance: 'medium',
    doc: 'Whether all addresses of a name are tried in turn, or canonical names are looked up for bootstrap.servers first.',
    oneOf: ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'],
    default: 'use_all_dns_ips',
  },
  'request.timeout.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'How long to wait for the answer to a request before the connection is given up.',
    default: 30_000,
    validator: atLeast(1),
  },
  'default.api.timeout.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'How long an operation may take with all its repetitions.',
    default: 60_000,
    validator: atLeast(0),
  },
  'socket.connection.setup.timeout.ms': {
    type: 'long',
    importance: 'medium',
    doc: 'How long a connection may take to come up; grows with each failure up to the maximum.',
    default: 10_000,
    validator: atLeast(1),
  },
  'socket.connection.setup.timeout.max.ms': {
    type: 'long',
    importance: 'medium',
    doc: 'The longest a connection may take to come up.',
    default: 30_000,
    validator: atLeast(1),
  },
  'retry.backoff.ms': {
    type: 'long',
    importance: 'low',
    doc: 'How long to wait before a failed request is sent again; grows with each failure up to the maximum.',
    default: 100,
    validator: atLeast(0),
  },
  'retry.backoff.max.ms': {
    type: 'long',
    importance: 'low',
    doc: 'The longest wait before a failed request is sent again.',
    default: 1_000,
    validator: atLeast(0),
  },
  'reconnect.backoff.ms': {
    type: 'long',
    importance: 'low',
    doc: 'How long to wait before a broker that could not be reached is tried again; grows with each failure up to the maximum.',
    default: 50,
    validator: atLeast(0),
  },
  'reconnect.backoff.max.ms': {
    type: 'long',
    importance: 'low',
    doc: 'The longest wait before a broker that could not be reached is tried again.',
    default: 1_000,
    validator: atLeast(0),
  },
  'connections.max.idle.ms': {
    type: 'long',
    importance: 'medium',
    doc: 'Connections that nobody used for this long are closed; -1 keeps them.',
    default: 540_000,
  },
  'metadata.max.age.ms': {
    type: 'long',
    importance: 'low',
    doc: 'How long what is known of brokers, topics and leaders is believed.',
    default: 300_000,
    validator: atLeast(0),
  },
})
