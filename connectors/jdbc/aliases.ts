import { type Alias, atLeast, type ConfigDef, type RawConfig } from '../../runtime/api/index.ts'
import { enumeration, onlyYet } from './later.ts'

/** Ours that only Confluent's class has. */
const confluentOnly = [
  'jdbc.credentials.provider.class',
  'replace.null.with.default',
  'table.types',
  'date.timezone',
  'timestamp.fields.list',
  'timestamp.precision.mode',
  'date.calendar.system',
  'string.output.value.column.name',
  'mssql.use.merge.holdlock',
  'trim.sensitive.log',
] as const

const isTrue = (text: string | null | undefined) => text?.trim().toLowerCase() === 'true'

const aivenKeys: ConfigDef = {
  'insert.mode': {
    type: 'string',
    importance: 'high',
    doc: 'insert or multi: plain INSERTs of many rows, which a row with the same key makes fail. upsert: such a row is replaced, so that a batch may come twice. update: only rows that are there change.',
    default: 'insert',
    group: 'Writes',
    recommended: () => ['insert', 'multi', 'upsert', 'update'],
    validator: enumeration('insert', 'multi', 'upsert', 'update'),
  },
  'sql.quote.identifiers': {
    type: 'boolean',
    importance: 'medium',
    doc: 'true: names are taken as they are. false: they are folded to lower case, as Postgres folds names without quotes.',
    default: true,
    group: 'DDL Support',
  },
  'table.name.normalize': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether everything but letters, digits and _ becomes _ in the name of a table.',
    default: false,
    group: 'Data Mapping',
  },
  'topics.to.tables.mapping': {
    type: 'list',
    importance: 'low',
    doc: 'Tables by topic, as in topic:table; wins over table.name.format.',
    default: [],
    group: 'Data Mapping',
    validator: (value) =>
      (value as readonly string[] | null)?.every((pair) => /^[^:]+:[^:]+$/.test(pair))
        ? undefined
        : 'must be topic:table,…',
  },
}

export const aiven: Alias = {
  class: 'io.aiven.connect.jdbc.JdbcSinkConnector',
  without: [
    ...confluentOnly,
    'quote.sql.identifiers',
    'table.by.topic',
    'topic.characters',
    'tombstones',
  ],
  keys: aivenKeys,
  translate: (raw) => ({
    ...(raw['insert.mode']?.trim().toLowerCase() === 'multi' && { 'insert.mode': 'insert' }),
    'quote.sql.identifiers': quoting(raw['sql.quote.identifiers'] ?? 'true'),
    ...(raw['topics.to.tables.mapping'] && {
      'table.by.topic': raw['topics.to.tables.mapping'],
    }),
    ...(isTrue(raw['table.name.normalize']) && { 'topic.characters': 'word' }),
  }),
}

const debeziumOwn: ConfigDef = {
  'schema.evolution': {
    type: 'string',
    importance: 'medium',
    doc: 'none: tables and columns are there. basic: missing ones are created.',
    default: 'none',
    group: 'DDL Support',
    recommended: () => ['none', 'basic'],
    validator: (value) =>
      ['none', 'basic'].includes(String(value).toLowerCase())
        ? undefined
        : 'not available; none and basic are',
  },
  'quote.identifiers': {
    type: 'boolean',
    importance: 'medium',
    doc: 'true: names are taken as they are. false: they are folded to lower case, as Postgres folds names without quotes.',
    default: false,
    group: 'DDL Support',
  },
  'truncate.enabled': later('boolean', false, 'Whether truncate events are applied.'),
  'use.reduction.buffer': {
    type: 'boolean',
    importance: 'low',
    doc: 'Upserts always write the last record of each key in a batch alone.',
    default: false,
    group: 'Writes',
  },
  'dialect.postgres.unnest.insert.enabled': {
    type: 'boolean',
    importance: 'low',
    doc: 'Rows are always written by UNNEST.',
    default: false,
    group: 'Writes',
  },
  'field.include.list': later('list', [], 'Fields that are written.'),
  'field.exclude.list': later('list', [], 'Fields that are not written.'),
  'connection.restart.on.errors': {
    type: 'boolean',
    importance: 'low',
    doc: 'A lost connection is always opened anew.',
    default: false,
    group: 'Connection',
  },
  ...Object.fromEntries(
    [
      ['connection.pool.min_size', 5],
      ['connection.pool.max_size', 32],
      ['connection.pool.acquire_increment', 32],
      ['connection.pool.timeout', 1800],
    ].map(([name, size]) => [
      name,
      {
        type: 'int',
        importance: 'low',
        doc: 'Each task has one connection.',
        default: size,
        validator: atLeast(0),
        group: 'Connection',
      } as const,
    ]),
  ),
}

function later(type: 'boolean' | 'list', standard: unknown, doc: string) {
  const text = Array.isArray(standard) ? standard.join(',') : String(standard)
  return {
    type,
    importance: 'low',
    doc,
    default: standard,
    group: 'Writes',
    validator: onlyYet(text, 'This is'),
  } as const
}

export const debezium: Alias = {
  class: 'io.debezium.connector.jdbc.JdbcSinkConnector',
  rename: {
    'connection.user': 'connection.username',
    'table.name.format': 'collection.name.format',
    'pk.mode': 'primary.key.mode',
    'pk.fields': 'primary.key.fields',
    'db.timezone': 'use.time.zone',
    'max.retries': 'flush.max.retries',
    'retry.backoff.ms': 'flush.retry.delay.ms',
  },
  defaults: {
    'batch.size': 500,
    'max.retries': 5,
    'retry.backoff.ms': 1000,
    'topic.characters': 'dotless',
    tombstones: 'skip',
    'quote.sql.identifiers': 'NEVER',
  },
  without: [
    ...confluentOnly,
    'dialect.name',
    'connection.attempts',
    'connection.backoff.ms',
    'fields.whitelist',
    'auto.create',
    'auto.evolve',
    'quote.sql.identifiers',
    'table.by.topic',
    'topic.characters',
    'tombstones',
  ],
  keys: debeziumOwn,
  translate: (raw: RawConfig) => ({
    'quote.sql.identifiers': quoting(raw['quote.identifiers'] ?? 'false'),
    ...(raw['schema.evolution']?.trim().toLowerCase() === 'basic' && {
      'auto.create': 'true',
      'auto.evolve': 'true',
    }),
  }),
}

function quoting(text: string): string {
  return isTrue(text) ? 'ALWAYS' : 'NEVER'
}
