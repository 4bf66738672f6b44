import { ConnectException, type CorruptException } from '../../../api/errors.ts'
import { checkBatch, damaged, openRecords, readRecords } from '../../batch/batch-decoder.ts'
import type { BatchHeader } from '../../batch/batch-header.ts'
import * as layout from '../../batch/layout.ts'
import type { LogRecord, TopicPartition } from '../../log.ts'
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts'

export interface RecordSetOptions {
  /** The offset that was asked for: the first batch may begin before it. */
  readonly from: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly abortedTransactions?: readonly AbortedTransaction[]
  /** Another decoder of a batch's records. Default: our own. */
  readonly readRecords?: typeof readRecords
}

/** All records of what a fetch brought of one partition, and the offset to read on from. */
export function decodeRecordSet(
  bytes: Buffer,
  place: TopicPartition,
  options: RecordSetOptions,
): { readonly records: LogRecord[]; readonly next: number } {
  const set = new RecordSet(bytes, place, options)
  const records: LogRecord[] = []
  while (set.readBatch(records));
  return { records, next: set.next }
}

/**
 * What a fetch brought of one partition: batches one behind another, of which the last may be cut. Decoded batch by batch, so that a reader
 * with a limit stops between two. Damage is a CorruptException that names topic, partition and offset, again at every try.
 */
export class RecordSet {
  readonly place: TopicPartition
  readonly #bytes: Buffer
  readonly #from: number
  readonly #aborted: AbortedTransactions
  readonly #readRecords: typeof readRecords
  #at = 0
  #next: number
  /** Of the batch that was read last. */
  #end = -1
  #leaderEpoch = -1

  constructor(bytes: Buffer, place: TopicPartition, options: RecordSetOptions) {
    this.place = place
    this.#bytes = bytes
    this.#from = options.from
    this.#next = options.from
    this.#readRecords = options.readRecords ?? readRecords
    const isCommitted = options.isolation === 'read_committed'
    this.#aborted = new AbortedTransactions((isCommitted && options.abortedTransactions) || [])
  }

  /** The offset to read on from: past the batches that were read. */
  get next(): number {
    return this.#next
  }

  /** Under which leader the batch that was read last was written; -1 before the first. */
  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Records of the batch to come as its header counts them (unchecked, and perhaps not visible); 0 when none is left. */
  get recordsAhead(): number {
    if (this.#wholeBatch() === 0) return 0
    return Math.max(0, this.#bytes.readInt32BE(this.#at + layout.RECORD_COUNT))
  }

  /** Bytes of the batch to come; 0 when none is left. */
  get bytesAhead(): number {
    return this.#wholeBatch()
  }

  /** Adds the records of the next batch, perhaps none, to `into`: all of them, or none and an error. False when no whole batch is left. */
  readBatch(into: LogRecord[]): boolean {
    const size = this.#wholeBatch()
    if (size === 0) return false
    const bytes = this.#bytes.subarray(this.#at, this.#at + size)
    const header = checkBatch(bytes, this.place)
    if (header.baseOffset < this.#end) throw this.#stepBack(header.baseOffset)
    const before = into.length
    try {
      if (!this.#aborted.includes(bytes, header, () => this.#markerKey(bytes, header)))
        this.#readRecords(bytes, header, { place: this.place, from: this.#from, into })
    } catch (error) {
      into.length = before
      throw error
    }
    this.#at += size
    this.#end = header.baseOffset + header.span
    this.#next = Math.max(this.#next, this.#end)
    this.#leaderEpoch = bytes.readInt32BE(layout.LEADER_EPOCH)
    return true
  }

  /** Size of the batch to come; 0 at the end and before one that is cut. */
  #wholeBatch(): number {
    const left = this.#bytes.length - this.#at
    if (left === 0) return this.#atEnd()
    if (left > layout.MAGIC) this.#refuseOldFormat(this.#bytes[this.#at + layout.MAGIC])
    const size =
      left < layout.LENGTH_EXCLUDES
        ? Infinity
        : this.#bytes.readInt32BE(this.#at + layout.BATCH_LENGTH) + layout.LENGTH_EXCLUDES
    if (size >= layout.HEADER_BYTES && size <= left) return size
    // A broker cuts the last batch, never the first: that would come again and again, and the reader stand still in silence.
    if (size > left && this.#at > 0) return this.#atEnd()
    throw this.#cut(size, left)
  }

  /** The same silence if all batches lie before what was asked for. */
  #atEnd(): 0 {
    if (this.#at > 0 && this.#end <= this.#from) throw this.#stepBack(this.#end)
    return 0
  }

  /** The CRC does not cover the base offset: were it damaged, records would pass for others that were read already. */
  #stepBack(offset: number): CorruptException {
    const problem = `its offset lies before ${Math.max(this.#end, this.#from)}, where it should go on`
    return damaged(this.place, offset, new RangeError(problem))
  }

  #cut(size: number, left: number): CorruptException {
    const at = left < 8 ? this.#next : layout.readInt64(this.#bytes, this.#at + layout.BASE_OFFSET)
    return damaged(this.place, at, new RangeError(`it says ${size} bytes and ${left} are there`))
  }

  /** Messages of old have their magic at the same place, but may be shorter than a batch's header. */
  #refuseOldFormat(magic: number | undefined): void {
    if (magic !== 0 && magic !== 1) return
    const { topic, partition } = this.place
    throw new ConnectException(
      `Topic "${topic}", partition ${partition}, offset ${this.#next}: the records have the message format of before Kafka 0.11 (magic ${magic}), which is not read`,
      { hint: 'Copy the topic with a client of 0.11 or later, which writes the new format.' },
    )
  }

  /** Null in a control batch that compaction emptied. */
  #markerKey(bytes: Buffer, header: BatchHeader): Buffer | null {
    try {
      const cursor = openRecords(bytes, header)
      return cursor.next() ? cursor.key : null
    } catch (error) {
      throw error instanceof RangeError ? damaged(this.place, header.baseOffset, error) : error
    }
  }
}
