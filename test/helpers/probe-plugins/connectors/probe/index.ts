import { setTimeout } from 'node:timers/promises'
import { defineSink, defineSource } from '../../../../../runtime/api/index.ts'
import { sinkConfig, sourceConfig } from './config.ts'

/** Plugins that show what the worker does with plugins: they count, keep a journal, and make trouble on demand. */
export default [
  defineSource({
    name: 'ProbeSource',
    doc: 'Counts.',
    config: sourceConfig,
    validate: (config) =>
      config.topic === 'refused' ? { topic: 'This topic is refused by the probe.' } : {},
    async check(config, { signal }) {
      if (config.topic === 'deaf') await setTimeout(2 ** 30, undefined, { signal })
      return config.topic === 'unreachable' ? { topic: 'Nobody answers there.' } : {}
    },
    tasks(config) {
      while (config['tasks.spin']) {
        // Never gives the thread back.
      }
      const count = config.tasks < 0 ? 1 : config.tasks
      return Array.from({ length: count }, (_, number) => ({ number: `${number}` }))
    },
    async *watch(config, { signal }) {
      if (config.topic !== 'watched') return
      await setTimeout(20, undefined, { signal })
      yield
    },
    async open(config, context) {
      const { ProbeSourceTask } = await import('./source-task.ts')
      return ProbeSourceTask.open(config, context)
    },
  }),
  defineSink({
    name: 'ProbeSink',
    doc: 'Keeps a journal of its calls.',
    config: sinkConfig,
    batch: (config) => ({ records: config['batch.size'], waitMs: config['wait.ms'] }),
    retries: () => ({ max: 3, backoffMs: 10 }),
    async open(config, context) {
      const { ProbeSinkTask } = await import('./sink-task.ts')
      return new ProbeSinkTask(config, context)
    },
  }),
]
