import * as layout from './layout.ts'

/** What a batch says of itself before its records. */
export interface BatchHeader {
  readonly baseOffset: number
  readonly crc: number
  readonly codec: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly isLogAppendTime: boolean
  /** Offsets that the batch spans: the next one is `baseOffset + span`. Larger than `records` after a compaction. */
  readonly span: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly records: number
}

/** Throws a RangeError when the bytes are not exactly one batch of magic 2. */
export function readBatchHeader(bytes: Buffer): BatchHeader {
  if (bytes.length < layout.HEADER_BYTES)
    throw new RangeError('the batch is shorter than its header')
  const magic = bytes[layout.MAGIC]
  if (magic !== 2) throw new RangeError(`the batch has magic ${magic}, not 2`)
  const length = bytes.readInt32BE(layout.BATCH_LENGTH) + layout.LENGTH_EXCLUDES
  if (length !== bytes.length)
    throw new RangeError(`the batch says ${length} bytes and has ${bytes.length}`)
  const attributes = bytes.readInt16BE(layout.ATTRIBUTES)
  const lastOffsetDelta = bytes.readInt32BE(layout.LAST_OFFSET_DELTA)
  const records = bytes.readInt32BE(layout.RECORD_COUNT)
  if (records < 0 || lastOffsetDelta < 0 || records > lastOffsetDelta + 1)
    throw new RangeError(`the batch counts ${records} records in ${lastOffsetDelta + 1} offsets`)
  return {
    baseOffset: layout.readInt64(bytes, layout.BASE_OFFSET),
    crc: bytes.readUInt32BE(layout.CRC),
    codec: attributes & layout.COMPRESSION_MASK,
    isTransactional: (attributes & layout.TRANSACTIONAL) !== 0,
    isControl: (attributes & layout.CONTROL) !== 0,
    isLogAppendTime: (attributes & layout.LOG_APPEND_TIME) !== 0,
    span: lastOffsetDelta + 1,
    baseTimestamp: layout.readInt64(bytes, layout.BASE_TIMESTAMP),
    maxTimestamp: layout.readInt64(bytes, layout.MAX_TIMESTAMP),
    records,
  }
}
