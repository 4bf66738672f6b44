import { crc32c } from '@node-rs/crc32'
import type { BatchHeader } from './batch-header.ts'
import * as layout from './layout.ts'
import type { RecordCursor } from './record-cursor.ts'

/**
 * The batch with only the records that `keep` wants, under their old offsets; the very same bytes when it wants all, null when it wants none.
 * `records` are the batch's own (`openRecords`); what was compressed comes out plain.
 */
export function retainRecords(
  bytes: Buffer,
  header: BatchHeader,
  records: RecordCursor,
  keep: (record: RecordCursor) => boolean,
): Buffer | null {
  const kept: Buffer[] = []
  while (records.next()) {
    if (keep(records)) kept.push(records.bytes.subarray(records.start, records.end))
  }
  if (kept.length === 0) return null
  if (kept.length === header.records) return bytes
  const size = kept.reduce((sum, record) => sum + record.length, layout.HEADER_BYTES)
  const retained = Buffer.allocUnsafeSlow(size)
  bytes.copy(retained, 0, 0, layout.HEADER_BYTES)
  let at = layout.HEADER_BYTES
  for (const record of kept) at += record.copy(retained, at)
  const attributes = bytes.readInt16BE(layout.ATTRIBUTES) & ~layout.COMPRESSION_MASK
  retained.writeInt16BE(attributes, layout.ATTRIBUTES)
  retained.writeInt32BE(size - layout.LENGTH_EXCLUDES, layout.BATCH_LENGTH)
  retained.writeInt32BE(kept.length, layout.RECORD_COUNT)
  retained.writeUInt32BE(crc32c(retained.subarray(layout.ATTRIBUTES)), layout.CRC)
  return retained
}
