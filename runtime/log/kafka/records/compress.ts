import { assembleBatch } from '../../batch/assemble-batch.ts'
import { asBuffer } from '../../batch/batch-decoder.ts'
import { type Codec, compress } from '../../batch/compression.ts'
import * as layout from '../../batch/layout.ts'

/** The batch compressed; the very same bytes when that would not make it smaller, or when it is compressed already. */
export function compressBatch(bytes: Uint8Array, codec: Codec): Uint8Array {
  const plain = asBuffer(bytes)
  const isCompressed = (plain.readInt16BE(layout.ATTRIBUTES) & layout.COMPRESSION_MASK) !== 0
  if (codec === 'none' || isCompressed) return bytes
  const content = compress(codec, plain.subarray(layout.HEADER_BYTES))
  if (content.length >= plain.length - layout.HEADER_BYTES) return bytes
  return assembleBatch(plain, [content], { codec, records: plain.readInt32BE(layout.RECORD_COUNT) })
}
