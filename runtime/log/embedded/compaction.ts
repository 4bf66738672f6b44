import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConnectException } from '../../api/errors.ts'
import { asBuffer, checkBatch, openRecords } from '../batch/batch-decoder.ts'
import type { BatchHeader } from '../batch/batch-header.ts'
import * as layout from '../batch/layout.ts'
import type { RecordCursor } from '../batch/record-cursor.ts'
import { retainRecords } from '../batch/retain-records.ts'
import type { Partition } from './catalog.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { rowChecksum } from './row-checksum.ts'
import type { TopicPolicy } from './topic-policy.ts'

/** I6: what the keys of one pass may take. A pass that would need more ends earlier; the next one goes on from there. */
const MAX_KEYS = 200_000
const MAX_KEY_BYTES = 32 * 1024 * 1024

interface Row {
  readonly base: number
  readonly batch: Uint8Array
}

interface Rewritten {
  readonly base: number
  /** Null: nothing of it is left. */
  readonly batch: Buffer | null
  /** How many bytes shorter. */
  readonly freed: number
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
  readonly #db: DatabaseSync
  readonly #select: StatementSync
  readonly #replace: StatementSync
  readonly #remove: StatementSync
  readonly #moved: StatementSync

  constructor(db: DatabaseSync, partition: Partition, policy: TopicPolicy, nowMs: number) {
    this.partition = partition
    this.#policy = policy
    this.#nowMs = nowMs
    this.#from = partition.cleaned
    this.#at = this.#from
    this.#upTo = partition.next
    this.#db = db
    this.#select = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, batch FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('?1', '?3')} ORDER BY id`,
    )
    this.#replace = db.prepare(
      `UPDATE batches SET checksum = ?3, batch = ?4 WHERE id = ${ROW_ID('?1', '?2')}`,
    )
    this.#moved = db.prepare('UPDATE partitions SET cleaned = ?2, bytes = ?3 WHERE id = ?1')
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
    for (const { base, batch } of this.#rows()) {
      const bytes = asBuffer(batch)
      const isTooYoung =
        this.#policy.minCompactionLagMs > 0 &&
        layout.readInt64(bytes, layout.MAX_TIMESTAMP) > youngest
      if (isTooYoung || this.#isFull) {
        this.#endMap(base)
        return
      }
      this.#ifReadable(bytes, (header) => this.#note(bytes, header))
      this.#at = base + 1
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
    const changes: Rewritten[] = []
    let isEnd = true
    for (const { base, batch } of this.#rows()) {
      const bytes = asBuffer(batch)
      this.#ifReadable(bytes, (header) => {
        const retained = this.#retain(bytes, header)
        if (retained === bytes) return
        const freed = bytes.length - (retained?.length ?? 0)
        changes.push({ base, batch: retained, freed })
      })
      this.#at = base + 1
      isEnd = !isOver()
      if (!isEnd) break
    }
    this.#write(changes, isEnd)
    return !isEnd
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

  #write(changes: readonly Rewritten[], isEnd: boolean): void {
    if (changes.length === 0 && !isEnd) return
    const { id, checksum } = this.partition
    const bytes = changes.reduce((sum, { freed }) => sum - freed, this.partition.bytes)
    const cleaned = isEnd ? this.#upTo : this.#from
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const { base, batch } of changes) {
        if (batch) this.#replace.run(id, base, rowChecksum(checksum, batch), batch)
        else this.#remove.run(id, base)
      }
      this.#moved.run(id, cleaned, bytes)
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
    this.partition.cleaned = cleaned
    this.partition.bytes = bytes
  }

  #rows(): Iterable<Row> {
    const end = this.#isMapped ? this.#upTo : this.partition.next
    return this.#select.iterate(
      this.partition.id,
      this.#at,
      end,
    ) as Iterable<unknown> as Iterable<Row>
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

/** The key's bytes as a string, one character a byte. */
function keyOf(record: RecordCursor): string {
  return record.bytes.toString('latin1', record.keyStart, record.keyStart + record.keyLength)
}
