import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException } from '../../api/errors.ts'
import type { TopicPartition, TopicSettings, TopicSpec } from '../log.ts'
import { checkTopicName } from '../topic-name.ts'
import { readCatalog } from './catalog-content.ts'
import { MAX_PARTITIONS } from './database.ts'
import { offsetChecksum, partitionChecksum, topicChecksum } from './record-checksums.ts'
import { checksumOfPlace } from './row-checksum.ts'
import { checkSettings } from './topic-policy.ts'

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

/** The writer's view of topics, partitions and groups: the database's, kept in memory. */
export class Catalog {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #topics = new Map<string, Topic>()
  #partitions = 0
  #groupOffsets = 0
  /** Grows when topics come or go or change: what readers remember of topics is good for one version. */
  version = 0
  /** The highest number ever given to a partition. */
  lastPartition = 0
  /** Of the last commit. */
  sequence = 0
  readonly #save: StatementSync
  readonly #insertPartition: StatementSync
  readonly #setVersion: StatementSync
  readonly #updateOffset: StatementSync
  readonly #insertOffset: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
    this.#save = db.prepare(
      `UPDATE partitions SET number = ?2, first = ?3, next = ?4, until = ?5, bytes = ?6, cleaned = ?7, checksum = ?8
       WHERE id = ?1`,
    )
    this.#insertPartition = db.prepare(
      `INSERT INTO partitions (id, topic, number, first, next, until, bytes, cleaned, checksum)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#setVersion = db.prepare("INSERT OR REPLACE INTO state (name, value) VALUES ('topics', ?)")
    this.#updateOffset = db.prepare(
      'UPDATE group_offsets SET next = ?4, checksum = ?5 WHERE name = ?1 AND topic = ?2 AND partition = ?3',
    )
    this.#insertOffset = db.prepare(
      'INSERT INTO group_offsets (name, topic, partition, next, checksum) VALUES (?1, ?2, ?3, ?4, ?5)',
    )
    this.load()
  }

  /** Reads everything afresh: at start, and after a rollback. Throws when a record of it is damaged. */
  load(): void {
    const { log, topics, partitions } = readCatalog(this.#db, this.#path)
    this.#topics.clear()
    for (const { name, settings } of topics) {
      this.#topics.set(name, {
        topic: name,
        settings: JSON.parse(settings) as TopicSettings,
        partitions: (partitions.get(name) ?? []).map((row) => ({
          ...row,
          ...place(name, row.number),
        })),
      })
    }
    this.lastPartition = log.number
    this.sequence = log.next
    this.version = log.until
    this.#partitions = log.bytes
    this.#groupOffsets = log.cleaned
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

  has(id: number): boolean {
    for (const { partitions } of this.#topics.values())
      if (partitions.some((partition) => partition.id === id)) return true
    return false
  }

  create({ topic, settings = {} }: TopicSpec, count: number): Topic {
    checkTopicName(topic)
    checkSettings(topic, settings)
    if (!Number.isInteger(count) || count < 1)
      throw new ConnectException(`Topic "${topic}" cannot have ${count} partitions`)
    this.#checkRoom(topic, count)
    const text = JSON.stringify(settings)
    this.#db
      .prepare('INSERT INTO topics (name, partitions, settings, checksum) VALUES (?, ?, ?, ?)')
      .run(topic, count, text, topicChecksum(topic, count, text))
    return this.#changed({ topic, settings, partitions: this.#addPartitions(topic, 0, count) })
  }

  /** Grown to so many partitions; what the others hold stays where it is. */
  grow(known: Topic, count: number): void {
    const { topic, settings, partitions } = known
    if (!Number.isInteger(count) || count <= partitions.length) {
      throw new ConnectException(
        `Topic "${topic}" has ${partitions.length} partitions: it cannot get ${count}`,
        { hint: 'Partitions can only be added: give a larger number.' },
      )
    }
    this.#checkRoom(topic, count - partitions.length)
    const added = this.#addPartitions(topic, partitions.length, count)
    this.#changed({ topic, settings, partitions: [...partitions, ...added] })
    this.#saveTopic(topic)
  }

  /** `null` takes a setting back to its default. */
  alter({ topic, settings, partitions }: Topic, changes: Readonly<Record<string, string | null>>) {
    const altered: Record<string, string> = { ...settings }
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete altered[name]
      else altered[name] = value
    }
    checkSettings(topic, altered)
    this.#changed({ topic, settings: altered, partitions })
    this.#saveTopic(topic)
  }

  /** Rows of the topic are left to the cleaner, which goes by `deleted`. */
  delete(topic: string): boolean {
    const known = this.#topics.get(topic)
    if (!known) return false
    this.#topics.delete(topic)
    for (const sql of [
      'INSERT INTO deleted (partition) SELECT id FROM partitions WHERE topic = ?',
      'DELETE FROM partitions WHERE topic = ?',
      'DELETE FROM topics WHERE name = ?',
    ]) {
      this.#db.prepare(sql).run(topic)
    }
    this.#dropOffsets('topic = ?', topic)
    this.#partitions -= known.partitions.length
    this.#newVersion()
    return true
  }

  setOffset(group: string, { topic, partition }: TopicPartition, next: number): void {
    const checksum = offsetChecksum(group, topic, partition, next)
    const { changes } = this.#updateOffset.run(group, topic, partition, next, checksum)
    if (changes !== 0) return
    this.#insertOffset.run(group, topic, partition, next, checksum)
    this.#groupOffsets++
  }

  dropOffset(group: string, { topic, partition }: TopicPartition): void {
    this.#dropOffsets('name = ? AND topic = ? AND partition = ?', group, topic, partition)
  }

  dropGroup(group: string): void {
    this.#dropOffsets('name = ?', group)
  }

  /** A partition as it is now. */
  save({ id, topic, partition, first, next, until, bytes, cleaned }: Partition): void {
    const row = { id, topic, number: partition, first, next, until, bytes, cleaned }
    this.#save.run(id, partition, first, next, until, bytes, cleaned, partitionChecksum(row))
  }

  /** The log itself, last of all in a commit. */
  saveLog(sequence: number): void {
    const row = {
      id: 0,
      topic: '',
      number: this.lastPartition,
      first: this.#topics.size,
      next: sequence,
      until: this.version,
      bytes: this.#partitions,
      cleaned: this.#groupOffsets,
    }
    const { number, first, next, until, bytes, cleaned } = row
    this.#save.run(0, number, first, next, until, bytes, cleaned, partitionChecksum(row))
  }

  #checkRoom(topic: string, count: number): void {
    if (this.lastPartition + count <= MAX_PARTITIONS) return
    throw new ConnectException(`Topic "${topic}" does not fit: the log has no partitions left`, {
      hint: `A log makes ${MAX_PARTITIONS} partitions in its life.`,
    })
  }

  #addPartitions(topic: string, from: number, to: number): Partition[] {
    const added: Partition[] = []
    for (let number = from; number < to; number++) {
      const id = ++this.lastPartition
      const fresh = { first: 0, next: 0, until: -1, bytes: 0, cleaned: 0 }
      const checksum = partitionChecksum({ id, topic, number, ...fresh })
      this.#insertPartition.run(id, topic, number, 0, 0, -1, 0, 0, checksum)
      added.push({ id, ...place(topic, number), ...fresh })
    }
    this.#partitions += to - from
    return added
  }

  #saveTopic(topic: string): void {
    const { partitions, settings } = this.#topics.get(topic) as Topic
    const text = JSON.stringify(settings)
    this.#db
      .prepare('UPDATE topics SET partitions = ?2, settings = ?3, checksum = ?4 WHERE name = ?1')
      .run(topic, partitions.length, text, topicChecksum(topic, partitions.length, text))
  }

  #changed(topic: Topic): Topic {
    this.#topics.set(topic.topic, topic)
    this.#newVersion()
    return topic
  }

  #dropOffsets(where: string, ...values: (string | number)[]): void {
    const { changes } = this.#db.prepare(`DELETE FROM group_offsets WHERE ${where}`).run(...values)
    this.#groupOffsets -= Number(changes)
  }

  #newVersion(): void {
    this.version++
    this.#setVersion.run(this.version)
  }
}

function place(topic: string, partition: number) {
  return { topic, partition, checksum: checksumOfPlace({ topic, partition }) }
}
