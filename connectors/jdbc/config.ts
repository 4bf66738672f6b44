import {
  atLeast,
  type ConfigKey,
  type ConfigOf,
  configDef,
  nonEmptyString,
  oneOfIgnoringCase,
} from '../../runtime/api/index.ts'
import { connectionKeys } from './connection-keys.ts'
import { topicPlaceholder } from './identifier.ts'
import { enumeration, onlyYet } from './later.ts'
import { tableTypes } from './table.ts'
import { zoneNamed } from './zone.ts'

const writes = {
  'insert.mode': {
    type: 'string',
    importance: 'high',
    doc: 'insert: a plain INSERT, which a row with the same key makes fail. upsert: such a row is replaced, so that a batch may come twice. update: only rows that are there change.',
    default: 'insert',
    group: 'Writes',
    recommended: () => ['insert', 'upsert', 'update'],
    validator: enumeration('insert', 'upsert', 'update'),
  },
  'batch.size': {
    type: 'int',
    importance: 'medium',
    doc: 'Records written together at most; one transaction.',
    default: 3000,
    validator: atLeast(0),
    group: 'Writes',
  },
  'delete.enabled': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether a null value deletes the row of its key; needs pk.mode=record_key.',
    default: false,
    group: 'Writes',
  },
} as const satisfies Record<string, ConfigKey>

const mapping = {
  'table.name.format': {
    type: 'string',
    importance: 'medium',
    doc: `Table for a topic; ${topicPlaceholder} stands for its name. Dots separate schema and table, unless quoted.`,
    default: topicPlaceholder,
    group: 'Data Mapping',
    validator: nonEmptyString,
  },
  'table.by.topic': {
    type: 'list',
    importance: 'low',
    doc: 'Tables by topic, as in topic:table; wins over table.name.format.',
    default: [],
    group: 'Data Mapping',
    internal: true,
  },
  'topic.characters': {
    type: 'string',
    importance: 'low',
    doc: 'What becomes of a topic in the name of a table: any stays as it is; dotless: dots become _; word: all but letters, digits and _ do.',
    default: 'any',
    oneOf: ['any', 'dotless', 'word'],
    group: 'Data Mapping',
    internal: true,
  },
  tombstones: {
    type: 'string',
    importance: 'low',
    doc: 'What becomes of records without a value while deletes are off: fail, or skip.',
    default: 'fail',
    oneOf: ['fail', 'skip'],
    group: 'Writes',
    internal: true,
  },
  'pk.mode': {
    type: 'string',
    importance: 'high',
    doc: 'Where the key columns come from: none, kafka (topic, partition, offset), record_key, record_value.',
    default: 'none',
    group: 'Data Mapping',
    recommended: () => ['none', 'kafka', 'record_key', 'record_value'],
    validator: enumeration('none', 'kafka', 'record_key', 'record_value'),
  },
  'pk.fields': {
    type: 'list',
    importance: 'medium',
    doc: 'Key columns: three names for kafka (or none for __connect_topic, __connect_partition, __connect_offset); fields of key or value, or the column for a primitive key.',
    default: [],
    group: 'Data Mapping',
  },
  'fields.whitelist': {
    type: 'list',
    importance: 'medium',
    doc: 'Fields of the value that are written; empty: all. Key columns are always written.',
    default: [],
    group: 'Data Mapping',
  },
  'replace.null.with.default': {
    type: 'boolean',
    importance: 'medium',
    doc: "Whether a null is written as its schema's default. Key fields always are.",
    default: true,
    group: 'Data Mapping',
  },
  'string.output.value.column.name': {
    type: 'string',
    importance: 'low',
    doc: 'Column for values that are plain text with a STRING schema.',
    default: 'record_value',
    group: 'Data Mapping',
    validator: nonEmptyString,
  },
  'db.timezone': {
    type: 'string',
    importance: 'medium',
    doc: 'Time zone whose wall clock columns without a zone show.',
    default: 'UTC',
    group: 'Data Mapping',
    validator: (value) => (zoneNamed(String(value)) ? undefined : 'Invalid time zone identifier'),
  },
  'date.timezone': {
    type: 'string',
    importance: 'medium',
    doc: 'Zone in which a Date is read as a day: DB_TIMEZONE (as Connect does, which west of UTC stores the day before) or UTC.',
    default: 'DB_TIMEZONE',
    oneOf: ['DB_TIMEZONE', 'UTC'],
    group: 'Data Mapping',
  },
  'timestamp.fields.list': {
    type: 'list',
    importance: 'low',
    doc: 'Fields of whole numbers (INT64, or STRING) that count micro- or nanoseconds since the epoch: they go to timestamp columns.',
    default: [],
    group: 'Data Mapping',
  },
  'timestamp.precision.mode': {
    type: 'string',
    importance: 'low',
    doc: 'Unit of timestamp.fields.list; nanoseconds are rounded to the microseconds that Postgres stores.',
    default: 'MICROSECONDS',
    oneOf: ['MICROSECONDS', 'NANOSECONDS'],
    group: 'Data Mapping',
  },
  'date.calendar.system': {
    type: 'string',
    importance: 'low',
    doc: 'Matters before 1582-10-15 only. Days are always counted by the proleptic Gregorian calendar here, which is Postgres’ own.',
    default: 'LEGACY',
    oneOf: ['LEGACY', 'PROLEPTIC_GREGORIAN'],
    group: 'Data Mapping',
  },
  'schemaless.mode': {
    type: 'string',
    importance: 'medium',
    doc: 'Records without a schema. infer: column types come from the values (or from the table that is there). fail: they are refused, as in Connect.',
    default: 'infer',
    oneOf: ['infer', 'fail'],
    group: 'Data Mapping',
  },
  'schemaless.absent': {
    type: 'string',
    importance: 'low',
    doc: 'What a field that a record without a schema lacks becomes: null.',
    default: 'null',
    group: 'Data Mapping',
    validator: onlyYet('null', 'Leaving absent fields alone is'),
  },
  'schemaless.types': {
    type: 'list',
    importance: 'low',
    doc: 'Column types by field, as in frame_time:timestamp,src:inet.',
    default: [],
    group: 'Data Mapping',
    validator: onlyYet('', 'Pinned column types are'),
  },
  'nested.mode': {
    type: 'string',
    importance: 'low',
    doc: 'What becomes of objects inside values.',
    default: 'json',
    group: 'Data Mapping',
    validator: onlyYet('json', 'Flattening is'),
  },
} as const satisfies Record<string, ConfigKey>

