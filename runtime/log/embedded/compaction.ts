import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException } from '../../api/errors.ts'
import { assembleBatch } from '../batch/assemble-batch.ts'
import { asBuffer, checkBatch, openRecords } from '../batch/batch-decoder.ts'
import type { BatchHeader } from '../batch/batch-header.ts'
import * as layout from '../batch/layout.ts'
import type { RecordCursor } from '../batch/record-cursor.ts'
import { retainRecords } from '../batch/retain-records.ts'
import type { Catalog, Partition } from './catalog.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { type Extent, isSoundRow, rowChecksum } from './row-checksum.ts'
import type { TopicPolicy } from './topic-policy.ts'

/** I6: what the keys of one pass may take. A pass that would need more ends earlier; the next one goes on from there. */
const MAX_KEYS = 200_000
const MAX_KEY_BYTES = 32 * 1024 * 1024

export interface CompactionOptions {
  readonly db: DatabaseSync
  readonly catalog: Catalog
  readonly partition: Partition
  readonly policy: TopicPolicy
  readonly nowMs: number
}

interface Row extends Extent {
  readonly base: number
  readonly checksum: number
  readonly batch: Uint8Array
}

/** A row as the pass leaves it. */
interface Written extends Extent {
  readonly base: number
  /** Its header, or all of it when that has changed. */
  readonly batch: Uint8Array
  readonly isBatchNew: boolean
}

interface Changes {
  readonly written: Map<number, Written>
  readonly removed: Set<number>
  freed: number
}

/**
 * One pass over a partition of a compacted topic: notes the last offset of each key in what came since the last pass, then takes out of all
 * batches before that the records that a later one replaced, and tombstones that are past `delete.retention.ms`. Offsets stay. It works in
 * slices; appends go on between them, behind the end of the pass.
 */
export class Compaction {
  readonly partition: Partition
  readonly #policy: TopicPolicy
  readonly #nowMs: number
  readonly #from: number
  readonly #lastOf = new Map<string, number>()
  #keyBytes = 0
  #isMapped = false
  /** Where the next slice begins. */
  #at: number
  /** Where the pass ends. */
  #upTo: number
  /** Records that the pass has left. */
  kept = 0
  /** The row that the next one joins: what is taken out behind it passes to it. */
  #before: Written | undefined
  readonly #db: DatabaseSync
  readonly #catalog: Catalog
  readonly #select: StatementSync
  readonly #replace: StatementSync
  readonly #extend: StatementSync
  readonly #remove: StatementSync

