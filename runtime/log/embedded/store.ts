import { tracingChannel } from 'node:diagnostics_channel'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ConflictException, ConnectException, NotFoundException } from '../../api/errors.ts'
import { asBuffer } from '../batch/batch-decoder.ts'
import { type BatchHeader, readBatchHeader } from '../batch/batch-header.ts'
import { BASE_OFFSET as BASE_OFFSET_AT, writeInt64 } from '../batch/layout.ts'
import type { EncodedBatch, Transaction } from '../log.ts'
import { checkTopicName } from '../topic-name.ts'
import { Catalog, type Partition, type Topic } from './catalog.ts'
import { MAX_OFFSET, ROW_ID } from './database.ts'
import { Fences } from './fences.ts'
import type { LostTail } from './lost-tail.ts'
import type { WriterOptions, WriterRequest } from './protocol.ts'
import { Quota } from './quota.ts'
import { rowChecksum } from './row-checksum.ts'

/** Free when nobody listens: a test that kills the process learns from it what was under way. */
const commitPhase = tracingChannel('tapline.commit')

/** A batch spans no more offsets than its header can say. */
const LARGEST_SPAN = 2 ** 31

/** A change of the log, as a request asks for it. */
export type Change = Extract<
  WriterRequest,
  {
    op:
      | 'append'
      | 'createTopic'
      | 'deleteTopic'
      | 'createPartitions'
      | 'alterTopic'
      | 'alterGroupOffsets'
      | 'deleteGroup'
  }
>

/** What happened to one change of a commit. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** What a commit touched: who waits for it is woken, and the head file follows. */
export interface Commit {
  readonly outcomes: readonly Outcome[]
  readonly sequence: number
  readonly grown: ReadonlySet<Partition>
  readonly bytes: number
}

/** The writer's side of the database: turns changes of many callers into one SQLite transaction. */
export class Store {
  readonly catalog: Catalog
  readonly fences = new Fences()
  readonly quota: Quota
  readonly #db: DatabaseSync
  readonly #options: WriterOptions
  /** Partitions whose `next` the transaction has moved. */
  #grown = new Set<Partition>()
  #bytes = 0
  #isStale = false
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #insertBatch: StatementSync

