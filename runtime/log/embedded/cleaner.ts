import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { HEADER_BYTES } from '../batch/layout.ts'
import type { Catalog, Partition, Topic } from './catalog.ts'
import { Compaction } from './compaction.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { isSoundRow, type RowHead } from './row-checksum.ts'
import { policyOf, type TopicPolicy } from './topic-policy.ts'

/** Appends wait for one slice at most, and for the disk to take what it wrote. */
const SLICE_MS = 10
const SLICE_BYTES = 4 * 1024 * 1024
const SLICE_ROWS = 5000

interface OldRow extends RowHead {
  readonly bytes: number
}

/**
 * Takes out what the log need not keep: rows of deleted topics, what is past a topic's retention, what a later record of the same key
 * replaced. In slices, in the writer's thread, between its commits.
 */
export class Cleaner {
  readonly #db: DatabaseSync
  readonly #catalog: Catalog
  /** A pass is worth its while from so many new records on. */
  readonly #minRecords: number
  readonly #due = new Set<Partition>()
  #compaction: Compaction | undefined
  #isDeleting = true
  /** Partitions whose records are all too young: not looked at until the next interval. */
  readonly #resting = new Set<number>()
  /** How many records the last pass left, by partition. */
  readonly #kept = new Map<number, number>()
  readonly #policies = new WeakMap<Topic, TopicPolicy>()
  readonly #oldest: StatementSync
  readonly #remove: StatementSync
  readonly #forgetLosses: StatementSync

