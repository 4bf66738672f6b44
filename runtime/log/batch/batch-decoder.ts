import { crc32c } from '@node-rs/crc32'
import { CorruptException } from '../../api/errors.ts'
import type { LogRecord, RawHeader, TopicPartition } from '../log.ts'
import { type BatchHeader, readBatchHeader } from './batch-header.ts'
import { decompress } from './compression.ts'
import * as layout from './layout.ts'
import { RecordCursor } from './record-cursor.ts'

const NO_HEADERS: readonly RawHeader[] = Object.freeze([])

/**
 * One batch's records from offset `from` on, after its CRC was checked; their keys and values are views into `bytes`. The markers of a
 * control batch are no records. Damage is a CorruptException that names topic, partition and offset.
 */
export function decodeBatch(bytes: Uint8Array, place: TopicPartition, from = 0): LogRecord[] {
  const buffer = asBuffer(bytes)
  const records: LogRecord[] = []
  readRecords(buffer, checkBatch(buffer, place), { place, from, into: records })
  return records
}

/** The records of a checked batch, from offset `from` on, added to `into`. */
export function readRecords(
  buffer: Buffer,
  header: BatchHeader,
  { place, from, into }: { place: TopicPartition; from: number; into: LogRecord[] },
): void {
  if (header.isControl) return
  const timestampType = header.isLogAppendTime ? 'LogAppendTime' : 'CreateTime'
  try {
    const cursor = openRecords(buffer, header)
    while (cursor.next()) {
      const offset = header.baseOffset + cursor.offsetDelta
      if (cursor.offsetDelta < 0 || cursor.offsetDelta >= header.span)
        throw new RangeError('a record lies outside of the batch')
      const headers = cursor.headerCount === 0 ? NO_HEADERS : cursor.readHeaders()
      if (offset < from) continue
      into.push({
        offset,
        timestamp: header.isLogAppendTime
          ? header.maxTimestamp
          : header.baseTimestamp + cursor.timestampDelta,
        timestampType,
        key: cursor.key,
        value: cursor.value,
        headers,
      })
    }
  } catch (error) {
    throw error instanceof RangeError ? damaged(place, header.baseOffset, error) : error
  }
}

/** Checks header and CRC. */
export function checkBatch(bytes: Buffer, place: TopicPartition): BatchHeader {
  let header: BatchHeader
  try {
    header = readBatchHeader(bytes)
  } catch (error) {
    const offset = bytes.length < 8 ? undefined : layout.readInt64(bytes, layout.BASE_OFFSET)
    throw damaged(place, offset, error as Error)
  }
  const crc = crc32c(bytes.subarray(layout.ATTRIBUTES))
  if (crc !== header.crc) {
    const found = new RangeError(`its CRC-32C is ${hex(crc)} and should be ${hex(header.crc)}`)
    throw damaged(place, header.baseOffset, found)
  }
  return header
}

/** The records of a checked batch, decompressed if need be. */
export function openRecords(bytes: Buffer, header: BatchHeader): RecordCursor {
  if (header.codec === 0) return new RecordCursor(bytes, layout.HEADER_BYTES, header.records)
  return new RecordCursor(
    decompress(header.codec, bytes.subarray(layout.HEADER_BYTES)),
    0,
    header.records,
  )
}

export function damaged(
  place: TopicPartition,
  offset: number | undefined,
  cause: Error,
): CorruptException {
  const at = offset === undefined ? 'a batch' : `the batch at offset ${offset}`
  return new CorruptException(
    `Topic "${place.topic}", partition ${place.partition}: ${at} is damaged: ${cause.message}`,
    {
      hint: 'Check the disk; restore the data from a copy, or let readers seek past the batch.',
      cause,
    },
  )
}

export function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}