  constructor(db: DatabaseSync, path: string, options: WriterOptions) {
    this.#db = db
    this.#options = options
    this.quota = new Quota(db, path, options.maxBytes)
    this.catalog = new Catalog(db, path)
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#insertBatch = db.prepare(
      `INSERT INTO batches (id, span, until, checksum, batch) VALUES (${ROW_ID('?1', '?2')}, ?3, ?4, ?5, ?6)`,
    )
  }

  get sequence(): number {
    return this.catalog.sequence
  }

  /**
   * Durable when it returns. A change that is refused (fenced, unknown topic, no batch) writes nothing and hinders no other; when SQLite
   * refuses, everything is rolled back and the error thrown.
   */
  commit(changes: readonly Change[]): Commit {
    if (this.#isStale) this.#reload()
    this.#grown = new Set()
    this.#bytes = 0
    this.#begin.run()
    this.quota.measure()
    try {
      const outcomes = changes.map((change) => this.#attempt(change))
      for (const partition of this.#grown) this.catalog.save(partition)
      const sequence = this.catalog.sequence + 1
      this.catalog.saveLog(sequence)
      commitPhase.traceSync(() => this.#commit.run())
      this.catalog.sequence = sequence
      return { outcomes, sequence, grown: this.#grown, bytes: this.#bytes }
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  /** After a lost tail: goes on behind it, so that no offset and no sequence number means two things. Readers pass over what was named. */
  skip({ ends, lastPartition, sequence }: LostTail): void {
    const { catalog } = this
    catalog.sequence = Math.max(catalog.sequence, sequence)
    catalog.lastPartition = Math.max(catalog.lastPartition, lastPartition)
    const lose = this.#db.prepare('INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)')
    this.#begin.run()
    for (const { partition, from, next } of ends) {
      partition.next = next
      catalog.save(partition)
      if (next > from) lose.run(partition.id, from, next, Date.now())
    }
    catalog.saveLog(catalog.sequence)
    commitPhase.traceSync(() => this.#commit.run())
  }

  #rollback(): void {
    this.#isStale = true
    // SQLite has rolled back by itself after some errors (full, I/O).
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    this.#reload()
  }

  #reload(): void {
    this.catalog.load()
    this.#isStale = false
  }

  #attempt(change: Change): Outcome {
    try {
      return { result: this.#apply(change) }
    } catch (error) {
      // A refusal comes before the first write of its change; anything else is SQLite's and concerns them all.
      if (error instanceof ConnectException) return { error }
      throw error
    }
  }

  #apply(change: Change): unknown {
    switch (change.op) {
      case 'append':
        return this.#append(change.batches, change.offsets)
      case 'createTopic':
        if (change.isAutomatic && !this.#options.autoCreateTopics) return false
        if (this.catalog.get(change.spec.topic)) return false
        this.catalog.create(change.spec, change.spec.partitions ?? this.#options.defaultPartitions)
        return true
      case 'deleteTopic':
        return this.catalog.delete(change.topic)
      case 'createPartitions':
        return this.catalog.grow(this.#topic(change.topic), change.partitions)
      case 'alterTopic':
        return this.catalog.alter(this.#topic(change.topic), change.settings)
      case 'alterGroupOffsets':
        this.#refuseMembers(change.group)
        for (const { offset, ...place } of change.offsets) {
          if (offset === null) this.catalog.dropOffset(change.group, place)
          else this.catalog.setOffset(change.group, place, offset)
        }
        return undefined
      case 'deleteGroup':
        this.#refuseMembers(change.group)
        this.catalog.dropGroup(change.group)
        return undefined
    }
  }

  #topic(name: string): Topic {
    const topic = this.catalog.get(name)
    if (topic) return topic
    throw new NotFoundException(`There is no topic "${name}"`)
  }

  #refuseMembers(group: string): void {
    if (!this.fences.hasMembers(group)) return
    throw new ConflictException(`Group "${group}" has members: its offsets are theirs`, {
      hint: 'Stop the tasks of the group first.',
    })
  }

  #append(
    batches: readonly EncodedBatch[],
    offsets: Transaction['groupOffsets'],
  ): readonly number[] {
    if (offsets) this.fences.check(offsets, (place) => this.catalog.find(place)?.id)
    const headers = batches.map(headerOf)
    if (batches.length > 0) this.quota.take(batches)
    const partitions = this.#partitionsOf(batches)
    const bases = batches.map((batch, i) =>
      this.#appendBatch(batch, headers[i] as BatchHeader, partitions[i] as Partition),
    )
    for (const { offset, ...place } of offsets?.offsets ?? [])
      this.catalog.setOffset(offsets?.group as string, place, offset)
    return bases
  }

  #partitionsOf(batches: readonly EncodedBatch[]): Partition[] {
    const missing = new Map<string, number>()
    for (const { topic, partition } of batches) {
      const known = this.catalog.get(topic)
      if (!known && !this.#options.autoCreateTopics) {
        throw new ConnectException(`Topic "${topic}" does not exist`, {
          hint: 'Create it, or allow the log to (auto.create.topics.enable).',
        })
      }
      const count = known?.partitions.length ?? this.#options.defaultPartitions
      if (!known) {
        checkTopicName(topic)
        missing.set(topic, count)
      }
      if (!(partition >= 0 && partition < count))
        throw new ConnectException(
          `Topic "${topic}" has ${count} partitions: there is no partition ${partition}`,
        )
      if ((known?.partitions[partition]?.next ?? 0) > MAX_OFFSET - LARGEST_SPAN)
        throw new ConnectException(`Topic "${topic}", partition ${partition}: no offsets are left`)
    }
    for (const [topic, count] of missing) this.catalog.create({ topic }, count)
    return batches.map((batch) => this.catalog.find(batch) as Partition)
  }

  #appendBatch({ bytes }: EncodedBatch, header: BatchHeader, partition: Partition): number {
    const base = partition.next
    writeInt64(asBuffer(bytes), base, BASE_OFFSET_AT)
    const until = Math.max(partition.until, header.maxTimestamp)
    const checksum = rowChecksum(partition.checksum, bytes, { span: header.span, until })
    this.#insertBatch.run(partition.id, base, header.span, until, checksum, bytes)
    partition.next = base + header.span
    partition.until = until
    partition.bytes += bytes.length
    this.#grown.add(partition)
    this.#bytes += bytes.length
    return base
  }
}

function headerOf({ topic, partition, bytes }: EncodedBatch): BatchHeader {
  try {
    return readBatchHeader(asBuffer(bytes))
  } catch (cause) {
    throw new ConnectException(
      `Topic "${topic}", partition ${partition}: what was to be appended is no record batch: ${(cause as Error).message}`,
      { cause },
    )
  }
}