const ddl = {
  'auto.create': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether a missing table is created from the record that first needs it.',
    default: false,
    group: 'DDL Support',
  },
  'auto.evolve': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether columns are added for new fields. Nothing else of a table is ever changed.',
    default: false,
    group: 'DDL Support',
  },
  'quote.sql.identifiers': {
    type: 'string',
    importance: 'medium',
    doc: 'always: names are taken as they are. never: they are folded to lower case, as Postgres folds names without quotes.',
    default: 'ALWAYS',
    group: 'DDL Support',
    validator: oneOfIgnoringCase('always', 'never'),
  },
  'table.types': {
    type: 'list',
    importance: 'low',
    doc: 'Kinds of table that may be written to: TABLE, PARTITIONED TABLE, VIEW.',
    default: ['TABLE'],
    group: 'DDL Support',
    recommended: () => tableTypes,
    validator: (value) =>
      (value as readonly string[] | null)?.every((type) => tableTypes.includes(type.toUpperCase()))
        ? undefined
        : `must be some of ${tableTypes.join(', ')}`,
  },
  'mssql.use.merge.holdlock': {
    type: 'boolean',
    importance: 'low',
    doc: 'For SQL Server only.',
    default: true,
    group: 'DDL Support',
    internal: true,
  },
} as const satisfies Record<string, ConfigKey>

const retries = {
  'max.retries': {
    type: 'int',
    importance: 'medium',
    doc: 'Tries of a batch that the database gave up on (deadlock, serialisation, statement timeout). Outages are not counted: they are waited out.',
    default: 10,
    validator: atLeast(0),
    group: 'Retries',
  },
  'retry.backoff.ms': {
    type: 'int',
    importance: 'medium',
    doc: 'Ms between these tries.',
    default: 3000,
    validator: atLeast(0),
    group: 'Retries',
  },
  'exactly.once': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether offsets are kept in the database, in the same transaction as the rows: each record is written exactly once, in every insert.mode.',
    default: false,
    group: 'Retries',
  },
  'offsets.table.name': {
    type: 'string',
    importance: 'low',
    doc: 'Table for the offsets of exactly.once; it is created when it is missing.',
    default: '__connect_offsets',
    group: 'Retries',
    validator: nonEmptyString,
  },
  'trim.sensitive.log': {
    type: 'boolean',
    importance: 'low',
    doc: "Whether the database's own words, which may hold values, are left out of errors.",
    default: false,
    group: 'Retries',
    internal: true,
  },
} as const satisfies Record<string, ConfigKey>

export const config = configDef({ ...connectionKeys, ...writes, ...mapping, ...ddl, ...retries })

export type Config = ConfigOf<typeof config>
