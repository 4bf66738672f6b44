import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { asBuffer, damaged, decodeBatch } from '../batch/batch-decoder.ts'
import { BASE_OFFSET as BASE_OFFSET_AT, HEADER_BYTES, readInt64 } from '../batch/layout.ts'
import type { LogRecord, TopicPartition } from '../log.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { rowChecksum } from './row-checksum.ts'

/** A partition as a reader knows it. */
export interface Place extends TopicPartition {
  readonly id: number
  readonly checksum: number
}

export interface ReadLimit {
  readonly records: number
  readonly bytes: number
  /** The first batch comes even if it is larger than the limits. */
  readonly atLeastOne: boolean
}

/** What a read found; `next` is where to go on, undefined when it found nothing at all from there to the end. */
export interface Batches {
  readonly records: LogRecord[]
  readonly next: number | undefined
  readonly bytes: number
  /** Nothing lies behind it. */
  readonly isEnd: boolean
}

interface Row {
  readonly base: number
  readonly span: number
  readonly checksum: number
  readonly batch: Uint8Array
}

interface Size {
  readonly base: number
  readonly span: number
  readonly bytes: number
}

/** The rows of batches as a reader sees them. Each is checked: its place, its header, its content. */
export class BatchRows {
  readonly #sizes: StatementSync
  readonly #batches: StatementSync
  readonly #before: StatementSync

  constructor(db: DatabaseSync) {
    // length() does not read the blob's pages.
    this.#sizes = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, length(batch) AS bytes FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id`,
    )
    this.#batches = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, checksum, batch FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id <= ${ROW_ID('?1', '?3')} ORDER BY id`,
    )
    this.#before = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until FROM batches
       WHERE id >= ${ROW_ID('?1', '0')} AND id <= ${ROW_ID('?1', '?2')} ORDER BY id DESC LIMIT 1`,
    )
  }

  /** Whole batches from an offset on, as many as fit into the limits. */
  read(place: Place, from: number, limit: ReadLimit): Batches {
    const records: LogRecord[] = []
    const sizes = this.#fitting(place, from, limit)
    let next = sizes.isEnd ? undefined : from
    if (sizes.last === undefined) return { records, next, bytes: 0, isEnd: sizes.isEnd }
    for (const row of this.#rows(place, sizes.first, sizes.last)) {
      for (const record of decodeBatch(checkRow(row, place), place, from)) records.push(record)
      next = row.base + row.span
    }
    return { records, next, bytes: sizes.bytes, isEnd: sizes.isEnd }
  }

  /**
   * The first offset whose record is at or after a time, or `latest`. `until` never falls from row to row, so the first batch that reaches the
   * time is found by bisection.
   */
  atTime(place: Place, timeMs: number, earliest: number, latest: number): number {
    let low = earliest
    let high = latest
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const row = this.#rowBefore(place, middle)
      if (row && row.until >= timeMs) high = Math.max(low, row.base)
      else low = Math.max(middle + 1, row ? row.base + row.span : 0)
    }
    // A compaction may have taken the record that set `until`: then a later batch has the first that is late enough.
    for (const row of this.#rows(place, low, latest)) {
      const found = decodeBatch(checkRow(row, place), place).find((r) => r.timestamp >= timeMs)
      if (found) return found.offset
    }
    return latest
  }

  #fitting(place: Place, from: number, limit: ReadLimit) {
    const before = this.#rowBefore(place, from)
    const first = before && before.base + before.span > from ? before.base : from
    let last: number | undefined
    let records = 0
    let bytes = 0
    for (const size of this.#sizes.iterate(
      place.id,
      first,
    ) as Iterable<unknown> as Iterable<Size>) {
      const isFull = records + size.span > limit.records || bytes + size.bytes > limit.bytes
      if (isFull && (last !== undefined || !limit.atLeastOne))
        return { first, last, bytes, isEnd: false }
      last = size.base
      records += size.span
      bytes += size.bytes
    }
    return { first, last, bytes, isEnd: true }
  }

  #rowBefore(place: Place, offset: number) {
    return this.#before.get(place.id, offset) as
      | { base: number; span: number; until: number }
      | undefined
  }

  #rows(place: Place, first: number, last: number): Iterable<Row> {
    return this.#batches.iterate(place.id, first, last) as Iterable<unknown> as Iterable<Row>
  }
}

function checkRow({ base, checksum, batch }: Row, place: Place): Buffer {
  const bytes = asBuffer(batch)
  const isInPlace = bytes.length >= HEADER_BYTES && readInt64(bytes, BASE_OFFSET_AT) === base
  if (!isInPlace || rowChecksum(place.checksum, bytes) !== checksum)
    throw damaged(place, base, new RangeError('its row checksum does not match'))
  return bytes
}
