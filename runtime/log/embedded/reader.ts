import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException, CorruptException, NotFoundException } from '../../api/errors.ts'
import type {
  Fetched,
  LogRecord,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
  TopicSettings,
} from '../log.ts'
import {
  type Batches,
  BatchRows,
  type Ends,
  MissingException,
  type ReadLimit,
} from './batch-rows.ts'
import { isSoundOffset, partitionOf } from './catalog-content.ts'
import { openForReading } from './database.ts'
import { foreignLayout, layoutOf } from './prepare-tables.ts'
import type { AssignableTopic } from './range-assignor.ts'
import { topicChecksum } from './record-checksums.ts'
import { checksumOfPlace } from './row-checksum.ts'
import type { Place } from './rows.ts'
import { translate, translateAtOpen } from './sqlite-errors.ts'
import { LAYOUT } from './tables.ts'

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
      const layout = layoutOf(db)
      if (layout !== LAYOUT) throw foreignLayout(layout, path)
      this.#rows = new BatchRows(db)
      this.#selectState = db.prepare('SELECT value FROM state WHERE name = ?')
      this.#selectTopic = db.prepare('SELECT * FROM topics WHERE name = ?')
      this.#selectTopics = db.prepare('SELECT * FROM topics ORDER BY name')
      this.#selectPlaces = db.prepare('SELECT id FROM partitions WHERE topic = ? ORDER BY number')
      this.#selectEnds = db.prepare('SELECT * FROM partitions WHERE id = ?')
      this.#selectGroup = db.prepare(
        'SELECT * FROM group_offsets WHERE name = ? ORDER BY topic, partition',
      )
    } catch (error) {
      throw translateAtOpen(error, path)
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
      this.#selectGroup.all(group).map((row) => {
        const topic = String(row['topic'])
        const partition = Number(row['partition'])
        if (!isSoundOffset(row)) throw damagedOffset(group, { topic, partition })
        return { topic, partition, offset: Number(row['next']) }
      }),
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
      const ends = this.#endsOf(known)
      if (position === 'earliest') return ends.earliest
      if (position === 'latest') return ends.latest
      return this.#rows.atTime(known, position.timeMs, ends)
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
      const read = () => {
        // Read before the rows: what lies below it is among them.
        const ends = this.#endsOf(known)
        if (from >= ends.latest) return { records: [], next: from, bytes: 0 }
        let read = this.#rows.read(known, ends, from, limit)
        // What was taken out behind a batch is passed in one go.
        for (let at = from; limit.atLeastOne && isGap(read, at, ends); ) {
          at = read.next
          read = this.#rows.read(known, ends, at, limit)
        }
        return read
      }
      try {
        return read()
      } catch (error) {
        if (!(error instanceof MissingException)) throw error
      }
      return this.#atOneMoment(read)
    })
  }

  /** What seemed to be missing may just have gone: expired, or passed to the row before it. */
  #atOneMoment<T>(read: () => T): T {
    this.#db.exec('BEGIN')
    try {
      return read()
    } finally {
      if (this.#db.isTransaction) this.#db.exec('COMMIT')
    }
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
    const partition = partitionOf(row)
    if (!partition) throw damagedRecord(`partition ${place.partition} of topic "${place.topic}"`)
    return { earliest: partition.first, latest: partition.next }
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
      const { code } = error as { code?: unknown }
      if (code === 'ERR_SQLITE_ERROR' || code === 'ERR_OUT_OF_RANGE')
        throw translate(error, this.#path)
      throw error
    }
  }
}

function isGap({ records, next }: Batches, from: number, { latest }: Ends): boolean {
  return records.length === 0 && next > from && next < latest
}

function describe(row: Record<string, unknown>): TopicDescription {
  const topic = String(row['name'])
  const partitions = Number(row['partitions'])
  const settings = String(row['settings'])
  if (topicChecksum(topic, partitions, settings) !== row['checksum'])
    throw damagedRecord(`topic ${JSON.stringify(topic.slice(0, 300))}`)
  return { topic, partitions, settings: JSON.parse(settings) as TopicSettings }
}

function damagedRecord(what: string): CorruptException {
  return new CorruptException(`The log's record of ${what} is damaged`, {
    hint: '`tapline log check` tells all that is damaged; `tapline log repair` keeps what can be read.',
  })
}

function damagedOffset(group: string, { topic, partition }: TopicPartition): CorruptException {
  return new CorruptException(
    `The offset of group "${group}" in topic "${topic}", partition ${partition} is damaged`,
    { hint: 'Set the offsets of the group anew.' },
  )
}

function missing({ topic, partition }: TopicPartition): NotFoundException {
  return new NotFoundException(`There is no partition ${partition} of a topic "${topic}"`)
}
