import { configDef, javaRegex } from '../api/index.ts'
import { commonKeys } from './common-keys.ts'

/** The keys that every sink has, in Kafka Connect's order and places. */
export const sinkKeys = configDef({
  ...commonKeys,
  topics: {
    type: 'list',
    importance: 'high',
    doc: 'The topics to read, separated by commas. Either this or topics.regex.',
    default: [],
    group: 'Common',
    orderInGroup: 4,
    width: 'long',
    displayName: 'Topics',
  },
  'topics.regex': {
    type: 'string',
    importance: 'high',
    doc: 'A Java regular expression that the names of the topics to read must match as a whole; new topics join as they appear.',
    default: '',
    validator: javaRegex,
    group: 'Common',
    orderInGroup: 4,
    width: 'long',
    displayName: 'Topics regex',
  },
  'errors.deadletterqueue.topic.name': {
    type: 'string',
    importance: 'medium',
    doc: 'The topic that receives records that failed, with their own bytes, headers and time; made when it is missing. Empty: none.',
    default: '',
    group: 'Error Handling',
    orderInGroup: 6,
    width: 'medium',
    displayName: 'Dead Letter Queue Topic Name',
  },
  'errors.deadletterqueue.topic.replication.factor': {
    type: 'short',
    importance: 'medium',
    doc: 'How many copies the dead letter queue has when it is made.',
    default: 3,
    group: 'Error Handling',
    orderInGroup: 7,
    width: 'medium',
    displayName: 'Dead Letter Queue Topic Replication Factor',
  },
  'errors.deadletterqueue.context.headers.enable': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether records of the dead letter queue have headers that tell what failed, where and why (__connect.errors.…); without them one header, __tapline.errors.origin, tells where the record was.',
    default: false,
    group: 'Error Handling',
    orderInGroup: 8,
    width: 'medium',
    displayName: 'Enable Error Context Headers',
  },
})
