import type { DatabaseSync } from 'node:sqlite'
import { CorruptException } from '../../api/errors.ts'
import {
  offsetChecksum,
  type PartitionRow,
  partitionChecksum,
  topicChecksum,
} from './record-checksums.ts'

export interface TopicRow {
  readonly name: string
  readonly settings: string
}

export interface CatalogContent {
  /** What the row of the log itself counts: see `Catalog.saveLog`. */
  readonly log: PartitionRow
  readonly topics: readonly TopicRow[]
  /** By topic, in order of their numbers. */
  readonly partitions: ReadonlyMap<string, readonly PartitionRow[]>
}

type Row = Readonly<Record<string, unknown>>

/** Everything but the batches, each record checked; throws a CorruptException that names whatever is damaged or missing. */
export function readCatalog(db: DatabaseSync, path: string): CatalogContent {
  const { content, problems } = inspectCatalog(db)
  if (content && problems.length === 0) return content
  throw new CorruptException(`The log's database is damaged: ${path}: ${problems.join('; ')}`, {
    hint: '`tapline log check` tells all that is damaged; `tapline log repair` keeps what can be read. Or restore a copy.',
  })
}

/** The same, with what is wrong in words; `content` holds what is in order, null when the log's own row is not. */
export function inspectCatalog(db: DatabaseSync): {
  readonly content: CatalogContent | null
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  const partitions = new Map<string, PartitionRow[]>()
  const ids = new Set<number>()
  let log: PartitionRow | undefined
  for (const row of db.prepare('SELECT * FROM partitions ORDER BY topic, number').iterate()) {
    const partition = partitionOf(row)
    const isSound =
      partition && (partition.id === 0) === (partition.topic === '') && !ids.has(partition.id)
    if (!isSound) {
      problems.push(`the record of partition ${show(row['number'])} of topic ${show(row['topic'])}`)
    } else if (partition.id === 0) {
      log = partition
    } else {
      ids.add(partition.id)
      const list = partitions.get(partition.topic) ?? []
      partitions.set(partition.topic, list)
      list.push(partition)
    }
  }
  if (!log) problems.push("the log's own record")
  const topics = topicsIn(db, partitions, problems)
  const offsets = offsetsIn(db, problems)
  if (log) {
    const found = [topics.length, ids.size, offsets]
    const counted = [log.first, log.bytes, log.cleaned]
    for (const [i, what] of ['topics', 'partitions', 'offsets of groups'].entries()) {
      if (found[i] !== counted[i])
        problems.push(`of ${counted[i]} ${what} ${found[i]} are there and in order`)
    }
  }
  for (const { partition } of db
    .prepare('SELECT partition FROM deleted')
    .iterate() as Iterable<Row>)
    if (ids.has(Number(partition)))
      problems.push(`partition ${partition} of the log is said to be deleted, and is not`)
  return { content: log ? { log, topics, partitions } : null, problems }
}

function topicsIn(
  db: DatabaseSync,
  partitions: ReadonlyMap<string, readonly PartitionRow[]>,
  problems: string[],
): TopicRow[] {
  const topics: TopicRow[] = []
  const unknown = new Set(partitions.keys())
  for (const row of db.prepare('SELECT * FROM topics').iterate() as Iterable<Row>) {
    const name = String(row['name'])
    const settings = String(row['settings'])
    const count = Number(row['partitions'])
    if (topicChecksum(name, count, settings) !== row['checksum']) {
      problems.push(`the record of topic ${show(name)}`)
      continue
    }
    unknown.delete(name)
    topics.push({ name, settings })
    const numbers = new Set(partitions.get(name)?.map(({ number }) => number))
    for (let number = 0; number < count; number++)
      if (!numbers.has(number))
        problems.push(`partition ${number} of topic ${show(name)} is missing`)
  }
  for (const name of unknown)
    problems.push(`topic ${show(name)} is missing, its partitions are not`)
  return topics
}

function offsetsIn(db: DatabaseSync, problems: string[]): number {
  let sound = 0
  for (const row of db.prepare('SELECT * FROM group_offsets').iterate() as Iterable<Row>) {
    const isSound = isSoundOffset(row)
    if (isSound) sound++
    else problems.push(`an offset of group ${show(row['name'])} in topic ${show(row['topic'])}`)
  }
  return sound
}

export function isSoundOffset(row: Row): boolean {
  const [name, topic] = [String(row['name']), String(row['topic'])]
  const checksum = offsetChecksum(name, topic, Number(row['partition']), Number(row['next']))
  return checksum === row['checksum']
}

/** Undefined when its checksum says otherwise. */
export function partitionOf(row: Row): PartitionRow | undefined {
  const number = (name: string) => Number(row[name])
  const partition = {
    id: number('id'),
    topic: String(row['topic']),
    number: number('number'),
    first: number('first'),
    next: number('next'),
    until: number('until'),
    bytes: number('bytes'),
    cleaned: number('cleaned'),
  }
  return partitionChecksum(partition) === row['checksum'] ? partition : undefined
}

/** Damaged text may be long, and anything. */
function show(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 80))
}
