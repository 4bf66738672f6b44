import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException, NotFoundException } from '../../api/errors.ts'
import { asBuffer, damaged, decodeBatch } from '../batch/batch-decoder.ts'
import { BASE_OFFSET as BASE_OFFSET_AT, HEADER_BYTES, readInt64 } from '../batch/layout.ts'
import type {
  Fetched,
  LogRecord,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
  TopicSettings,
} from '../log.ts'
import { BASE_OFFSET, openForReading, ROW_ID } from './database.ts'
import type { AssignableTopic } from './range-assignor.ts'
import { checksumOfPlace, rowChecksum } from './row-checksum.ts'
import { translate } from './sqlite-errors.ts'

/** A partition as a reader knows it: good until the topics' version changes. */
interface Place extends TopicPartition {
  readonly id: number
  readonly checksum: number
}

interface Row {
  readonly base: number
  readonly span: number
  readonly checksum: number
  readonly batch: Uint8Array
}

export interface ReadLimit {
  readonly records: number
  readonly bytes: number
  /** The first batch comes even if it is larger than the limits. */
  readonly atLeastOne: boolean
}

interface Range {
  readonly first: number
  readonly last: number
  readonly bytes: number
  /** Nothing lies behind it. */
  readonly isEnd: boolean
}

export interface Ends {
  readonly earliest: number
  readonly latest: number
}

const PARTITION = `id >= ${ROW_ID('?1', '0')} AND id < ${ROW_ID('(?1 + 1)', '0')}`

/** Reads the log on a connection of its own: every call is short and leaves no read transaction open behind it. */
export class Reader {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #places = new Map<string, readonly Place[]>()
  #version = -1
  readonly #selectVersion: StatementSync
  readonly #selectPlaces: StatementSync
  readonly #selectEnds: StatementSync
  readonly #selectSizes: StatementSync
  readonly #selectBatches: StatementSync
  readonly #selectBefore: StatementSync

