import { type OffsetMap, parseConfig } from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { createConverters } from './converters.ts'
import { DeadLetterQueue } from './dead-letter-queue.ts'
import { deadLetterConfig, errorConfig } from './error-config.ts'
import { ErrorLog } from './error-log.ts'
import type { TaskSettings, TaskSpec } from './messages.ts'
import { RetryWithTolerance } from './retry-with-tolerance.ts'
import { sinkSubscription } from './sink-config.ts'
import { SinkErrors } from './sink-errors.ts'
import { SourceErrors } from './source-errors.ts'
import type { TaskContext } from './task-context.ts'
import { TopicCreation } from './topic-creation.ts'
import { TransformationChain } from './transformation-chain.ts'
import { WorkerSinkTask } from './worker-sink-task.ts'
import { WorkerSourceTask } from './worker-source-task.ts'

const defaultBatch = { records: 500 }

/** A task from raw strings alone. Throws what is wrong with them. */
export function createTask(
  spec: TaskSpec,
  context: TaskContext,
  host: {
    readonly plugins: PluginRegistry
    readonly settings: TaskSettings
    readonly readOffset: (partition: OffsetMap) => Promise<OffsetMap | null>
  },
): WorkerSourceTask | WorkerSinkTask {
  const { plugins, settings } = host
  const raw = { ...spec.connectorConfig, ...spec.taskConfig }
  const plugin = plugins.connector(raw['connector.class'] ?? '')
  const config = parseConfig(plugin.definition.config, plugin.canonical(raw))
  const converters = createConverters(spec.connectorConfig, settings.defaults, plugins)
  const tolerance = new RetryWithTolerance(context, errorConfig(spec.connectorConfig))
  const log = new ErrorLog(context, errorConfig(spec.connectorConfig))
  const chain = TransformationChain.create(spec.connectorConfig, plugins)
  if (plugin.kind === 'source') {
    const { definition } = plugin
    return new WorkerSourceTask(context, {
      open: (source) => definition.open(config, source),
      readOffset: host.readOffset,
      chain,
      converters,
      errors: new SourceErrors(tolerance, log),
      offsetTopic: settings.offsetTopic,
      topicCreation: settings.createsTopics ? TopicCreation.from(spec.connectorConfig) : null,
    })
  }
  const { definition } = plugin
  const { group, topics, start, mostRecords } = sinkSubscription(spec.id, raw, {
    log: context.log.kind,
    consumer: settings.consumer,
  })
  const deadLetters = deadLetterConfig(spec.connectorConfig)
  const queue = deadLetters && new DeadLetterQueue(context, deadLetters)
  const limits = definition.batch?.(config) ?? defaultBatch
  return new WorkerSinkTask(context, {
    open: (sink) => definition.open(config, sink),
    limits: { ...limits, records: Math.min(limits.records, mostRecords ?? limits.records) },
    retries: definition.retries?.(config),
    chain,
    converters,
    errors: new SinkErrors(context, { tolerance, log, queue }),
    group,
    topics,
    start,
    commitIntervalMs: settings.offsetFlushIntervalMs,
  })
}
