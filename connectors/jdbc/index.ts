import { defineSink } from '../../runtime/api/index.ts'
import { aiven, debezium } from './aliases.ts'
import { config } from './config.ts'
import { validate } from './validate.ts'

/** A batch is held as values, as parameters and as a message at once; a message of Postgres ends at 1 GB. */
const batchBytes = 32 << 20

export default defineSink({
  name: 'JdbcSink',
  class: 'io.confluent.connect.jdbc.JdbcSinkConnector',
  doc: 'Writes each record as a row of a Postgres table: inserts, upserts, updates, deletes by key. Creates missing tables, adds missing columns. At least once; with insert.mode=upsert the table ends equal to the topic, with exactly.once each record is written once.',
  config,
  aliases: [aiven, debezium],
  validate,
  async check(parsed) {
    const { checkConnection } = await import('./check.ts')
    return checkConnection(parsed)
  },
  batch: (parsed) => ({ records: Math.max(parsed['batch.size'], 1), bytes: batchBytes }),
  retries: (parsed) => ({ max: parsed['max.retries'], backoffMs: parsed['retry.backoff.ms'] }),
  async alterOffsets(parsed, offsets, { connector }) {
    const { alterOffsets } = await import('./alter-offsets.ts')
    return alterOffsets(parsed, offsets, connector)
  },
  async open(parsed, context) {
    const { JdbcSinkTask } = await import('./task.ts')
    return new JdbcSinkTask(parsed, context)
  },
})
