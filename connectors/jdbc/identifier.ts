import { ConnectException } from '../../runtime/api/index.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: Connect's own placeholder in table.name.format
export const topicPlaceholder = '${topic}'

/** NAMEDATALEN - 1 of every Postgres that was not rebuilt. */
const nameLimit = 63

/** Doubled quotes: whatever a topic or a field is called stays a name. */
export function quoted(name: string): string {
  if (name.includes('\0'))
    throw new ConnectException(`The name ${JSON.stringify(name)} holds U+0000`, {
      hint: 'Postgres has no such names: rename the field or the topic with a transformation.',
    })
  return `"${name.replaceAll('"', '""')}"`
}

/** What an unquoted name means to Postgres. */
export function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Cut to 63 characters, as Connect does, and then to 63 octets, as the server would in silence. */
export function clipped(name: string): string {
  let cut = Array.from(name).slice(0, nameLimit).join('')
  while (Buffer.byteLength(cut) > nameLimit) cut = Array.from(cut).slice(0, -1).join('')
  return cut
}

/** The column that a field becomes. */
export function columnName(field: string, isQuoted: boolean): string {
  return clipped(isQuoted ? field : folded(field))
}

/** The parts of `catalog.schema.table`: a quoted part may hold dots, and quotes written twice. */
export function parseIdentifier(text: string): string[] {
  const parts: string[] = []
  let rest = text
  for (;;) {
    const [part, after] = rest.startsWith('"') ? quotedPart(rest, text) : plainPart(rest)
    parts.push(part)
    if (after === '') return parts
    if (!after.startsWith('.')) throw unparsable(text, 'a quoted part must end at a dot')
    rest = after.slice(1)
    if (rest === '') throw unparsable(text, 'it ends in a dot')
  }
}

function plainPart(rest: string): [part: string, after: string] {
  const dot = rest.indexOf('.')
  return dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot)]
}

function quotedPart(rest: string, text: string): [part: string, after: string] {
  const match = /^"((?:[^"]|"")*)"/.exec(rest)
  if (!match) throw unparsable(text, 'the closing quote is missing')
  return [(match[1] as string).replaceAll('""', '"'), rest.slice(match[0].length)]
}

function unparsable(text: string, why: string): ConnectException {
  return new ConnectException(`Failure parsing fully qualified identifier; ${why}: ${text}`, {
    hint: `Put quotes around a name with dots: "table.name.format": "\\"${topicPlaceholder}\\"".`,
  })
}

/** A table as SQL and messages name it. */
export class TableName {
  readonly database: string
  readonly schema: string
  readonly table: string
  /** For SQL. */
  readonly sql: string

  constructor(database: string, schema: string, table: string) {
    this.database = database
    this.schema = schema
    this.table = table
    this.sql = `${quoted(schema)}.${quoted(table)}`
  }

  toString(): string {
    return `${quoted(this.database)}.${this.sql}`
  }
}

export interface NamingContext {
  readonly format: string
  readonly topicCharacters: 'any' | 'dotless' | 'word'
  /** False: names are folded to lower case, as the server does with names that are not quoted. */
  readonly isQuoted: boolean
  readonly database: string
  /** Null when the search path names no schema that exists. */
  readonly schema: string | null
}

const unwanted = { any: /(?!)/, dotless: /\./g, word: /[^A-Za-z0-9_]/g }

export function tableFor(topic: string, context: NamingContext): TableName {
  const plainTopic = topic.replace(unwanted[context.topicCharacters], '_')
  const text = context.format.replaceAll(topicPlaceholder, () => plainTopic).trim()
  if (text === '')
    throw new ConnectException(
      `Destination table name for topic '${topic}' is empty using the format string '${context.format}'`,
    )
  const parts = parseIdentifier(text).map((part) => clipped(context.isQuoted ? part : folded(part)))
  const [table, schema, database, ...more] = parts.reverse()
  if (!table || schema === '' || more.length > 0)
    throw unparsable(text, 'a table is named as table, schema.table or database.schema.table')
  if (database !== undefined && database !== context.database)
    throw new ConnectException(
      `Table ${text} lies in database "${database}", but the connection is to "${context.database}"`,
      { hint: 'Name the database in connection.url, or leave it out of table.name.format.' },
    )
  const home = schema ?? context.schema
  if (home === null)
    throw new ConnectException(
      `No schema for table ${text}: the search path names none that exists`,
      {
        hint: 'Create the schema, set currentSchema in connection.url, or write schema.table in table.name.format.',
      },
    )
  return new TableName(context.database, home, table)
}
