import { atLeast, type ConfigOf, configDef, nonEmptyString } from '../../runtime/api/index.ts'

export const sourceConfig = configDef({
  file: {
    type: 'string',
    importance: 'high',
    doc: 'File to read. Without it the standard input of the worker is read.',
    default: null,
  },
  topic: {
    type: 'string',
    importance: 'high',
    doc: 'Topic that receives the lines.',
    validator: nonEmptyString,
  },
  'batch.size': {
    type: 'int',
    importance: 'low',
    doc: 'Most lines of one batch.',
    default: 2000,
    validator: atLeast(1),
  },
})
export type SourceConfig = ConfigOf<typeof sourceConfig>

export const sinkConfig = configDef({
  file: {
    type: 'string',
    importance: 'high',
    doc: 'File to append to; it is made if it is missing. Without it the standard output of the worker is written.',
    default: null,
  },
})
export type SinkConfig = ConfigOf<typeof sinkConfig>
