import { createRequire } from 'node:module'
import { crc32c } from '@node-rs/crc32'
import t from 'tap'
import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import {
  asBuffer,
  checkBatch,
  decodeBatch,
  openRecords,
} from '../../../runtime/log/batch/batch-decoder.ts'
import { codecs, compress } from '../../../runtime/log/batch/compression.ts'
import * as layout from '../../../runtime/log/batch/layout.ts'
import { retainRecords } from '../../../runtime/log/batch/retain-records.ts'
import type { LogRecord } from '../../../runtime/log/log.ts'

const place = { topic: 'shop.orders', partition: 3 }

// The stock client's codec is the judge: it talks to real brokers.
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js')
const stockRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js')
const stockDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')
const StockDecoder = require('kafkajs/src/protocol/decoder.js')

interface Stock {
  key: Buffer | null
  value: Buffer | null
  offset: string
  timestamp: string
  headers: Record<string, Buffer>
}

const pick = <T>(choices: readonly T[], random: number): T =>
  choices[Math.floor(random * choices.length)] as T

/** The same numbers in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function randomBatch(random: () => number) {
  const builder = new BatchBuilder(place)
  const sizes = [0, 1, 63, 64, 127, 128, 8191, 8192, 70_000]
  const records: { key: Buffer | null; value: Buffer | null; timestamp: number; header: Buffer }[] =
    []
  const base = 1_700_000_000_000
  for (let i = 0; i < 1 + random() * 40; i++) {
    const bytes = () => Buffer.alloc(pick(sizes, random()), Math.floor(random() * 256))
    const record = {
      key: random() < 0.2 ? null : bytes(),
      value: random() < 0.2 ? null : bytes(),
      timestamp:
        base + pick([0, 1, -1, 63, -64, 64, 2 ** 31, -(2 ** 31), 2 ** 42, -(2 ** 40)], random()),
      header: bytes(),
    }
    records.push(record)
    builder.append(record.key, record.value, record.timestamp, [
      { key: `h${i}`, value: record.header },
    ])
  }
  return { records, batch: builder.build() }
}

t.test('what is encoded here is read by the stock client', async (t) => {
  const random = randomNumbers(1)
  for (let round = 0; round < 30; round++) {
    const { records, batch } = randomBatch(random)
    const stock = await stockDecode(new StockDecoder(Buffer.from(batch.bytes)))
    const read = (stock.records as Stock[]).map(({ key, value, timestamp, headers }, i) => ({
      key,
      value,
      timestamp: Number(timestamp),
      header: headers[`h${i}`],
    }))
    if (!t.strictSame(read, records)) break
    t.equal(stock.lastOffsetDelta, records.length - 1)
  }
})

t.test('what the stock client encodes is read here', async (t) => {
  const base = 1_700_000_000_000
  const values = [null, Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(70_000, 7)]
  const deltas = [0, 5, -5, 2 ** 33, -(2 ** 33)]
  const records = values.map((value, i) =>
    stockRecord({
      offsetDelta: i,
      timestampDelta: deltas[i],
      key: value,
      value,
      headers: { name: 'text' },
    }),
  )
  const { buffer } = await RecordBatch({
    firstOffset: 41,
    firstTimestamp: base,
    maxTimestamp: base + 2 ** 33,
    lastOffsetDelta: 3,
    records,
  })
  t.strictSame(
    decodeBatch(buffer, place),
    values.map((value, i) => ({
      offset: 41 + i,
      timestamp: base + (deltas[i] as number),
      timestampType: 'CreateTime',
      key: value,
      value,
      headers: [{ key: 'name', value: Buffer.from('text') }],
    })),
  )
})

t.test('times are exact from -2^52 to 2^53', async (t) => {
  const limits = [
    0,
    -1,
    2 ** 53 - 1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 52 + 1,
    -(2 ** 52),
    2 ** 32 - 1,
    1e15 + 0.5 - 0.5,
  ]
  for (const first of [0, -1, 1e12]) {
    const builder = new BatchBuilder(place)
    const times = [first, ...limits.filter((time) => Number.isSafeInteger(time - first))]
    for (const time of times) builder.append(null, null, time)
    t.same(
      decodeBatch(builder.build().bytes, place).map((r) => r.timestamp),
      times,
    )
  }
})

t.test('a builder knows its size as it grows, and is empty after the build', async (t) => {
  const builder = new BatchBuilder(place)
  t.throws(() => builder.build(), RangeError)
  for (let i = 0; i < 100; i++) builder.append(`key-${i}`, 'ä'.repeat(i * 10), i)
  const { bytes } = builder
  const first = builder.build()
  t.equal(first.bytes.length, bytes)
  t.equal(first.records, 100)
  t.equal(first.bytes.buffer.byteLength, bytes, 'alone in its memory')
  t.same([builder.records, builder.bytes], [0, layout.HEADER_BYTES])
  builder.append(null, 'x', 1)
  t.equal(decodeBatch(builder.build().bytes, place).length, 1)
  t.equal(decodeBatch(first.bytes, place).at(-1)?.value?.toString(), 'ä'.repeat(990))
})

t.test('compressed batches are read in each codec; an unknown one is named', async (t) => {
  const plain = sampleBatch()
  const withContent = (codec: number, content: Buffer) =>
    rewrite(Buffer.concat([plain.subarray(0, 61), content]), (bytes) => {
      bytes.writeInt16BE(codec, layout.ATTRIBUTES)
    })
  for (const [number, codec] of codecs.entries()) {
    const content = compress(codec, plain.subarray(61))
    t.strictSame(decodeBatch(withContent(number, content), place), decodeBatch(plain, place), codec)
    if (codec === 'none') continue
    t.throws(() => decodeBatch(withContent(number, plain.subarray(61)), place), {
      code: 'CONNECT_CORRUPT',
      message: new RegExp(`its ${codec} content is broken`),
    })
  }
  t.throws(() => decodeBatch(withContent(5, plain.subarray(61)), place), {
    code: 'CONNECT_ERROR',
    message: /codec 5/,
  })
})

t.test(
  'control batches hold no records; transactional ones do; append time is the batch’s',
  async (t) => {
    const withBits = (bits: number) =>
      rewrite(sampleBatch(), (bytes) => void bytes.writeInt16BE(bits, layout.ATTRIBUTES))
    t.equal(decodeBatch(withBits(0x30), place).length, 0)
    t.equal(decodeBatch(withBits(0x10), place).length, 3)
    const [first] = decodeBatch(withBits(0x08), place)
    t.match(first, { timestamp: 1002, timestampType: 'LogAppendTime' })
  },
)

t.test('damage is named with topic, partition and offset, wherever it is', async (t) => {
  const good = rewrite(sampleBatch(), (bytes) => layout.writeInt64(bytes, 500, layout.BASE_OFFSET))
  for (let bit = layout.BATCH_LENGTH * 8; bit < good.length * 8; bit++) {
    const bytes = Buffer.from(good)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    if (bit >> 3 >= layout.LEADER_EPOCH && bit >> 3 < layout.MAGIC) continue // no reader looks at the epoch
    const damage = { code: 'CONNECT_CORRUPT', message: /"shop.orders", partition 3.*offset 500/ }
    if (!t.throws(() => decodeBatch(bytes, place), damage, `bit ${bit}`)) break
  }
  for (const length of [0, 7, 8, 60, 61, good.length - 1])
    t.throws(() => decodeBatch(good.subarray(0, length), place), { code: 'CONNECT_CORRUPT' })
})

t.test('nonsense under a right checksum ends in the same error, not in a crash', async (t) => {
  const random = randomNumbers(7)
  const good = sampleBatch()
  let refused = 0
  for (let round = 0; round < 3000; round++) {
    const bytes = rewrite(Buffer.from(good), (batch) => {
      for (let i = 0; i < 1 + random() * 3; i++) {
        const at =
          layout.LAST_OFFSET_DELTA +
          Math.floor(random() * (batch.length - layout.LAST_OFFSET_DELTA))
        batch[at] = Math.floor(random() * 256)
      }
    })
    try {
      decodeBatch(bytes, place)
    } catch (error) {
      refused++
      if ((error as { code?: string }).code !== 'CONNECT_CORRUPT') t.fail((error as Error).message)
    }
  }
  t.ok(refused > 1000, `${refused} of 3000 refused`)
})

t.test('a batch that loses records keeps the offsets of the others', async (t) => {
  const batch = rewrite(sampleBatch(), (bytes) => layout.writeInt64(bytes, 70, layout.BASE_OFFSET))
  const retain = (keep: (key: string) => boolean) => {
    const header = checkBatch(batch, place)
    return retainRecords(batch, header, openRecords(batch, header), (r) => keep(String(r.key)))
  }
  t.equal(
    retain(() => true),
    batch,
  )
  t.equal(
    retain(() => false),
    null,
  )
  const rest = retain((key) => key !== 'k1') as Buffer
  const offsets = (records: readonly LogRecord[]) => records.map((r) => [r.offset, String(r.key)])
  t.same(offsets(decodeBatch(rest, place)), [
    [70, 'k0'],
    [72, 'k2'],
  ])
  t.equal(checkBatch(rest, place).span, 3)
  t.same(offsets(decodeBatch(rest, place, 71)), [[72, 'k2']])
})

function sampleBatch(): Buffer {
  const builder = new BatchBuilder(place)
  for (let i = 0; i < 3; i++)
    builder.append(`k${i}`, `value ${i}`, 1000 + i, [{ key: 'a', value: 'b' }])
  return asBuffer(builder.build().bytes)
}

/** Changes a batch and sets its length and CRC right again. */
function rewrite(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes)
  bytes.writeInt32BE(bytes.length - layout.LENGTH_EXCLUDES, layout.BATCH_LENGTH)
  bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
  return bytes
}
