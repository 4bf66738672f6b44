import { codes } from '../../api/errors.ts'
import { restCodes } from '../http-error.ts'

/**
 * JSON Schemas of what REST answers, by name: `#/components/schemas/NAME` of the OpenAPI document. They describe and never cut: answers are
 * written as they are, and tests hold every one against its schema.
 */

const text = { type: 'string' } as const
const integer = { type: 'integer' } as const
const textOrNull = { type: ['string', 'null'] } as const
const configMap = { type: 'object', additionalProperties: text } as const

export function ref(name: string) {
  return { $ref: `${name}#` }
}

export function listOf(items: object) {
  return { type: 'array', items } as const
}

function closed(properties: Record<string, object>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', required, additionalProperties: false, properties } as const
}

const connectorType = { type: 'string', enum: ['source', 'sink', 'unknown'] } as const
const state = {
  type: 'string',
  enum: ['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'],
} as const
const stateMembers = { state, worker_id: text, version: text, trace: text }
const notAlways = ['version', 'trace']
const encoding = { type: 'string', enum: ['json', 'text', 'base64', 'null'] } as const

export const answers: Readonly<Record<string, object>> = {
  Error: closed(
    {
      error_code: { ...integer, description: 'The HTTP status.' },
      message: textOrNull,
      code: { type: 'string', enum: [...codes, ...restCodes].sort() },
      pointer: { ...text, description: 'JSON pointer into the body that was sent.' },
      fix: { ...text, description: 'How to fix it.' },
    },
    ['pointer', 'fix'],
  ),
  ServerInfo: closed({
    version: { ...text, description: 'The version of Kafka Connect whose API this is.' },
    commit: text,
    kafka_cluster_id: text,
    tapline: closed({ version: text, log: text }),
  }),
  WorkerStatus: closed({
    status: { type: 'string', enum: ['healthy', 'starting', 'unhealthy'] },
    message: text,
  }),
  ConfigMap: configMap,
  ConnectorTaskId: closed({ connector: text, task: integer }),
  ConnectorInfo: closed({
    name: text,
    config: configMap,
    tasks: listOf(ref('ConnectorTaskId')),
    type: connectorType,
  }),
  State: closed(stateMembers, notAlways),
  TaskState: closed({ id: integer, ...stateMembers }, notAlways),
  ConnectorStateInfo: closed({
    name: text,
    connector: ref('State'),
    tasks: listOf(ref('TaskState')),
    type: connectorType,
  }),
  Expanded: closed({ status: ref('ConnectorStateInfo'), info: ref('ConnectorInfo') }, [
    'status',
    'info',
  ]),
  TaskInfo: closed({ id: ref('ConnectorTaskId'), config: configMap }),
  ConnectorOffsets: closed({
    offsets: listOf(
      closed({ partition: { type: 'object' }, offset: { type: ['object', 'null'] } }),
    ),
  }),
  ConnectorTopics: {
    type: 'object',
    additionalProperties: closed({ topics: listOf(text) }),
  },
  LoggerLevel: closed({
    level: text,
    last_modified: { type: ['integer', 'null'] },
  }),
  Message: closed({ message: text }),
  PluginInfo: closed(
    {
      class: text,
      type: {
        type: 'string',
        enum: ['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter'],
      },
      version: text,
    },
    ['version'],
  ),
  ConfigKeyInfo: closed({
    name: text,
    type: {
      type: 'string',
      enum: 'BOOLEAN STRING INT SHORT LONG DOUBLE LIST CLASS PASSWORD'.split(' '),
    },
    required: { type: 'boolean' },
    default_value: textOrNull,
    importance: { type: 'string', enum: ['HIGH', 'MEDIUM', 'LOW'] },
    documentation: text,
    group: textOrNull,
    order_in_group: integer,
    width: { type: 'string', enum: ['NONE', 'SHORT', 'MEDIUM', 'LONG'] },
    display_name: text,
    dependents: listOf(text),
    order: { ...integer, description: 'order_in_group, under its name before 4.x.' },
  }),
  ConfigValueInfo: closed({
    name: text,
    value: textOrNull,
    recommended_values: listOf(text),
    errors: listOf(text),
    visible: { type: 'boolean' },
  }),
  ConfigInfo: closed({
    definition: { anyOf: [ref('ConfigKeyInfo'), { type: 'null' }] },
    value: ref('ConfigValueInfo'),
  }),
  ConfigInfos: closed({
    name: text,
    error_count: integer,
    groups: listOf(text),
    configs: listOf(ref('ConfigInfo')),
  }),
  Topic: closed({ topic: text, partitions: integer }),
  TopicRecord: closed({
    offset: integer,
    timestamp: { ...integer, description: 'Milliseconds since 1970, -1 when there is none.' },
    key: {},
    value: {},
    keyEncoding: encoding,
    valueEncoding: encoding,
    headers: listOf(closed({ key: text, value: textOrNull })),
  }),
  TopicPage: closed({
    topic: text,
    partition: integer,
    records: listOf(ref('TopicRecord')),
    next: { ...integer, description: 'The offset to ask for next.' },
    earliest: integer,
    latest: { ...integer, description: 'The offset that the next record will get.' },
  }),
}
