import { crc32c } from '@node-rs/crc32'
import { asBuffer } from '../batch/batch-decoder.ts'
import { BASE_OFFSET, HEADER_BYTES, readInt64 } from '../batch/layout.ts'
import type { TopicPartition } from '../log.ts'

/** The part of a row's checksum that all rows of a partition share. */
export function checksumOfPlace(place: TopicPartition): number {
  return crc32c(`${place.partition} ${place.topic}`)
}

const extent = Buffer.alloc(16)

/** What a row says besides its batch. */
export interface Extent {
  /** Offsets from its base on: those of the batch, and what compaction took out behind it. */
  readonly span: number
  readonly until: number
}

/**
 * Ties a row to its place: topic, partition, base offset (the header's first field) and the rest of the header, the batch's own CRC among it,
 * so that a row that got elsewhere is found without a second pass over the content.
 */
export function rowChecksum(place: number, batch: Uint8Array, { span, until }: Extent): number {
  extent.writeDoubleLE(span, 0)
  extent.writeDoubleLE(until, 8)
  return crc32c(extent, crc32c(batch.subarray(0, HEADER_BYTES), place))
}

/** A row as it lies in the table; `header` is at least the header of its batch. */
export interface RowHead extends Extent {
  readonly base: number
  readonly checksum: number
  readonly header: unknown
}

/** Whether it lies where it was written, and says what it said. */
export function isSoundRow({ base, checksum, header, span, until }: RowHead, place: number) {
  return (
    header instanceof Uint8Array &&
    header.length >= HEADER_BYTES &&
    typeof span === 'number' &&
    typeof until === 'number' &&
    readInt64(asBuffer(header), BASE_OFFSET) === base &&
    rowChecksum(place, header, { span, until }) === checksum
  )
}