  constructor(path: string) {
    this.#path = path
    try {
      const db = openForReading(path)
      this.#db = db
      this.#selectVersion = db.prepare("SELECT value FROM state WHERE name = 'topics'")
      this.#selectPlaces = db.prepare('SELECT id FROM partitions WHERE topic = ? ORDER BY number')
      this.#selectEnds = db.prepare('SELECT first, next FROM partitions WHERE id = ?')
      // length() does not read the blob's pages.
      this.#selectSizes = db.prepare(
        `SELECT ${BASE_OFFSET} AS base, span, length(batch) AS bytes FROM batches
         WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id`,
      )
      this.#selectBatches = db.prepare(
        `SELECT ${BASE_OFFSET} AS base, span, checksum, batch FROM batches
         WHERE id >= ${ROW_ID('?1', '?2')} AND id <= ${ROW_ID('?1', '?3')} ORDER BY id`,
      )
      this.#selectBefore = db.prepare(
        `SELECT ${BASE_OFFSET} AS base, span, until FROM batches
         WHERE ${PARTITION} AND id <= ${ROW_ID('?1', '?2')} ORDER BY id DESC LIMIT 1`,
      )
    } catch (error) {
      throw translate(error, path)
    }
  }

  get clusterId(): string {
    return this.#run(() =>
      String(this.#db.prepare("SELECT value FROM state WHERE name = 'cluster'").get()?.['value']),
    )
  }

  /** Grows when topics come or go. */
  get topicsVersion(): number {
    return this.#run(() => Number(this.#selectVersion.get()?.['value']))
  }

  topics(): TopicDescription[] {
    return this.#run(() =>
      this.#db
        .prepare('SELECT name, partitions, settings FROM topics ORDER BY name')
        .all()
        .map((row) => ({
          topic: String(row['name']),
          partitions: Number(row['partitions']),
          settings: JSON.parse(String(row['settings'])) as TopicSettings,
        })),
    )
  }

  groupOffsets(group: string): TopicOffset[] {
    return this.#run(() =>
      this.#db
        .prepare(
          'SELECT topic, partition, next FROM group_offsets WHERE name = ? ORDER BY topic, partition',
        )
        .all(group)
        .map((row) => ({
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

  /** All topics with the ids of their partitions, which differ from those of an earlier topic of the same name. */
  assignable(): AssignableTopic[] {
    return this.#run(() =>
      this.topics().map(({ topic }) => ({
        topic,
        ids: this.#placesOf(topic).map((place) => place.id),
      })),
    )
  }

  /** The offset that a position means now. */
  resolve(place: TopicPartition, position: Position): number {
    if (typeof position === 'number') return position
    return this.#run(() => {
      const known = this.#place(place)
      const { earliest, latest } = this.#endsOf(known)
      if (position === 'earliest') return earliest
      return position === 'latest' ? latest : this.#atTime(known, position.timeMs, earliest, latest)
    })
  }

  /**
   * Whole batches from an offset on, as many as fit into the limits; `next` is where to go on. Every row is checked: its place, its header,
   * its content. With an `id` the partition must still be that one.
   */
  read(
    place: TopicPartition & { readonly id?: number },
    from: number,
    limit: ReadLimit,
  ): { records: LogRecord[]; next: number; bytes: number } {
    return this.#run(() => {
      const known = this.#place(place)
      // Read before the rows: what lies below it and is not among the rows is a gap.
      const { latest } = this.#endsOf(known)
      const records: LogRecord[] = []
      if (from >= latest) return { records, next: from, bytes: 0 }
      const range = this.#rangeToRead(known, from, limit)
      if (range === 'none') return { records, next: latest, bytes: 0 }
      if (range === 'too large') return { records, next: from, bytes: 0 }
      let next = from
      for (const row of this.#rows(known, range.first, range.last)) {
        const decoded = decodeBatch(checkRow(row, known), known, from)
        if (records.length === 0 && decoded.length > 0) records.push(...decoded)
        else for (const record of decoded) records.push(record)
        next = row.base + row.span
      }
      return { records, next: range.isEnd ? Math.max(next, latest) : next, bytes: range.bytes }
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
    const read = this.read(place, from, { ...limit, atLeastOne: true })
    const last = read.records[limit.records - 1]
    if (!last || read.records.length === limit.records)
      return { ...place, records: read.records, next: read.next }
    return { ...place, records: read.records.slice(0, limit.records), next: last.offset + 1 }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #rangeToRead(place: Place, from: number, limit: ReadLimit): Range | 'none' | 'too large' {
    const before = this.#selectBefore.get(place.id, from) as Pick<Row, 'base' | 'span'> | undefined
    const start = before && before.base + before.span > from ? before.base : from
    let first = -1
    let last = -1
    let records = 0
    let bytes = 0
    const sizes = this.#selectSizes.iterate(place.id, start) as Iterable<
      Pick<Row, 'base' | 'span'> & { bytes: number }
    >
    for (const row of sizes) {
      const isFull = records + row.span > limit.records || bytes + row.bytes > limit.bytes
      if (isFull && first >= 0) return { first, last, bytes, isEnd: false }
      if (isFull && !limit.atLeastOne) return 'too large'
      if (first < 0) first = row.base
      last = row.base
      records += row.span
      bytes += row.bytes
    }
    return first < 0 ? 'none' : { first, last, bytes, isEnd: true }
  }

  #rows(place: Place, first: number, last: number): Iterable<Row> {
    return this.#selectBatches.iterate(place.id, first, last) as Iterable<unknown> as Iterable<Row>
  }

  /** `until` never falls from row to row, so the first batch that reaches the time is found by bisection. */
  #atTime(place: Place, timeMs: number, earliest: number, latest: number): number {
    let low = earliest
    let high = latest
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const row = this.#selectBefore.get(place.id, middle) as
        | { base: number; span: number; until: number }
        | undefined
      if (!row || row.until < timeMs) low = Math.max(middle + 1, row ? row.base + row.span : 0)
      else high = Math.max(low, Math.min(middle, row.base))
    }
    // A compaction may have taken the record that set `until`: then a later batch has the first that is late enough.
    for (const row of this.#rows(place, low, latest)) {
      const found = decodeBatch(checkRow(row, place), place).find((r) => r.timestamp >= timeMs)
      if (found) return found.offset
    }
    return latest
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
    const version = Number(this.#selectVersion.get()?.['value'])
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

function missing({ topic, partition }: TopicPartition): NotFoundException {
  return new NotFoundException(`There is no partition ${partition} of a topic "${topic}"`)
}

function checkRow({ base, checksum, batch }: Row, place: Place): Buffer {
  const bytes = asBuffer(batch)
  const isInPlace = bytes.length >= HEADER_BYTES && readInt64(bytes, BASE_OFFSET_AT) === base
  if (!isInPlace || rowChecksum(place.checksum, bytes) !== checksum)
    throw damaged(place, base, new RangeError('its row checksum does not match'))
  return bytes
}
