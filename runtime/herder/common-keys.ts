import {
  atLeast,
  type ConfigDef,
  configDef,
  nonEmptyWithoutControls,
  uniqueAliases,
} from '../api/index.ts'

/** The keys that every connector has, in Kafka Connect's order and places. What a class key names is looked up in `class-value.ts`. */
export const commonKeys = configDef({
  name: {
    type: 'string',
    importance: 'high',
    doc: 'The name of the connector, unique in the cluster.',
    validator: (value, key) => nonEmptyWithoutControls(value, key) ?? unreachable(value),
    group: 'Common',
    orderInGroup: 1,
    width: 'medium',
    displayName: 'Connector name',
  },
  'connector.class': {
    type: 'string',
    importance: 'high',
    doc: 'Which plugin runs: its full class name, or a short name such as FileStreamSink for a class that ends in FileStreamSinkConnector.',
    group: 'Common',
    orderInGroup: 2,
    width: 'long',
    displayName: 'Connector class',
  },
  'connector.plugin.version': pluginVersion('connector', 3, 'medium'),
  'tasks.max': {
    type: 'int',
    importance: 'high',
    doc: 'The largest number of tasks that the connector may be shared out to.',
    default: 1,
    validator: atLeast(1),
    group: 'Common',
    orderInGroup: 4,
    width: 'short',
    displayName: 'Tasks max',
  },
  'tasks.max.enforce': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether a connector that makes more tasks than tasks.max fails.',
    default: true,
    group: 'Common',
    orderInGroup: 5,
    width: 'short',
    displayName: 'Enforce tasks max',
  },
  'key.converter': converter('key', 'Key converter class', 6),
  'key.converter.plugin.version': pluginVersion('key converter', 7, 'low'),
  'value.converter': converter('value', 'Value converter class', 8),
  'value.converter.plugin.version': pluginVersion('value converter', 9, 'low'),
  'header.converter': converter('header', 'Header converter class', 10),
  'header.converter.plugin.version': pluginVersion('header converter', 11, 'low'),
  transforms: {
    type: 'list',
    importance: 'low',
    doc: 'Names of the transformations that records pass, in this order; each is configured under transforms.NAME.',
    default: [],
    validator: uniqueAliases,
    group: 'Transforms',
    orderInGroup: 12,
    width: 'long',
    displayName: 'Transforms',
  },
  predicates: {
    type: 'list',
    importance: 'low',
    doc: 'Names of the predicates that transformations may refer to; each is configured under predicates.NAME.',
    default: [],
    validator: uniqueAliases,
    group: 'Predicates',
    orderInGroup: 13,
    width: 'long',
    displayName: 'Predicates',
  },
  'config.action.reload': {
    type: 'string',
    importance: 'low',
    doc: 'What happens when a value that the config refers to has changed outside: restart the connector, or none.',
    default: 'restart',
    oneOf: ['none', 'restart'],
    group: 'Common',
    orderInGroup: 14,
    width: 'medium',
    displayName: 'Reload Action',
  },
  'errors.retry.timeout': {
    type: 'long',
    importance: 'medium',
    doc: 'How many ms a converter or transformation is tried again; 0: not at all, -1: without end.',
    default: 0,
    group: 'Error Handling',
    orderInGroup: 1,
    width: 'medium',
    displayName: 'Retry Timeout for Errors',
  },
  'errors.retry.delay.max.ms': {
    type: 'long',
    importance: 'medium',
    doc: 'The longest wait between two such tries, in ms.',
    default: 60_000,
    group: 'Error Handling',
    orderInGroup: 2,
    width: 'medium',
    displayName: 'Maximum Delay Between Retries for Errors',
  },
  'errors.tolerance': {
    type: 'string',
    importance: 'medium',
    doc: 'Whether a bad record fails the task (none) or is skipped (all).',
    default: 'none',
    oneOf: ['none', 'all'],
    group: 'Error Handling',
    orderInGroup: 3,
    width: 'short',
    displayName: 'Error Tolerance',
  },
  'errors.log.enable': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether each failed record is logged.',
    default: false,
    group: 'Error Handling',
    orderInGroup: 4,
    width: 'short',
    displayName: 'Log Errors',
  },
  'errors.log.include.messages': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether such a log line holds the record itself.',
    default: false,
    group: 'Error Handling',
    orderInGroup: 5,
    width: 'short',
    displayName: 'Log Error Details',
  },
})

function converter(part: string, displayName: string, orderInGroup: number) {
  return {
    type: 'class',
    importance: 'low',
    doc: `What turns the ${part} of a record into bytes and back; left out: the worker's own. With it come its keys, under ${part}.converter.`,
    default: null,
    group: 'Common',
    orderInGroup,
    width: 'short',
    displayName,
  } as const satisfies ConfigDef[string]
}

function pluginVersion(part: string, orderInGroup: number, importance: 'medium' | 'low') {
  return {
    type: 'string',
    importance,
    doc: `The version of the ${part} plugin; left out: the newest one there is.`,
    default: null,
    group: 'Common',
    orderInGroup,
    width: 'medium',
    displayName: `${part[0]?.toUpperCase()}${part.slice(1)} version`,
  } as const satisfies ConfigDef[string]
}

/** A name that no URL can hold is refused: nobody could read or delete the connector. */
function unreachable(value: unknown): string | undefined {
  if (value === '.' || value === '..') return 'String may not be . or .., which no URL can name'
  return String(value).isWellFormed() ? undefined : 'String may not contain half a surrogate pair'
}