  constructor({ db, catalog, partition, policy, nowMs }: CompactionOptions) {
    this.partition = partition
    this.#catalog = catalog
    this.#policy = policy
    this.#nowMs = nowMs
    this.#from = partition.cleaned
    this.#at = this.#from
    this.#upTo = partition.next
    this.#db = db
    this.#select = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, batch FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('?1', '?3')} ORDER BY id`,
    )
    this.#replace = db.prepare(
      `UPDATE batches SET span = ?3, checksum = ?4, batch = ?5 WHERE id = ${ROW_ID('?1', '?2')}`,
    )
    this.#extend = db.prepare(
      `UPDATE batches SET span = ?3, checksum = ?4 WHERE id = ${ROW_ID('?1', '?2')}`,
    )
    this.#remove = db.prepare(`DELETE FROM batches WHERE id = ${ROW_ID('?1', '?2')}`)
  }

  /** False after a pass that found nothing old enough. */
  get hasAdvanced(): boolean {
    return this.#upTo > this.#from
  }

  /** One slice; false when the pass is over. */
  step(isOver: () => boolean): boolean {
    if (this.#isMapped) return this.#rewrite(isOver)
    this.#map(isOver)
    return !this.#isMapped || this.hasAdvanced
  }

  #map(isOver: () => boolean): void {
    const youngest = this.#nowMs - this.#policy.minCompactionLagMs
    for (const row of this.#rows()) {
      const { base } = row
      const bytes = this.#sound(row)
      const isTooYoung =
        bytes !== undefined &&
        this.#policy.minCompactionLagMs > 0 &&
        layout.readInt64(bytes, layout.MAX_TIMESTAMP) > youngest
      if (isTooYoung || this.#isFull) {
        this.#endMap(base)
        return
      }
      if (bytes) this.#ifReadable(bytes, (header) => this.#note(bytes, header))
      this.#at = Math.max(this.#at, base) + 1
      if (isOver()) return
    }
    this.#endMap(this.#upTo)
  }

  #endMap(upTo: number): void {
    this.#upTo = upTo
    this.#isMapped = true
    this.#at = this.partition.first
  }

  get #isFull(): boolean {
    return this.#lastOf.size > MAX_KEYS || this.#keyBytes > MAX_KEY_BYTES
  }

  #note(bytes: Buffer, header: BatchHeader): void {
    const records = openRecords(bytes, header)
    while (records.next()) {
      if (records.keyLength < 0) continue
      const key = keyOf(records)
      if (!this.#lastOf.has(key)) this.#keyBytes += key.length
      this.#lastOf.set(key, header.baseOffset + records.offsetDelta)
    }
  }

  #rewrite(isOver: () => boolean): boolean {
    const changes: Changes = { written: new Map(), removed: new Set(), freed: 0 }
    let isEnd = true
    for (const row of this.#rows()) {
      this.#rewriteRow(row, changes)
      this.#at = Math.max(this.#at, row.base) + 1
      isEnd = !isOver()
      if (!isEnd) break
    }
    this.#write(changes, isEnd)
    return !isEnd
  }

  #rewriteRow(row: Row, changes: Changes): void {
    const bytes = this.#sound(row)
    const { base, span, until } = row
    let batch: Buffer | null | undefined
    if (bytes)
      this.#ifReadable(bytes, (header) => {
        batch = this.#retain(bytes, header)
      })
    // A row that is damaged stays, and nothing passes to it.
    if (bytes === undefined || batch === undefined) {
      this.#before = undefined
      return
    }
    const { length } = bytes
    const before = this.#before
    if (batch === null && before && before.base + before.span === base) {
      const extended = { ...before, span: before.span + span }
      changes.removed.add(base)
      changes.written.set(extended.base, extended)
      changes.freed += length
      this.#before = extended
      return
    }
    // With nothing before it that could take its offsets an empty batch holds them.
    const left = batch ?? (isEmptyBatch(bytes) ? bytes : emptied(bytes))
    const isBatchNew = left !== bytes
    this.#before = { base, span, until, batch: isBatchNew ? left : headerOf(bytes), isBatchNew }
    if (!isBatchNew) return
    changes.written.set(base, this.#before)
    changes.freed += length - left.length
  }

  #retain(bytes: Buffer, header: BatchHeader): Buffer | null {
    const expired = this.#nowMs - this.#policy.deleteRetentionMs
    return retainRecords(bytes, header, openRecords(bytes, header), (record) => {
      const offset = header.baseOffset + record.offsetDelta
      const last = record.keyLength < 0 ? undefined : this.#lastOf.get(keyOf(record))
      if (last !== undefined && last > offset) return false
      // A tombstone goes only when a pass before this one took what it deletes.
      const isExpired =
        record.valueLength < 0 &&
        offset < this.#from &&
        header.baseTimestamp + record.timestampDelta < expired
      if (!isExpired) this.kept++
      return !isExpired
    })
  }

  #write({ written, removed, freed }: Changes, isEnd: boolean): void {
    if (written.size === 0 && !isEnd) return
    const { id, checksum } = this.partition
    const bytes = this.partition.bytes - freed
    const cleaned = isEnd ? this.#upTo : this.#from
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const { base, batch, isBatchNew, ...extent } of written.values()) {
        const signed = rowChecksum(checksum, batch, extent)
        if (isBatchNew) this.#replace.run(id, base, extent.span, signed, batch)
        else this.#extend.run(id, base, extent.span, signed)
      }
      for (const base of removed) this.#remove.run(id, base)
      this.#catalog.save({ ...this.partition, cleaned, bytes })
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
    this.partition.cleaned = cleaned
    this.partition.bytes = bytes
    // It is in the table now: what passes to it later changes its span alone.
    if (this.#before?.isBatchNew)
      this.#before = { ...this.#before, batch: headerOf(this.#before.batch), isBatchNew: false }
  }

  #rows(): Iterable<Row> {
    const end = this.#isMapped ? this.#upTo : this.partition.next
    return this.#select.iterate(
      this.partition.id,
      this.#at,
      end,
    ) as Iterable<unknown> as Iterable<Row>
  }

  /** Undefined when the row is damaged: to write it anew would make it look sound. */
  #sound(row: Row): Buffer | undefined {
    const isSound = isSoundRow({ ...row, header: row.batch }, this.partition.checksum)
    return isSound ? asBuffer(row.batch) : undefined
  }

  /** A batch that is damaged or in an unknown codec stays as it is: whoever reads it is told. */
  #ifReadable(bytes: Buffer, work: (header: BatchHeader) => void): void {
    try {
      work(checkBatch(bytes, this.partition))
    } catch (error) {
      if (!(error instanceof ConnectException || error instanceof RangeError)) throw error
    }
  }
}

/** A copy: the row's memory is SQLite's. */
function headerOf(batch: Uint8Array): Uint8Array {
  return Uint8Array.from(batch.subarray(0, layout.HEADER_BYTES))
}

function isEmptyBatch(bytes: Buffer): boolean {
  return bytes.readInt32BE(layout.RECORD_COUNT) === 0
}

function emptied(bytes: Buffer): Buffer {
  return assembleBatch(bytes, [], { codec: 'none', records: 0 })
}

/** The key's bytes as a string, one character a byte. */
function keyOf(record: RecordCursor): string {
  return record.bytes.toString('latin1', record.keyStart, record.keyStart + record.keyLength)
}
