import { BatchBuilder } from '../../batch/batch-builder.ts'
import { asBuffer, checkBatch, openRecords } from '../../batch/batch-decoder.ts'
import { HEADER_BYTES } from '../../batch/layout.ts'
import type { EncodedBatch } from '../../log.ts'

/** How much a record may grow when its times are told from another one on: a varlong of ten bytes, and a longer length. */
const GROWTH_BYTES = 10

/**
 * The batch's records in the same order, in batches of at most `maxBytes`, plain and without a producer's stamp; the very same batch when it
 * is small enough. A record that is larger by itself comes alone: whether it is too large, the broker says.
 */
export function splitBatch(batch: EncodedBatch, maxBytes: number): readonly EncodedBatch[] {
  if (batch.bytes.length <= maxBytes) return [batch]
  const bytes = asBuffer(batch.bytes)
  const header = checkBatch(bytes, batch)
  const record = openRecords(bytes, header)
  const builder = new BatchBuilder(batch)
  const parts: EncodedBatch[] = []
  let size = HEADER_BYTES
  while (record.next()) {
    const most = record.end - record.start + GROWTH_BYTES
    if (builder.records > 0 && size + most > maxBytes) {
      parts.push(builder.build())
      size = HEADER_BYTES
    }
    const headers = record.headerCount === 0 ? [] : record.readHeaders()
    builder.append(record.key, record.value, header.baseTimestamp + record.timestampDelta, headers)
    size += most
  }
  parts.push(builder.build())
  return parts
}
