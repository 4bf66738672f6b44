import { defineSink, defineSource } from '../../runtime/api/index.ts'
import { sinkConfig, sourceConfig } from './config.ts'

export default [
  defineSource({
    name: 'FileStreamSource',
    class: 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    doc: 'Reads a text file line by line and goes on as it grows. A restart goes on after the last line that was stored.',
    config: sourceConfig,
    async open(config, context) {
      const { lines } = await import('./source-task.ts')
      return lines(config, context)
    },
    async alterOffsets(config, offsets) {
      const { checkOffsets } = await import('./alter-offsets.ts')
      checkOffsets(config, offsets)
      // The offsets of the host are all there are.
      return true
    },
  }),
  defineSink({
    name: 'FileStreamSink',
    class: 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    doc: 'Appends the value of each record to a file, as text, a line each.',
    config: sinkConfig,
    async open(config) {
      const { FileStreamSinkTask } = await import('./sink-task.ts')
      return FileStreamSinkTask.open(config)
    },
    alterOffsets: async () => true,
  }),
]
