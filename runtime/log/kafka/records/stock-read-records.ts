import { damaged, type readRecords } from '../../batch/batch-decoder.ts'
import { decompress } from '../../batch/compression.ts'
import { HEADER_BYTES } from '../../batch/layout.ts'
import type { RawHeader } from '../../log.ts'
import { stockProtocol } from './stock-kafkajs.ts'

/** `readRecords` by kafkajs's decoder; the batch was checked before. */
export const stockReadRecords: typeof readRecords = (buffer, header, { place, from, into }) => {
  if (header.isControl) return
  const { Decoder, decodeRecord } = stockProtocol()
  const context = {
    magicByte: 2,
    firstOffset: String(header.baseOffset),
    firstTimestamp: String(header.baseTimestamp),
    maxTimestamp: String(header.maxTimestamp),
    timestampType: header.isLogAppendTime ? 1 : 0,
  } as const
  try {
    const content = buffer.subarray(HEADER_BYTES)
    const decoder = new Decoder(header.codec === 0 ? content : decompress(header.codec, content))
    for (let left = header.records; left > 0; left--) {
      const bytes = decoder.readVarIntBytes()
      if (bytes === null) throw new RangeError('a record has no length')
      const record = decodeRecord(new Decoder(bytes), context)
      const offset = Number(record.offset)
      if (offset < from) continue
      into.push({
        offset,
        timestamp: Number(record.timestamp),
        timestampType: header.isLogAppendTime ? 'LogAppendTime' : 'CreateTime',
        key: record.key,
        value: record.value,
        headers: Object.entries(record.headers).flatMap(([key, value]) => listed(key, value)),
      })
    }
  } catch (error) {
    throw error instanceof RangeError ? damaged(place, header.baseOffset, error) : error
  }
}

/** kafkajs collects headers in an object and finds, at names such as `constructor`, what all objects inherit: those are no values. */
function listed(key: string, found: unknown): RawHeader[] {
  const values = Array.isArray(found) ? found : [found]
  return values.filter(isHeaderValue).map((value) => ({ key, value }))
}

function isHeaderValue(value: unknown): value is Buffer | null {
  return value === null || value instanceof Buffer
}
