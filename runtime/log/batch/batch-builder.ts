import { crc32c } from '@node-rs/crc32'
import type { EncodedBatch, RawHeader, TopicPartition } from '../log.ts'
import * as layout from './layout.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

export interface EncodableHeader {
  readonly key: string
  readonly value: Uint8Array | string | null
}

const INITIAL_BYTES = 16 * 1024
const NO_HEADERS: readonly RawHeader[] = []

/**
 * Encodes records of one partition into a batch, in one pass, straight into a buffer that is kept for the next batch. A caller that must
 * split looks at `bytes` and `records` after each `append`.
 */
export class BatchBuilder {
  readonly topic: string
  readonly partition: number
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #end = layout.HEADER_BYTES
  #records = 0
  #baseTimestamp = 0
  #maxTimestamp = 0

  constructor(place: TopicPartition) {
    this.topic = place.topic
    this.partition = place.partition
  }

  get records(): number {
    return this.#records
  }

  /** Size of the batch so far. */
  get bytes(): number {
    return this.#end
  }

  /** Strings are written as UTF-8. */
  append(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly EncodableHeader[] = NO_HEADERS,
  ): void {
    if (this.#records === 0) {
      this.#baseTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp
    }
    const timestampDelta = timestamp - this.#baseTimestamp
    const keySize = byteSize(key)
    const valueSize = byteSize(value)
    let body =
      1 + varlongSize(timestampDelta) + varintSize(this.#records) + varintSize(headers.length)
    body += varintSize(keySize) + Math.max(keySize, 0)
    body += varintSize(valueSize) + Math.max(valueSize, 0)
    for (const header of headers) body += headerSize(header)

    this.#reserve(body + 5)
    const buffer = this.#buffer
    let at = writeVarint(buffer, body, this.#end)
    buffer[at++] = 0
    at = writeVarlong(buffer, timestampDelta, at)
    at = writeVarint(buffer, this.#records, at)
    at = writeBytes(buffer, key, keySize, at)
    at = writeBytes(buffer, value, valueSize, at)
    at = writeVarint(buffer, headers.length, at)
    for (const header of headers) {
      at = writeBytes(buffer, header.key, Buffer.byteLength(header.key), at)
      at = writeBytes(buffer, header.value, byteSize(header.value), at)
    }
    this.#end = at
    this.#records++
  }

  /** The batch with base offset 0, in memory of its own that can be transferred; the builder is empty again. */
  build(): EncodedBatch {
    if (this.#records === 0) throw new RangeError('A batch holds at least one record')
    const bytes = Buffer.allocUnsafeSlow(this.#end)
    this.#buffer.copy(bytes, 0, 0, this.#end)
    layout.writeInt64(bytes, 0, layout.BASE_OFFSET)
    bytes.writeInt32BE(this.#end - layout.LENGTH_EXCLUDES, layout.BATCH_LENGTH)
    bytes.writeInt32BE(-1, layout.LEADER_EPOCH)
    bytes[layout.MAGIC] = 2
    bytes.writeInt16BE(0, layout.ATTRIBUTES)
    bytes.writeInt32BE(this.#records - 1, layout.LAST_OFFSET_DELTA)
    layout.writeInt64(bytes, this.#baseTimestamp, layout.BASE_TIMESTAMP)
    layout.writeInt64(bytes, this.#maxTimestamp, layout.MAX_TIMESTAMP)
    layout.writeInt64(bytes, -1, layout.PRODUCER_ID)
    bytes.writeInt16BE(-1, layout.PRODUCER_EPOCH)
    bytes.writeInt32BE(-1, layout.BASE_SEQUENCE)
    bytes.writeInt32BE(this.#records, layout.RECORD_COUNT)
    bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
    const records = this.#records
    this.#end = layout.HEADER_BYTES
    this.#records = 0
    return { topic: this.topic, partition: this.partition, bytes, records }
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#end + more))
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}

function byteSize(data: Uint8Array | string | null): number {
  if (data === null) return -1
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length
}

function headerSize(header: EncodableHeader): number {
  const key = Buffer.byteLength(header.key)
  const value = byteSize(header.value)
  return varintSize(key) + key + varintSize(value) + Math.max(value, 0)
}

function writeBytes(
  buffer: Buffer,
  data: Uint8Array | string | null,
  size: number,
  at: number,
): number {
  const start = writeVarint(buffer, size, at)
  if (size <= 0) return start
  // As many bytes as characters: all of them ASCII, which copies faster than it transcodes.
  if (typeof data === 'string')
    buffer.write(data, start, size, size === data.length ? 'latin1' : 'utf8')
  else buffer.set(data as Uint8Array, start)
  return start + size
}
