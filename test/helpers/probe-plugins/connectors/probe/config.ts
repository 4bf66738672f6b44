import { type ConfigOf, configDef } from '../../../../../runtime/api/index.ts'

export const sourceConfig = configDef({
  topic: { type: 'string', importance: 'high', doc: 'Topic that receives the numbers.' },
  count: { type: 'long', importance: 'high', doc: 'How many numbers there are.', default: 1000 },
  batch: { type: 'int', importance: 'low', doc: 'Numbers a batch.', default: 100 },
  'interval.ms': { type: 'int', importance: 'low', doc: 'Pause after a batch.', default: 0 },
  bytes: {
    type: 'int',
    importance: 'low',
    doc: 'Size of a value; 0: the number alone.',
    default: 0,
  },
  key: {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether the number is the key too.',
    default: false,
  },
  trouble: {
    type: 'string',
    importance: 'low',
    doc: 'What happens at `trouble.at`.',
    oneOf: [
      'none',
      'throw',
      'retry',
      'crash',
      'out-of-memory',
      'spin',
      'deaf',
      'deaf-open',
      'bad-record',
    ],
    default: 'none',
  },
  'trouble.at': { type: 'long', importance: 'low', doc: 'Before this number.', default: 0 },
  journal: {
    type: 'string',
    importance: 'low',
    doc: 'File that tells what was called.',
    default: null,
  },
  tasks: { type: 'int', importance: 'low', doc: 'Tasks that it makes; -1: one.', default: -1 },
  'tasks.spin': {
    type: 'boolean',
    importance: 'low',
    doc: 'Sharing out never ends.',
    default: false,
  },
})
export type SourceConfig = ConfigOf<typeof sourceConfig>

export const sinkConfig = configDef({
  journal: {
    type: 'string',
    importance: 'low',
    doc: 'File that tells what was called.',
    default: null,
  },
  'batch.size': { type: 'int', importance: 'low', doc: 'Records a batch.', default: 100 },
  'wait.ms': {
    type: 'int',
    importance: 'low',
    doc: 'How long a batch waits for company.',
    default: 0,
  },
  trouble: {
    type: 'string',
    importance: 'low',
    doc: 'What happens at every `trouble.every`th put.',
    oneOf: ['none', 'throw', 'retry', 'counted', 'block', 'late', 'flush', 'bad-records'],
    default: 'none',
  },
  'trouble.every': { type: 'int', importance: 'low', doc: 'Which puts.', default: 1 },
  'trouble.times': { type: 'int', importance: 'low', doc: 'How often at most.', default: 1000 },
  'trouble.values': {
    type: 'list',
    importance: 'low',
    doc: 'Values of bad records: the others of a put are written.',
    default: [],
  },
})
export type SinkConfig = ConfigOf<typeof sinkConfig>
