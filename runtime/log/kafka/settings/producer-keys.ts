import { configDef } from '../../../api/index.ts'
import { atLeast, between } from './ranges.ts'

const MAX_INT = 2_147_483_647

/** What a producer is told, under Java's names. Defaults are those that Connect gives its producers where they differ from Java's. */
export const producerKeys = configDef({
  acks: {
    type: 'string',
    importance: 'medium',
    doc: 'Which replicas must have a record before it counts as written: all, the leader alone (1), none (0). Below all a broker that dies loses records.',
    oneOf: ['all', '-1', '0', '1'],
    default: 'all',
  },
  'enable.idempotence': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether a request that is sent again lands once. Left out: yes, unless acks is below all.',
    default: null,
  },
  'compression.type': {
    type: 'string',
    importance: 'medium',
    doc: 'How batches are compressed.',
    oneOf: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    default: 'none',
  },
  'compression.gzip.level': {
    type: 'int',
    importance: 'low',
    doc: 'How hard gzip works, 1 to 9; -1 is its own default.',
    validator: (value) => (value === -1 ? undefined : between(1, 9)(value, '')),
    default: -1,
  },
  'compression.lz4.level': {
    type: 'int',
    importance: 'low',
    doc: 'How hard lz4 works, 1 to 17.',
    validator: between(1, 17),
    default: 9,
  },
  'compression.zstd.level': {
    type: 'int',
    importance: 'low',
    doc: 'How hard zstd works, -131072 to 22.',
    validator: between(-131_072, 22),
    default: 3,
  },
  'max.request.size': {
    type: 'int',
    importance: 'medium',
    doc: 'Bytes of records in one request at most. Batches are cut below it.',
    default: 1_048_576,
    validator: atLeast(1),
  },
  'buffer.memory': {
    type: 'long',
    importance: 'high',
    doc: 'Bytes of records that wait for a broker at most; then whoever appends waits.',
    default: 33_554_432,
    validator: atLeast(0),
  },
  'max.in.flight.requests.per.connection': {
    type: 'int',
    importance: 'low',
    doc: 'Requests under way to one broker at most. One batch of a partition is under way at a time in any case, so order holds.',
    default: 5,
    validator: atLeast(1),
  },
  'delivery.timeout.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'How long a record may be tried to be written before the caller hears of it.',
    default: MAX_INT,
    validator: atLeast(0),
  },
  'max.block.ms': {
    type: 'long',
    importance: 'medium',
    doc: 'How long an append may wait for metadata and for room.',
    default: MAX_INT,
    validator: atLeast(0),
  },
  retries: {
    type: 'int',
    importance: 'high',
    doc: 'How often a request is sent again, within delivery.timeout.ms.',
    default: MAX_INT,
    validator: atLeast(0),
  },
  'transactional.id': {
    type: 'string',
    importance: 'low',
    doc: 'Makes records and source offsets one transaction; whoever opens the same id later fences this one off.',
    default: null,
    validator: (value) => (value === '' ? 'String must be non-empty' : undefined),
  },
  'transaction.timeout.ms': {
    type: 'int',
    importance: 'low',
    doc: 'How long a transaction may stay open before the broker aborts it.',
    default: 60_000,
    validator: atLeast(1),
  },
})
