import { crc32c } from '@node-rs/crc32'
import { asBuffer } from '../../batch/batch-decoder.ts'
import { exchangeHead } from '../../batch/crc.ts'
import * as layout from '../../batch/layout.ts'

export interface ProducerStamp {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
}

/**
 * Says in a batch who produces it, in place; an older stamp is written over. The CRC is renewed from its old value, so what was damaged in
 * memory since it was made stays visible to the broker.
 */
export function stampBatch(bytes: Uint8Array, stamp: ProducerStamp): void {
  const batch = asBuffer(bytes)
  const head = batch.subarray(layout.ATTRIBUTES, layout.HEADER_BYTES)
  const before = crc32c(head)
  const attributes = batch.readInt16BE(layout.ATTRIBUTES) & ~layout.TRANSACTIONAL
  const bit = stamp.isTransactional ? layout.TRANSACTIONAL : 0
  batch.writeInt16BE(attributes | bit, layout.ATTRIBUTES)
  batch.writeBigInt64BE(stamp.producerId, layout.PRODUCER_ID)
  batch.writeInt16BE(stamp.producerEpoch, layout.PRODUCER_EPOCH)
  batch.writeInt32BE(stamp.baseSequence, layout.BASE_SEQUENCE)
  const crc = exchangeHead(
    batch.readUInt32BE(layout.CRC),
    { before, after: crc32c(head) },
    batch.length - layout.HEADER_BYTES,
  )
  batch.writeUInt32BE(crc, layout.CRC)
}
