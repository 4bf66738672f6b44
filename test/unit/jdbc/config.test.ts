import t from 'tap'
import { aiven, debezium } from '../../../connectors/jdbc/aliases.ts'
import { config } from '../../../connectors/jdbc/config.ts'
import jdbc from '../../../connectors/jdbc/index.ts'
import { validate } from '../../../connectors/jdbc/validate.ts'
import { parseConfig, type RawConfig, validateConfig } from '../../../runtime/api/index.ts'

const url = { 'connection.url': 'jdbc:postgresql://localhost/db' }

function problems(raw: RawConfig): Record<string, readonly string[]> {
  return Object.fromEntries(
    validateConfig(config, { ...url, ...raw })
      .filter(({ errors }) => errors.length > 0)
      .map(({ name, errors }) => [name, errors]),
  )
}

t.test('a key whose feature is not there yet is an error on that key, its default is none', (t) => {
  const later: RawConfig = {
    'nested.mode': 'flatten',
    'schemaless.absent': 'keep',
    'schemaless.types': 'a:inet',
    'jdbc.credentials.provider.class': 'com.acme.Provider',
  }
  for (const [key, value] of Object.entries(later)) {
    const found = problems({ [key]: value })
    t.strictSame(Object.keys(found), [key])
    t.match(found[key]?.[0], /not available yet/, key)
  }
  const defaults = Object.keys(later).map((key) => [
    key,
    String(config[key as 'nested.mode'].default),
  ])
  t.strictSame(problems(Object.fromEntries(defaults)), {})
  t.end()
})

t.test('other databases are refused in words, and secrets in a URL are never repeated', (t) => {
  t.match(problems({ 'connection.url': 'jdbc:mysql://u:s3cret@h/db' })['connection.url'], [
    /mysql: is not available yet/,
  ])
  t.match(problems({ 'connection.url': 'jdbc:mariadb://h/db' })['connection.url'], [
    /not available yet/,
  ])
  t.match(problems({ 'connection.url': 'jdbc:oracle:thin:@h' })['connection.url'], [
    /is not supported/,
  ])
  t.match(problems({ 'connection.url': 'postgres://h/db' })['connection.url'], [
    'Not a valid JDBC URL: postgres://h/db',
  ])
  for (const bad of [
    'jdbc:postgresql://u:s3cret@h/db',
    'postgresql://h?password=s3cret',
    'jdbc:postgresql://h:x/db?sslPassword=s3cret&a=b',
  ])
    t.notMatch(JSON.stringify(problems({ 'connection.url': bad })), /s3cret/, bad)
  t.end()
})

t.test('enumerations are all lower or ALL UPPER case', (t) => {
  t.strictSame(
    problems({
      'insert.mode': 'UPSERT',
      'pk.mode': 'RECORD_KEY',
      'quote.sql.identifiers': 'Never',
    }),
    {},
  )
  t.strictSame(problems({ 'insert.mode': 'Upsert', 'pk.mode': 'Kafka' }), {
    'insert.mode': ['Invalid value Upsert for configuration insert.mode: Invalid enumerator'],
    'pk.mode': ['Invalid value Kafka for configuration pk.mode: Invalid enumerator'],
  })
  t.match(
    problems({
      'table.types': 'TABLE,INDEX',
      'db.timezone': 'Mars/Olympus',
      'batch.size': '-1',
      'dialect.name': 'Db2',
    }),
    {
      'table.types': [/must be some of TABLE/],
      'db.timezone': [/Invalid time zone/],
      'batch.size': [/at least 0/],
      'dialect.name': [/^Unable to find dialect with name 'Db2'/],
    },
  )
  t.end()
})

t.test('keys that no record could satisfy together are found before the start', (t) => {
  const findings = (raw: RawConfig) =>
    Object.keys(validate(parseConfig(config, { ...url, ...raw })))
  t.strictSame(findings({ 'insert.mode': 'upsert' }), ['pk.mode'])
  t.strictSame(findings({ 'insert.mode': 'upsert', 'pk.mode': 'kafka' }), [])
  t.strictSame(findings({ 'pk.mode': 'kafka', 'pk.fields': 'a,b' }), ['pk.fields'])
  t.strictSame(findings({ 'pk.mode': 'record_value', 'pk.fields': 'a,a' }), ['pk.fields'])
  t.strictSame(findings({ 'delete.enabled': 'true', 'pk.mode': 'record_key' }), [])
  t.strictSame(validate(parseConfig(config, { ...url, 'delete.enabled': 'true' })), {
    'delete.enabled': 'Deletes are only supported for pk.mode record_key',
    'pk.mode': 'Deletes are only supported for pk.mode record_key',
  })
  t.end()
})

t.test('the host batches and retries as the configuration says', (t) => {
  const parsed = parseConfig(config, {
    ...url,
    'batch.size': '0',
    'max.retries': '2',
    'retry.backoff.ms': '5',
  })
  t.strictSame(jdbc.kind === 'sink' && jdbc.batch?.(parsed), { records: 1, bytes: 33554432 })
  t.strictSame(jdbc.kind === 'sink' && jdbc.retries?.(parsed), { max: 2, backoffMs: 5 })
  t.end()
})

t.test("Aiven's and Debezium's words mean the same thing", (t) => {
  t.strictSame(
    aiven.translate?.({
      'insert.mode': 'multi',
      'sql.quote.identifiers': 'false',
      'table.name.normalize': 'TRUE',
      'topics.to.tables.mapping': 'a:b',
    }),
    {
      'insert.mode': 'insert',
      'quote.sql.identifiers': 'NEVER',
      'topic.characters': 'word',
      'table.by.topic': 'a:b',
    },
  )
  t.strictSame(debezium.translate?.({ 'schema.evolution': 'basic', 'quote.identifiers': 'true' }), {
    'quote.sql.identifiers': 'ALWAYS',
    'auto.create': 'true',
    'auto.evolve': 'true',
  })
  t.strictSame(debezium.translate?.({}), { 'quote.sql.identifiers': 'NEVER' })
  const own = Object.keys(config)
  for (const alias of [aiven, debezium]) {
    for (const key of [
      ...(alias.without ?? []),
      ...Object.keys(alias.rename ?? {}),
      ...Object.keys(alias.defaults ?? {}),
    ])
      t.ok(own.includes(key), `${key} of ${alias.class}`)
  }
  t.end()
})
