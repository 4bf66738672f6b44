import { asBuffer, damaged } from '../batch/batch-decoder.ts'
import type { TopicPartition } from '../log.ts'
import { type Extent, isSoundRow } from './row-checksum.ts'

/** A partition as a reader knows it. */
export interface Place extends TopicPartition {
  readonly id: number
  readonly checksum: number
}

export interface Row extends Extent {
  readonly base: number
  readonly checksum: number
  readonly batch: Uint8Array
}

/** The batch of a row that lies where it belongs; its content is still to be checked. */
export function checkRow(row: Row, place: Place): Buffer {
  if (isSoundRow({ ...row, header: row.batch }, place.checksum)) return asBuffer(row.batch)
  throw damaged(place, row.base, new RangeError('its row checksum does not match'))
}
