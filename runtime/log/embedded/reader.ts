import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException, NotFoundException } from '../../api/errors.ts'
import type {
  Fetched,
  LogRecord,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
  TopicSettings,
} from '../log.ts'
import { BatchRows, type Place, type ReadLimit } from './batch-rows.ts'
import { openForReading } from './database.ts'
import type { AssignableTopic } from './range-assignor.ts'
import { checksumOfPlace } from './row-checksum.ts'
import { translate } from './sqlite-errors.ts'

export interface Ends {
  readonly earliest: number
  readonly latest: number
}

/** Reads the log on a connection of its own: every call is short and leaves no read transaction open behind it. */
export class Reader {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #rows: BatchRows
  /** Topics by name, as long as the topics' version stays the same. */
  readonly #places = new Map<string, readonly Place[]>()
  #version = -1
  readonly #selectState: StatementSync
  readonly #selectTopic: StatementSync
  readonly #selectTopics: StatementSync
  readonly #selectPlaces: StatementSync
  readonly #selectEnds: StatementSync
  readonly #selectGroup: StatementSync

  constructor(path: string) {
    this.#path = path
    try {
      const db = openForReading(path)
      this.#db = db
      this.#rows = new BatchRows(db)
      this.#selectState = db.prepare('SELECT value FROM state WHERE name = ?')
      this.#selectTopic = db.prepare('SELECT name, partitions, settings FROM topics WHERE name = ?')
      this.#selectTopics = db.prepare('SELECT name, partitions, settings FROM topics ORDER BY name')
      this.#selectPlaces = db.prepare('SELECT id FROM partitions WHERE topic = ? ORDER BY number')
      this.#selectEnds = db.prepare('SELECT first, next FROM partitions WHERE id = ?')
      this.#selectGroup = db.prepare(
        'SELECT topic, partition, next FROM group_offsets WHERE name = ? ORDER BY topic, partition',
      )
    } catch (error) {
      throw translate(error, path)
    }
  }

  get clusterId(): string {
    return this.#run(() => String(this.#selectState.get('cluster')?.['value']))
  }

  /** Grows when topics come or go. */
  get topicsVersion(): number {
    return this.#run(() => Number(this.#selectState.get('topics')?.['value']))
  }

  topic(topic: string): TopicDescription | null {
    const row = this.#run(() => this.#selectTopic.get(topic))
    return row ? describe(row) : null
  }

  topics(): TopicDescription[] {
    return this.#run(() => this.#selectTopics.all().map(describe))
  }

  /** All topics with the ids of their partitions, which differ from those of an earlier topic of the same name. */
  assignable(): AssignableTopic[] {
    return this.topics().map(({ topic }) => ({
      topic,
      ids: this.#run(() => this.#placesOf(topic).map((place) => place.id)),
    }))
  }

  groupOffsets(group: string): TopicOffset[] {
    return this.#run(() =>
      this.#selectGroup.all(group).map((row) => ({
        topic: String(row['topic']),
        partition: Number(row['partition']),
        offset: Number(row['next']),
      })),
    )
  }

  ends(place: TopicPartition): Ends {
    return this.#run(() => this.#endsOf(this.#place(place)))
  }

  allEnds(topic: string): ({ readonly partition: number } & Ends)[] {
    return this.#run(() => {
      const places = this.#placesOf(topic)
      if (places.length === 0) throw new NotFoundException(`There is no topic "${topic}"`)
      return places.map((place) => ({ partition: place.partition, ...this.#endsOf(place) }))
    })
  }

  /** The offset that a position means now. */
  resolve(place: TopicPartition, position: Position): number {
    if (typeof position === 'number') return position
    return this.#run(() => {
      const known = this.#place(place)
      const { earliest, latest } = this.#endsOf(known)
      if (position === 'earliest') return earliest
      if (position === 'latest') return latest
      return this.#rows.atTime(known, position.timeMs, earliest, latest)
    })
  }

  /** Whole batches from an offset on; `next` is where to go on. With an `id` the partition must still be that one. */
  read(
    place: TopicPartition & { readonly id?: number },
    from: number,
    limit: ReadLimit,
  ): { records: LogRecord[]; next: number; bytes: number } {
    return this.#run(() => {
      const known = this.#place(place)
      // Read before the rows: what lies below it and is not among the rows is a gap.
      const { latest } = this.#endsOf(known)
      if (from >= latest) return { records: [], next: from, bytes: 0 }
      const { records, next, bytes, isEnd } = this.#rows.read(known, from, limit)
      return { records, next: isEnd ? Math.max(next ?? 0, latest) : (next ?? from), bytes }
    })
  }

  /** For people: no more records than asked for. */
  readExactly(
    { topic, partition }: TopicPartition,
    position: Position,
    limit: { readonly records: number; readonly bytes: number },
  ): Fetched {
    const place = { topic, partition }
    const from = this.resolve(place, position)
    const { records, next } = this.read(place, from, { ...limit, atLeastOne: true })
    const after = records[limit.records]
    if (!after) return { ...place, records, next }
    return { ...place, records: records.slice(0, limit.records), next: after.offset }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #endsOf(place: Place): Ends {
    const row = this.#selectEnds.get(place.id)
    if (!row) throw missing(place)
    return { earliest: Number(row['first']), latest: Number(row['next']) }
  }

  #place({ topic, partition, id }: TopicPartition & { readonly id?: number }): Place {
    const place = this.#placesOf(topic)[partition]
    if (!place || (id !== undefined && id !== place.id)) throw missing({ topic, partition })
    return place
  }

  #placesOf(topic: string): readonly Place[] {
    const version = this.topicsVersion
    if (version !== this.#version) this.#places.clear()
    this.#version = version
    let places = this.#places.get(topic)
    if (!places) {
      places = this.#selectPlaces.all(topic).map((row, partition) => ({
        topic,
        partition,
        id: Number(row['id']),
        checksum: checksumOfPlace({ topic, partition }),
      }))
      // I6: only topics that are there are remembered.
      if (places.length > 0) this.#places.set(topic, places)
    }
    return places
  }

  #run<T>(read: () => T): T {
    if (!this.#db.isOpen) throw new ConnectException('The log is closed')
    try {
      return read()
    } catch (error) {
      throw (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR'
        ? translate(error, this.#path)
        : error
    }
  }
}

function describe(row: Record<string, unknown>): TopicDescription {
  return {
    topic: String(row['name']),
    partitions: Number(row['partitions']),
    settings: JSON.parse(String(row['settings'])) as TopicSettings,
  }
}

function missing({ topic, partition }: TopicPartition): NotFoundException {
  return new NotFoundException(`There is no partition ${partition} of a topic "${topic}"`)
}
