import { ConnectException } from '../../runtime/api/index.ts'
import type { Config } from './config.ts'
import type { Zones } from './wire-type.ts'
import { utc, zoneNamed } from './zone.ts'

export type PkMode = 'none' | 'kafka' | 'record_key' | 'record_value'

/** The configuration as the task needs it: words of one spelling, sets, zones. */
export interface Settings {
  readonly tableNameFormat: string
  /** Wins over the format. */
  readonly tableByTopic: ReadonlyMap<string, string>
  /** What a topic turns into before it becomes (part of) a table's name. */
  readonly topicCharacters: 'any' | 'dotless' | 'word'
  readonly isQuoted: boolean
  readonly insertMode: 'insert' | 'upsert' | 'update'
  /** A record without a value deletes the row of its key. */
  readonly deletes: boolean
  readonly pkMode: PkMode
  readonly pkFields: readonly string[]
  /** Null: every field. */
  readonly whitelist: ReadonlySet<string> | null
  readonly createsTables: boolean
  readonly addsColumns: boolean
  /** Kinds of table that may be written to, in upper case. */
  readonly tableTypes: ReadonlySet<string>
  readonly replacesNulls: boolean
  readonly skipsTombstones: boolean
  readonly infersSchemaless: boolean
  readonly stringColumn: string
  /** Fields that count units since the epoch, and how many of these make a microsecond. */
  readonly epochFields: ReadonlySet<string>
  readonly unitsPerMicrosecond: bigint
  readonly zones: Zones
}

export function settingsOf(config: Config): Settings {
  const timestamps = zoneOf(config['db.timezone'])
  const whitelist = config['fields.whitelist']
  return {
    tableNameFormat: config['table.name.format'].trim(),
    tableByTopic: new Map(
      config['table.by.topic'].map((pair) => {
        const [topic = '', table = ''] = pair.split(':')
        return [topic.trim(), table.trim()]
      }),
    ),
    topicCharacters: config['topic.characters'],
    isQuoted: config['quote.sql.identifiers'].toLowerCase() === 'always',
    insertMode: config['insert.mode'].toLowerCase() as Settings['insertMode'],
    pkMode: config['pk.mode'].toLowerCase() as PkMode,
    pkFields: config['pk.fields'],
    whitelist: whitelist.length === 0 ? null : new Set(whitelist),
    deletes: config['delete.enabled'],
    createsTables: config['auto.create'],
    addsColumns: config['auto.evolve'],
    tableTypes: new Set(config['table.types'].map((type) => type.toUpperCase())),
    replacesNulls: config['replace.null.with.default'],
    skipsTombstones: config.tombstones === 'skip' && !config['delete.enabled'],
    infersSchemaless: config['schemaless.mode'] === 'infer',
    epochFields: new Set(config['timestamp.fields.list']),
    unitsPerMicrosecond: config['timestamp.precision.mode'] === 'NANOSECONDS' ? 1000n : 1n,
    stringColumn: config['string.output.value.column.name'],
    zones: { timestamps, dates: config['date.timezone'] === 'UTC' ? utc : timestamps },
  }
}

function zoneOf(name: string) {
  const zone = zoneNamed(name)
  if (!zone) throw new ConnectException(`There is no time zone named ${name}`)
  return zone
}
