import { crc32c } from '@node-rs/crc32'
import type { Codec } from './compression.ts'
import { codecs } from './compression.ts'
import * as layout from './layout.ts'

/** A batch with the header of `bytes` and other records behind it: `content` is as `codec` writes it. Offsets and times stay. */
export function assembleBatch(
  bytes: Buffer,
  content: readonly Buffer[],
  { codec, records }: { readonly codec: Codec; readonly records: number },
): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, layout.HEADER_BYTES)
  const batch = Buffer.allocUnsafeSlow(size)
  bytes.copy(batch, 0, 0, layout.HEADER_BYTES)
  let at = layout.HEADER_BYTES
  for (const part of content) at += part.copy(batch, at)
  const attributes = bytes.readInt16BE(layout.ATTRIBUTES) & ~layout.COMPRESSION_MASK
  batch.writeInt16BE(attributes | codecs.indexOf(codec), layout.ATTRIBUTES)
  batch.writeInt32BE(size - layout.LENGTH_EXCLUDES, layout.BATCH_LENGTH)
  batch.writeInt32BE(records, layout.RECORD_COUNT)
  batch.writeUInt32BE(crc32c(batch.subarray(layout.ATTRIBUTES)), layout.CRC)
  return batch
}
