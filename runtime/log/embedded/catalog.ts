import type { DatabaseSync } from 'node:sqlite'
import { ConnectException } from '../../api/errors.ts'
import type { TopicPartition, TopicSettings, TopicSpec } from '../log.ts'
import { MAX_PARTITIONS } from './database.ts'
import { checksumOfPlace } from './row-checksum.ts'
import { checkTopicName } from '../topic-name.ts'

/** A partition as the writer knows it; `next` and `until` run ahead of the database until the commit. */
export interface Partition {
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly checksum: number
  first: number
  next: number
  /** The largest timestamp so far. */
  until: number
  /** Of all batches. */
  bytes: number
  /** Compaction has been through everything below. */
  cleaned: number
}

export interface Topic {
  readonly topic: string
  readonly settings: TopicSettings
  readonly partitions: readonly Partition[]
}

/** The writer's view of topics and partitions: the database's, kept in memory. */
export class Catalog {
  readonly #db: DatabaseSync
  readonly #topics = new Map<string, Topic>()
  /** Grows when topics come or go: what readers remember of topics is good for one version. */
  version = 0
  /** The highest number ever given to a partition. */
  lastPartition = 0

  constructor(db: DatabaseSync) {
    this.#db = db
    this.load()
  }

  /** Reads everything afresh: at start, and after a rollback. */
  load(): void {
    this.#topics.clear()
    const partitions = new Map<string, Partition[]>()
    const rows = this.#db
      .prepare(
        'SELECT id, topic, number, first, next, until, bytes, cleaned FROM partitions WHERE id > 0 ORDER BY number',
      )
      .all()
    for (const row of rows) {
      const topic = String(row['topic'])
      const list = partitions.get(topic) ?? []
      partitions.set(topic, list)
      list.push({
        ...place(Number(row['id']), topic, Number(row['number'])),
        first: Number(row['first']),
        next: Number(row['next']),
        until: Number(row['until']),
        bytes: Number(row['bytes']),
        cleaned: Number(row['cleaned']),
      })
    }
    for (const row of this.#db.prepare('SELECT name, settings FROM topics').all()) {
      const topic = String(row['name'])
      const settings = JSON.parse(String(row['settings'])) as TopicSettings
      this.#topics.set(topic, { topic, settings, partitions: partitions.get(topic) ?? [] })
    }
    this.version = this.#number("SELECT value AS n FROM state WHERE name = 'topics'")
    this.lastPartition = this.#number(
      "SELECT seq AS n FROM sqlite_sequence WHERE name = 'partitions'",
    )
  }

  get(topic: string): Topic | undefined {
    return this.#topics.get(topic)
  }

  find({ topic, partition }: TopicPartition): Partition | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  [Symbol.iterator](): IterableIterator<Topic> {
    return this.#topics.values()
  }

  create({ topic, settings = {} }: TopicSpec, count: number): Topic {
    checkTopicName(topic)
    if (!Number.isInteger(count) || count < 1)
      throw new ConnectException(`Topic "${topic}" cannot have ${count} partitions`)
    if (this.lastPartition + count > MAX_PARTITIONS) {
      throw new ConnectException(`Topic "${topic}" does not fit: the log has no partitions left`, {
        hint: `A log makes ${MAX_PARTITIONS} partitions in its life.`,
      })
    }
    this.#db
      .prepare('INSERT INTO topics (name, partitions, settings) VALUES (?, ?, ?)')
      .run(topic, count, JSON.stringify(settings))
    const insert = this.#db.prepare(
      'INSERT INTO partitions (topic, number, first, next, until, bytes, cleaned) VALUES (?, ?, 0, 0, -1, 0, 0)',
    )
    const partitions: Partition[] = []
    for (let number = 0; number < count; number++) {
      const id = Number(insert.run(topic, number).lastInsertRowid)
      partitions.push({
        ...place(id, topic, number),
        first: 0,
        next: 0,
        until: -1,
        bytes: 0,
        cleaned: 0,
      })
      this.lastPartition = id
    }
    const made = { topic, settings, partitions }
    this.#topics.set(topic, made)
    this.#newVersion()
    return made
  }

  /** Rows of the topic are left to the cleaner, which goes by `deleted`. */
  delete(topic: string): boolean {
    if (!this.#topics.delete(topic)) return false
    for (const sql of [
      'INSERT INTO deleted (partition) SELECT id FROM partitions WHERE topic = ?',
      'DELETE FROM partitions WHERE topic = ?',
      'DELETE FROM topics WHERE name = ?',
      'DELETE FROM group_offsets WHERE topic = ?',
    ]) {
      this.#db.prepare(sql).run(topic)
    }
    this.#newVersion()
    return true
  }

  #number(sql: string): number {
    return Number(this.#db.prepare(sql).get()?.['n'] ?? 0)
  }

  #newVersion(): void {
    this.version++
    this.#db
      .prepare("INSERT OR REPLACE INTO state (name, value) VALUES ('topics', ?)")
      .run(this.version)
  }
}

function place(id: number, topic: string, partition: number) {
  return { id, topic, partition, checksum: checksumOfPlace({ topic, partition }) }
}
