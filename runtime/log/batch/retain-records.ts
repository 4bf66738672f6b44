import { assembleBatch } from './assemble-batch.ts'
import type { BatchHeader } from './batch-header.ts'
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
  return assembleBatch(bytes, kept, { codec: 'none', records: kept.length })
}