  constructor(db: DatabaseSync, catalog: Catalog, minRecords: number) {
    this.#db = db
    this.#catalog = catalog
    this.#minRecords = minRecords
    this.#oldest = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, length(batch) AS bytes,
         substr(batch, 1, ${HEADER_BYTES}) AS header FROM batches
       WHERE id >= ${ROW_ID('?1', '0')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id`,
    )
    this.#remove = db.prepare(
      `DELETE FROM batches WHERE id >= ${ROW_ID('?1', '0')} AND id < ${ROW_ID('?1', '?2')}`,
    )
    this.#forgetLosses = db.prepare('DELETE FROM losses WHERE partition = ? AND next <= ?')
    this.lookAtAll()
  }

  get isDue(): boolean {
    return this.#isDeleting || this.#compaction !== undefined || this.#due.size > 0
  }

  grown(partitions: Iterable<Partition>): void {
    for (const partition of partitions) this.#look(partition)
  }

  topicsChanged(): void {
    this.lookAtAll()
  }

  /** After a rollback: what was remembered of partitions is stale. */
  reset(): void {
    this.giveUp()
    this.lookAtAll()
  }

  /** At intervals: for what depends on time, and for what was given up. */
  lookAtAll(): void {
    this.#isDeleting = true
    this.#resting.clear()
    for (const topic of this.#catalog) {
      const { retentionMs, retentionBytes } = this.#policyOf(topic)
      for (const partition of topic.partitions) {
        if (retentionMs < Infinity || retentionBytes < Infinity) this.#due.add(partition)
        this.#look(partition)
      }
    }
  }

  /** Something is in the way: until the next look. */
  giveUp(): void {
    this.#compaction = undefined
    this.#due.clear()
    this.#isDeleting = false
  }

  /** One slice of work. Throws what SQLite throws. */
  step(): void {
    const end = performance.now() + SLICE_MS
    const isOver = () => performance.now() > end
    if (this.#isDeleting) {
      this.#isDeleting = this.#purge()
    } else if (this.#compaction) {
      if (this.#compaction.step(isOver)) return
      const { partition, hasAdvanced, kept } = this.#compaction
      this.#compaction = undefined
      if (hasAdvanced) this.#kept.set(partition.id, kept)
      else this.#resting.add(partition.id)
    } else {
      const [partition] = this.#due
      if (partition) this.#begin(partition)
    }
  }

  #begin(partition: Partition): void {
    const topic = this.#catalog.get(partition.topic)
    const policy = topic && this.#policyOf(topic)
    if (policy && this.#expire(partition, policy)) return
    this.#due.delete(partition)
    if (policy?.isCompacted && this.#isDirty(partition, policy))
      this.#compaction = new Compaction({
        db: this.#db,
        catalog: this.#catalog,
        partition,
        policy,
        nowMs: Date.now(),
      })
  }

  #look(partition: Partition): void {
    const topic = this.#catalog.get(partition.topic)
    if (!topic) return
    const policy = this.#policyOf(topic)
    if (policy.isCompacted && this.#isDirty(partition, policy)) this.#due.add(partition)
  }

  #isDirty(partition: Partition, { minCleanableDirtyRatio }: TopicPolicy): boolean {
    const dirty = partition.next - partition.cleaned
    if (dirty < this.#minRecords || this.#resting.has(partition.id)) return false
    const kept = this.#kept.get(partition.id) ?? 0
    return dirty / (dirty + kept) >= minCleanableDirtyRatio
  }

  #policyOf(topic: Topic): TopicPolicy {
    const policy = this.#policies.get(topic) ?? policyOf(topic.settings)
    this.#policies.set(topic, policy)
    return policy
  }

  /** Rows of deleted topics. True when there are more. */
  #purge(): boolean {
    const row = this.#db.prepare('SELECT partition FROM deleted LIMIT 1').get()
    if (!row) return false
    const id = Number(row['partition'])
    const end = this.#catalog.has(id) ? 0 : this.#firstRows(id)
    this.#transaction(() => {
      // Rows that cannot be deleted, in a damaged page, are left where they are.
      if (end > 0 && this.#remove.run(id, end).changes !== 0) return
      this.#db.prepare('DELETE FROM deleted WHERE partition = ?').run(id)
      this.#forgetLosses.run(id, Number.MAX_SAFE_INTEGER)
    })
    return true
  }

  /** What is past the topic's retention, from the oldest on. True when something was deleted: there may be more. */
  #expire(partition: Partition, { retentionMs, retentionBytes }: TopicPolicy): boolean {
    if (retentionMs === Infinity && retentionBytes === Infinity) return false
    const expired = Date.now() - retentionMs
    let excess = partition.bytes - retentionBytes
    const { end, bytes: freed } = this.#slice(partition, ({ until, bytes }) => {
      excess -= bytes
      return until < expired || excess >= 0
    })
    if (end <= partition.first) return false
    this.#transaction(() => {
      this.#remove.run(partition.id, end)
      this.#catalog.save({ ...partition, first: end, bytes: partition.bytes - freed })
      this.#forgetLosses.run(partition.id, end)
    })
    partition.first = end
    partition.bytes -= freed
    return true
  }

  /**
   * The oldest rows that `want` takes, as many as one slice may delete: where they end (0: there are none) and what they hold. What a damaged
   * row says of itself counts for nothing: it goes with the next sound one.
   */
  #slice(
    { id, checksum }: Partition,
    want: (row: { until: number; bytes: number }) => boolean,
  ): { end: number; bytes: number } {
    const taken = { end: 0, bytes: 0 }
    let sum = 0
    let rows = 0
    for (const row of this.#rows(id)) {
      const isFull = taken.bytes > SLICE_BYTES || rows++ > SLICE_ROWS
      if (isFull) break
      sum += row.bytes
      if (!isSoundRow(row, checksum)) continue
      if (!want({ until: row.until, bytes: sum - taken.bytes })) break
      taken.bytes = sum
      taken.end = row.base + row.span
    }
    return taken
  }

  /** Where the rows end that one slice deletes, whatever they say. */
  #firstRows(id: number): number {
    let end = 0
    let bytes = 0
    let rows = 0
    for (const row of this.#rows(id)) {
      if (bytes > SLICE_BYTES || rows++ > SLICE_ROWS) break
      bytes += row.bytes
      end = row.base + 1
    }
    return end
  }

  #rows(id: number): Iterable<OldRow> {
    return this.#oldest.iterate(id) as Iterable<unknown> as Iterable<OldRow>
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}
