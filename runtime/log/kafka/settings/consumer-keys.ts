import { configDef } from '../../../api/index.ts'
import { durationMs } from './duration.ts'
import { anyCaseOf, atLeast } from './ranges.ts'

/** What a consumer is told, under Java's names. Defaults are those that Connect gives its sinks' consumers where they differ from Java's. */
export const consumerKeys = configDef({
  'group.id': {
    type: 'string',
    importance: 'high',
    doc: 'The group of the consumer; a sink connector has connect-NAME.',
    default: null,
  },
  'group.instance.id': {
    type: 'string',
    importance: 'medium',
    doc: 'Makes the member static: it keeps its partitions over a restart within session.timeout.ms. Each task needs another.',
    default: null,
    validator: (value) => (value === '' ? 'String must be non-empty' : undefined),
  },
  'group.protocol': {
    type: 'string',
    importance: 'high',
    doc: 'How members agree on partitions: classic.',
    default: 'classic',
    validator: (value) =>
      typeof value === 'string' && value.toLowerCase() === 'consumer'
        ? {
            message:
              'group.protocol=consumer (KIP-848) is not spoken here: leave the key out, or set it to classic.',
          }
        : anyCaseOf('CLASSIC')(value, ''),
  },
  'partition.assignment.strategy': {
    type: 'list',
    importance: 'medium',
    doc: 'How partitions are shared among the members of a group: by ranges.',
    default: ['org.apache.kafka.clients.consumer.RangeAssignor'],
  },
  'auto.offset.reset': {
    type: 'string',
    importance: 'medium',
    doc: 'Where to begin in a partition without a committed offset: earliest (the default), latest, none (fail), or by_duration:PT1H (that long ago). Set, it also says where to go on when the records to read next are gone; not set, that is an error.',
    default: null,
    validator: (value) => {
      if (typeof value !== 'string' || /^(earliest|latest|none)$/.test(value)) return undefined
      const [, text] = /^by_duration:(.*)$/.exec(value) ?? []
      return text !== undefined && durationMs(text) !== undefined
        ? undefined
        : 'Invalid value for auto.offset.reset. The value must be earliest, latest, none or by_duration:PnDTnHnMn.nS'
    },
  },
  'enable.auto.commit': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Always false: the worker commits what the target holds.',
    default: false,
    validator: (value) =>
      value === true
        ? {
            message:
              'enable.auto.commit=true would commit records that no target has: leave the key out. The worker commits, every offset.flush.interval.ms.',
          }
        : undefined,
  },
  'session.timeout.ms': {
    type: 'int',
    importance: 'high',
    doc: 'A member that is not heard of for this long loses its partitions.',
    default: 45_000,
    validator: atLeast(1),
  },
  'heartbeat.interval.ms': {
    type: 'int',
    importance: 'high',
    doc: 'How often a member says that it lives; a third of session.timeout.ms at most is wise.',
    default: 3_000,
    validator: atLeast(1),
  },
  'max.poll.interval.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'A member that does not ask for records for this long leaves the group; also how long the others wait for it in a rebalance.',
    default: 300_000,
    validator: atLeast(1),
  },
  'max.poll.records': {
    type: 'int',
    importance: 'medium',
    doc: 'Records of one poll at most. Left out: what the sink declares.',
    default: null,
    validator: atLeast(1),
  },
  'fetch.min.bytes': {
    type: 'int',
    importance: 'high',
    doc: 'Bytes that a broker gathers before it answers, unless fetch.max.wait.ms are over.',
    default: 1,
    validator: atLeast(0),
  },
  'fetch.max.wait.ms': {
    type: 'int',
    importance: 'low',
    doc: 'How long a broker waits for fetch.min.bytes.',
    default: 500,
    validator: atLeast(0),
  },
  'fetch.max.bytes': {
    type: 'int',
    importance: 'medium',
    doc: 'Bytes of one answer at most; one whole batch always comes.',
    default: 52_428_800,
    validator: atLeast(0),
  },
  'max.partition.fetch.bytes': {
    type: 'int',
    importance: 'high',
    doc: 'Bytes of one partition in one answer at most; one whole batch always comes.',
    default: 1_048_576,
    validator: atLeast(0),
  },
  'isolation.level': {
    type: 'string',
    importance: 'medium',
    doc: 'Whether records of transactions that are open or were aborted are read too.',
    oneOf: ['read_committed', 'read_uncommitted'],
    default: 'read_uncommitted',
  },
})
