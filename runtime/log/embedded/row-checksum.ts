import { crc32c } from '@node-rs/crc32'
import { HEADER_BYTES } from '../batch/layout.ts'
import type { TopicPartition } from '../log.ts'

/** The part of a row's checksum that all rows of a partition share. */
export function checksumOfPlace(place: TopicPartition): number {
  return crc32c(`${place.partition} ${place.topic}`)
}

/**
 * Ties a row to its place: topic, partition, base offset (the header's first field) and the rest of the header, the batch's own CRC among it,
 * so that a row that got elsewhere is found without a second pass over the content.
 */
export function rowChecksum(place: number, batch: Uint8Array): number {
  return crc32c(batch.subarray(0, HEADER_BYTES), place)
}
