import type { DatabaseSync } from 'node:sqlite'
import { CorruptException } from '../../api/errors.ts'
import type { TopicOffset } from '../log.ts'
import {
  offsetChecksum,
  type PartitionRow,
  partitionChecksum,
  topicChecksum,
} from './record-checksums.ts'
import { isDamage } from './sqlite-errors.ts'

const MAX_SHOWN = 20

export interface TopicRow {
  readonly name: string
  readonly partitions: number
  readonly settings: string
}

export interface OffsetRow extends TopicOffset {
  readonly group: string
}

/** What is in order of everything but the batches. */
export interface CatalogContent {
  /** What the row of the log itself counts: see `Catalog.saveLog`. */
  readonly log: PartitionRow | undefined
  readonly topics: readonly TopicRow[]
  /** By topic, in order of their numbers. */
  readonly partitions: ReadonlyMap<string, readonly PartitionRow[]>
  readonly offsets: readonly OffsetRow[]
  /** Numbers of partitions whose rows are to go. */
  readonly deleted: ReadonlySet<number>
}

export interface Inspected extends CatalogContent {
  /** What is not in order, in words. */
  readonly problems: readonly string[]
  /** Topics whose records are damaged, as they stand there. */
  readonly damagedTopics: readonly TopicRow[]
}

type Row = Readonly<Record<string, unknown>>

/** Throws a CorruptException that names whatever is damaged or missing. */
export function readCatalog(
  db: DatabaseSync,
  path: string,
): CatalogContent & { readonly log: PartitionRow } {
  const { problems, ...content } = inspectCatalog(db)
  const { log } = content
  if (log && problems.length === 0) return { ...content, log }
  const shown = problems.slice(0, MAX_SHOWN)
  const more = problems.length > MAX_SHOWN ? `; and ${problems.length - MAX_SHOWN} more` : ''
  throw new CorruptException(`The log's database is damaged: ${path}: ${shown.join('; ')}${more}`, {
    hint: '`tapline log check` tells all that is damaged; `tapline log repair` keeps what can be read. Or restore a copy.',
  })
}

/** Reads what can be read. */
export function inspectCatalog(db: DatabaseSync): Inspected {
  return new Inspection(db).result()
}

class Inspection {
  readonly #db: DatabaseSync
  readonly #problems: string[] = []
  #log: PartitionRow | undefined
  readonly #topics: TopicRow[] = []
  readonly #damagedTopics: TopicRow[] = []
  readonly #partitions = new Map<string, PartitionRow[]>()
  readonly #offsets: OffsetRow[] = []
  readonly #ids = new Set<number>()
  readonly #deleted = new Set<number>()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#each('partitions', 'ORDER BY topic, number', (row) => this.#partition(row))
    if (!this.#log) this.#problems.push("the log's own record")
    this.#each('topics', 'ORDER BY name', (row) => this.#topic(row))
    this.#each('group_offsets', '', (row) => this.#offset(row))
    this.#each('deleted', '', (row) => this.#deletion(Number(row['partition'])))
    this.#compare()
  }

  result(): Inspected {
    return {
      log: this.#log,
      topics: this.#topics,
      partitions: this.#partitions,
      offsets: this.#offsets,
      deleted: this.#deleted,
      problems: this.#problems,
      damagedTopics: this.#damagedTopics,
    }
  }

  #each(table: string, order: string, use: (row: Row) => void): void {
    try {
      for (const row of this.#db.prepare(`SELECT * FROM ${table} ${order}`).iterate()) use(row)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#problems.push(`table ${table} cannot be read to its end (${(error as Error).message})`)
    }
  }

  #partition(row: Row): void {
    const partition = partitionOf(row)
    const isSound =
      partition && (partition.id === 0) === (partition.topic === '') && !this.#ids.has(partition.id)
    if (!isSound) {
      const place = `partition ${show(row['number'])} of topic ${show(row['topic'])}`
      this.#problems.push(`the record of ${place}`)
    } else if (partition.id === 0) {
      this.#log = partition
    } else {
      this.#ids.add(partition.id)
      const list = this.#partitions.get(partition.topic) ?? []
      this.#partitions.set(partition.topic, list)
      list.push(partition)
    }
  }

  #topic(row: Row): void {
    const name = String(row['name'])
    const settings = String(row['settings'])
    const partitions = Number(row['partitions'])
    if (topicChecksum(name, partitions, settings) === row['checksum']) {
      this.#topics.push({ name, partitions, settings })
      return
    }
    this.#problems.push(`the record of topic ${show(name)}`)
    this.#damagedTopics.push({ name, partitions, settings })
  }

  #offset(row: Row): void {
    const [group, topic] = [String(row['name']), String(row['topic'])]
    const [partition, offset] = [Number(row['partition']), Number(row['next'])]
    if (isSoundOffset(row)) this.#offsets.push({ group, topic, partition, offset })
    else this.#problems.push(`an offset of group ${show(group)} in topic ${show(topic)}`)
  }

  #deletion(id: number): void {
    if (!this.#ids.has(id)) this.#deleted.add(id)
    else this.#problems.push(`partition ${id} of the log is said to be deleted, and is not`)
  }

  #compare(): void {
    const unknown = new Set(this.#partitions.keys())
    for (const { name, partitions } of this.#topics) {
      unknown.delete(name)
      const there = new Set(this.#partitions.get(name)?.map(({ number }) => number))
      for (let number = 0; number < partitions; number++)
        if (!there.has(number)) this.#problems.push(`partition ${number} of topic ${show(name)}`)
    }
    for (const name of unknown)
      this.#problems.push(`topic ${show(name)} is missing, its partitions are not`)
    if (!this.#log) return
    const { first, bytes, cleaned } = this.#log
    this.#count('topics', this.#topics.length, first)
    this.#count('partitions', this.#ids.size, bytes)
    this.#count('offsets of groups', this.#offsets.length, cleaned)
  }

  #count(what: string, found: number, counted: number): void {
    if (found !== counted)
      this.#problems.push(`of ${counted} ${what} ${found} are there and in order`)
  }
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
