import { configDef, parseConfig } from '../api/index.ts'
import type { ConfigMap } from './task-state.ts'

const keys = configDef({
  'errors.retry.timeout': { type: 'long', importance: 'medium', doc: 'Ms.', default: 0 },
  'errors.retry.delay.max.ms': { type: 'long', importance: 'medium', doc: 'Ms.', default: 60_000 },
  'errors.tolerance': {
    type: 'string',
    importance: 'medium',
    doc: 'What a bad record does.',
    oneOf: ['none', 'all'],
    default: 'none',
  },
  'errors.log.enable': { type: 'boolean', importance: 'medium', doc: 'Log.', default: false },
  'errors.log.include.messages': {
    type: 'boolean',
    importance: 'medium',
    doc: 'With the record.',
    default: false,
  },
  'errors.deadletterqueue.topic.name': {
    type: 'string',
    importance: 'medium',
    doc: 'Topic for bad records.',
    default: '',
  },
  'errors.deadletterqueue.topic.replication.factor': {
    type: 'short',
    importance: 'medium',
    doc: 'Its copies.',
    default: 3,
  },
  'errors.deadletterqueue.context.headers.enable': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether headers say what failed.',
    default: false,
  },
})

/** What a connector wants done about records that its converters, transformations or sink refuse. */
export interface ErrorConfig {
  readonly toleratesAll: boolean
  /** 0: no second try; infinite: tried for ever. */
  readonly retryTimeoutMs: number
  readonly retryDelayMaxMs: number
  readonly logs: boolean
  readonly logsRecords: boolean
}

export interface DeadLetterConfig {
  readonly topic: string
  readonly replicationFactor: number
  /** Whether headers tell the whole story, as Kafka Connect's do; else only where the record was. */
  readonly hasContextHeaders: boolean
}

export function errorConfig(raw: ConfigMap): ErrorConfig {
  const config = parseConfig(keys, raw)
  const timeout = Number(config['errors.retry.timeout'])
  return {
    toleratesAll: config['errors.tolerance'] === 'all',
    retryTimeoutMs: timeout === -1 ? Number.POSITIVE_INFINITY : timeout,
    retryDelayMaxMs: Number(config['errors.retry.delay.max.ms']),
    logs: config['errors.log.enable'],
    logsRecords: config['errors.log.include.messages'],
  }
}

/** Null: bad records are stored nowhere. Of a sink. */
export function deadLetterConfig(raw: ConfigMap): DeadLetterConfig | null {
  const config = parseConfig(keys, raw)
  const topic = config['errors.deadletterqueue.topic.name'].trim()
  if (topic === '') return null
  return {
    topic,
    replicationFactor: config['errors.deadletterqueue.topic.replication.factor'],
    hasContextHeaders: config['errors.deadletterqueue.context.headers.enable'],
  }
}
