import type { Test } from 'tap'
import { type Config, config as jdbcConfig } from '../../connectors/jdbc/config.ts'
import { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import { parseConfig, type RawConfig } from '../../runtime/api/index.ts'
import type { PostgresDatabase } from './postgres.ts'
import { sinkContext } from './sink-records.ts'

/** A JdbcSink task on a database, stopped with the test. */
export function openJdbcSink(t: Test, database: PostgresDatabase, raw: RawConfig): JdbcSinkTask {
  const task = new JdbcSinkTask(jdbcSinkConfig(database, raw), sinkContext())
  t.teardown(() => task.stop())
  return task
}

export function jdbcSinkConfig(database: PostgresDatabase, raw: RawConfig): Config {
  return parseConfig(jdbcConfig, { ...database.connection, ...raw })
}

export const upsertByKey: RawConfig = {
  'insert.mode': 'upsert',
  'pk.mode': 'record_key',
  'auto.create': 'true',
}
