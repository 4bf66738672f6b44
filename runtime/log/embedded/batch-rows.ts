import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CorruptException, hasCode } from '../../api/errors.ts'
import { asBuffer, damaged, decodeBatch } from '../batch/batch-decoder.ts'
import { HEADER_BYTES, RECORD_COUNT } from '../batch/layout.ts'
import type { LogRecord } from '../log.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { isSoundRow, type RowHead } from './row-checksum.ts'
import { checkRow, type Place, type Row } from './rows.ts'

export interface ReadLimit {
  readonly records: number
  readonly bytes: number
  /** The first batch comes even if it is larger than the limits. */
  readonly atLeastOne: boolean
}

export interface Ends {
  readonly earliest: number
  readonly latest: number
}

/** What a read found; `next` is where to go on. */
export interface Batches {
  readonly records: LogRecord[]
  readonly next: number
  readonly bytes: number
}

/** One without key, value and headers. */
const LEAST_RECORD_BYTES = 7

interface Size {
  readonly base: number
  readonly span: number
  readonly bytes: number
  readonly count: unknown
}

/** The rows of batches as a reader sees them. Each is checked: its place, its header, its content, and that nothing is missing before it. */
export class BatchRows {
  readonly #sizes: StatementSync
  readonly #batches: StatementSync
  readonly #before: StatementSync
  readonly #headBefore: StatementSync
  readonly #losses: StatementSync

  constructor(db: DatabaseSync) {
    // length() does not read the blob's pages, substr() all of them: only for a span that its records cannot fill, after a compaction.
    this.#sizes = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, length(batch) AS bytes,
         iif(span > length(batch) / ${LEAST_RECORD_BYTES}, substr(batch, ${RECORD_COUNT + 1}, 4), NULL) AS count FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id`,
    )
    this.#batches = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, batch FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id <= ${ROW_ID('?1', '?3')} ORDER BY id`,
    )
    const before = `FROM batches
       WHERE id >= ${ROW_ID('?1', '0')} AND id <= ${ROW_ID('?1', '?2')} ORDER BY id DESC LIMIT 1`
    this.#before = db.prepare(`SELECT ${BASE_OFFSET} AS base, span ${before}`)
    this.#headBefore = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, substr(batch, 1, ${HEADER_BYTES}) AS header ${before}`,
    )
    this.#losses = db.prepare(
      'SELECT first, next FROM losses WHERE partition = ? AND next > ? ORDER BY first',
    )
  }

  /** Whole batches from an offset below the end on, as many as fit into the limits. What is sound comes before the damage is thrown. */
  read(place: Place, { earliest, latest }: Ends, from: number, limit: ReadLimit): Batches {
    const records: LogRecord[] = []
    const sizes = this.#fitting(place, from, { ...limit, latest })
    let next = Math.max(from, earliest)
    try {
      if (sizes.last !== undefined) {
        for (const row of this.#rows(place, sizes.first, sizes.last)) {
          if (row.base > next) this.#passLost(place, next, row.base)
          for (const record of decodeBatch(checkRow(row, place), place, from)) records.push(record)
          next = Math.max(next, row.base + row.span)
        }
        // Rows that SQLite counts and does not find again.
        if (next <= Math.max(from, sizes.last)) throw disordered(place, next)
      }
      if (sizes.isEnd && next < latest) next = this.#passLost(place, next, latest)
    } catch (error) {
      if (records.length === 0 || !hasCode(error, 'CONNECT_CORRUPT')) throw error
    }
    return { records, next, bytes: sizes.bytes }
  }

  /**
   * The first offset whose record is at or after a time, or `latest`. `until` never falls from row to row, so the first batch that reaches the
   * time is found by bisection. Damage before that record is the answer instead: whoever reads on from there is told.
   */
  atTime(place: Place, timeMs: number, { earliest, latest }: Ends): number {
    let low = earliest
    let high = latest
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const row = this.#headBefore.get(place.id, middle) as RowHead | undefined
      if (row && !isSoundRow(row, place.checksum))
        throw damaged(place, row.base, new RangeError('its row checksum does not match'))
      if (row && row.until >= timeMs) high = Math.max(low, Math.min(row.base, middle))
      else low = Math.max(middle + 1, row ? row.base + row.span : 0)
    }
    const before = low > earliest ? this.#rowBefore(place, low - 1) : undefined
    let next = Math.max(earliest, Math.min(low, before ? before.base + before.span : earliest))
    // A compaction may have taken the record that set `until`: then a later batch has the first that is late enough.
    for (const row of this.#rows(place, next, latest)) {
      try {
        if (row.base > next) this.#passLost(place, next, row.base)
        const found = decodeBatch(checkRow(row, place), place).find((r) => r.timestamp >= timeMs)
        if (found) return found.offset
      } catch (error) {
        if (hasCode(error, 'CONNECT_CORRUPT')) return next
        throw error
      }
      next = row.base + row.span
    }
    return latest
  }

  #fitting(place: Place, from: number, limit: ReadLimit & { readonly latest: number }) {
    const before = this.#rowBefore(place, from)
    const first = before && before.base + before.span > from ? before.base : from
    let last: number | undefined
    let records = 0
    let bytes = 0
    for (const size of this.#sizes.iterate(
      place.id,
      first,
    ) as Iterable<unknown> as Iterable<Size>) {
      // Appended since the end was looked up, or misplaced.
      if (size.base >= limit.latest) break
      const count = countOf(size)
      const isFull = records + count > limit.records || bytes + size.bytes > limit.bytes
      if (isFull && (records > 0 || !limit.atLeastOne)) return { first, last, bytes, isEnd: false }
      last = size.base
      records += count
      bytes += size.bytes
    }
    return { first, last, bytes, isEnd: true }
  }

  #rowBefore(place: Place, offset: number) {
    return this.#before.get(place.id, offset) as { base: number; span: number } | undefined
  }

  #rows(place: Place, first: number, last: number): Iterable<Row> {
    return this.#batches.iterate(place.id, first, last) as Iterable<unknown> as Iterable<Row>
  }

  /** Nothing lies there: right if it was given up, else somebody must be told. */
  #passLost(place: Place, from: number, to: number): number {
    let next = from
    for (const { first, next: end } of this.#losses.iterate(
      place.id,
      from,
    ) as Iterable<unknown> as Iterable<{ first: number; next: number }>) {
      if (first > next || next >= to) break
      next = end
    }
    if (next >= to) return to
    throw missing(place, next, to)
  }
}

/** As many records at most. */
function countOf({ span, bytes, count }: Size): number {
  if (bytes <= HEADER_BYTES) return 0
  return count instanceof Uint8Array ? asBuffer(count).readUInt32BE() : span
}

function disordered(place: Place, offset: number): CorruptException {
  return damaged(place, offset, new RangeError('the rows of the log are out of order'))
}

function missing({ topic, partition }: Place, from: number, to: number): MissingException {
  return new MissingException(
    `Topic "${topic}", partition ${partition}: offsets ${from} to ${to - 1} are missing`,
    {
      hint: 'Check the disk; restore the data from a copy, or give them up (`tapline log repair`), or let readers seek past them.',
    },
  )
}

/** Nothing where something should be; or the cleaner took it away between two looks. */
export class MissingException extends CorruptException {}
