import { defineSink } from '../../runtime/api/index.ts'
import { aiven, debezium } from './aliases.ts'
import { config } from './config.ts'
import { validate } from './validate.ts'

export default defineSink({
  name: 'JdbcSink',
  class: 'io.confluent.connect.jdbc.JdbcSinkConnector',
  doc: 'Writes each record as a row of a Postgres table: inserts, or upserts by key. Creates missing tables. At least once; with insert.mode=upsert the table ends equal to the topic.',
  config,
  aliases: [aiven, debezium],
  validate,
  async check(parsed, context) {
    const { checkConnection } = await import('./check.ts')
    return checkConnection(parsed, context)
  },
  batch: (parsed) => ({ records: Math.max(parsed['batch.size'], 1) }),
  retries: (parsed) => ({ max: parsed['max.retries'], backoffMs: parsed['retry.backoff.ms'] }),
  async open(parsed, context) {
    const { JdbcSinkTask } = await import('./task.ts')
    return new JdbcSinkTask(parsed, context)
  },
})
