import { crc32c } from '@node-rs/crc32'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { asBuffer } from '../../../../runtime/log/batch/batch-decoder.ts'
import * as layout from '../../../../runtime/log/batch/layout.ts'
import type { RawHeader } from '../../../../runtime/log/log.ts'

export const place = { topic: 'shop.orders', partition: 3 }

export interface PlainRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: readonly RawHeader[]
}

/** The same numbers, from 0 up to 1, in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T
}

/** Records of every kind: nulls, empty bytes, unicode, repeated headers, times far apart. */
export function generateRecords(random: () => number, count: number): PlainRecord[] {
  const sizes = count > 500 ? [0, 1, 20, 63, 64, 200] : [0, 1, 63, 64, 127, 128, 8191, 8192, 70_000]
  const bytes = () => {
    const size = pick(sizes, random)
    return random() < 0.5
      ? Buffer.alloc(size, 'größe 尺寸 🙂 ')
      : Buffer.from(Array.from({ length: size }, () => random() * 256))
  }
  const maybeNull = () => (random() < 0.2 ? null : bytes())
  const base = pick([0, 1, 1_700_000_000_000, 2 ** 32 + 5, 2 ** 45], random)
  const steps = [0, 1, -1, 63, -64, 64, 2 ** 31, -(2 ** 31), 2 ** 32 + 1, 2 ** 42, -(2 ** 40)]
  const names = ['a', 'b', 'größe', '', '7', '__proto__', 'constructor']
  return Array.from({ length: count }, () => ({
    key: maybeNull(),
    value: maybeNull(),
    timestamp: base + pick(steps, random),
    headers: Array.from({ length: Math.floor(random() * 5) }, () => ({
      key: pick(names, random),
      value: random() < 0.1 ? null : bytes().subarray(0, 200),
    })),
  }))
}

export function encode(records: readonly PlainRecord[]): Buffer {
  const builder = new BatchBuilder(place)
  for (const { key, value, timestamp, headers } of records)
    builder.append(key, value, timestamp, headers)
  return asBuffer(builder.build().bytes)
}

/** Sets the length and the CRC of a changed batch right again. */
export function seal(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - layout.LENGTH_EXCLUDES, layout.BATCH_LENGTH)
  batch.writeUInt32BE(crc32c(batch.subarray(layout.ATTRIBUTES)), layout.CRC)
  return batch
}
