import { createRequire } from 'node:module'
import t from 'tap'
import {
  checkBatch,
  decodeBatch,
  readRecords,
} from '../../../../runtime/log/batch/batch-decoder.ts'
import { codecs } from '../../../../runtime/log/batch/compression.ts'
import * as layout from '../../../../runtime/log/batch/layout.ts'
import { decodeAnswer } from '../../../../runtime/log/kafka/protocol/decode-answer.ts'
import { fetchRequest } from '../../../../runtime/log/kafka/protocol/requests/fetch.ts'
import { produceRequest } from '../../../../runtime/log/kafka/protocol/requests/produce.ts'
import { WireReader } from '../../../../runtime/log/kafka/protocol/wire-reader.ts'
import { WireWriter } from '../../../../runtime/log/kafka/protocol/wire-writer.ts'
import { compressBatch } from '../../../../runtime/log/kafka/records/compress.ts'
import { stampBatch } from '../../../../runtime/log/kafka/records/stamp.ts'
import {
  stockFetchRequest,
  stockProduceRequest,
  stockReadRecords,
} from '../../../../runtime/log/kafka/records/stock.ts'
import { registerStockCodecs } from '../../../../runtime/log/kafka/records/stock-codecs.ts'
import type { LogRecord, RawHeader } from '../../../../runtime/log/log.ts'
import {
  encode,
  generateRecords,
  type PlainRecord,
  pick,
  place,
  randomNumbers,
  seal,
} from './generated-batches.ts'

// The stock client's codec is the judge: it talks to real brokers.
const require = createRequire(import.meta.url)
const stockDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')
const StockDecoder = require('kafkajs/src/protocol/decoder.js')
const stockProduce = require('kafkajs/src/protocol/requests/produce/v7/request.js')

interface StockBatch {
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly inTransaction: boolean
  readonly lastOffsetDelta: number
  readonly records: readonly {
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly offset: string
    readonly timestamp: string
    readonly headers: Record<string, unknown>
  }[]
}

const counts = [1, 2, 3, 10, 40, 300, 3000]
const stamps = [
  { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false },
  { producerId: 7n, producerEpoch: 0, baseSequence: 0, isTransactional: false },
  {
    producerId: 2n ** 53n + 1n,
    producerEpoch: 32_767,
    baseSequence: 2 ** 31 - 1,
    isTransactional: true,
  },
]

/** Exception: the stock decoder merges headers of one key, at the place of the first; names like numbers come first of all. */
function stockHeaders(headers: readonly RawHeader[]): RawHeader[] {
  const merged = new Map<string, RawHeader[]>()
  for (const header of headers) merged.set(header.key, [...(merged.get(header.key) ?? []), header])
  return Object.values(Object.fromEntries(merged)).flat()
}

/** Exception: at `constructor` and `__proto__` the stock decoder adds what every object inherits to the values. */
function listedValues(key: string, found: unknown): RawHeader[] {
  return [found]
    .flat()
    .filter((value): value is Buffer | null => value === null || Buffer.isBuffer(value))
    .map((value) => ({ key, value }))
}

const withStockHeaders = <T extends PlainRecord>(records: readonly T[]): T[] =>
  records.map((record) => ({ ...record, headers: stockHeaders(record.headers) }))

/** Exception: the stock encoder cannot write a header without a value. */
const withoutNullHeaders = (records: readonly PlainRecord[]): PlainRecord[] =>
  records.map((record) => ({ ...record, headers: record.headers.filter((h) => h.value !== null) }))

const placed = (records: readonly PlainRecord[], from = 0): LogRecord[] =>
  records.map((record, i) => ({ offset: from + i, timestampType: 'CreateTime', ...record }))

t.test('what is encoded here, the stock decoder reads the same', async (t) => {
  registerStockCodecs()
  const random = randomNumbers(11)
  for (let round = 0; round < 15; round++) {
    const records = generateRecords(random, pick(counts, random))
    const codec = codecs[round % codecs.length]!
    const stamp = pick(stamps, random)
    const batch = Buffer.from(compressBatch(encode(records), codec))
    stampBatch(batch, stamp)
    const stock: StockBatch = await stockDecode(new StockDecoder(batch))
    const read = stock.records.map(({ key, value, offset, timestamp, headers }) => ({
      offset: Number(offset),
      timestampType: 'CreateTime' as const,
      key,
      value,
      timestamp: Number(timestamp),
      headers: Object.entries(headers).flatMap(([key, value]) => listedValues(key, value)),
    }))
    const what = `${records.length} records, ${codec}, seed 11, round ${round}`
    if (!t.strictSame(read, placed(withStockHeaders(records)), what)) break
    t.match(stock, {
      producerId: String(stamp.producerId),
      producerEpoch: stamp.producerEpoch,
      firstSequence: stamp.baseSequence,
      inTransaction: stamp.isTransactional,
      lastOffsetDelta: records.length - 1,
    })
    t.strictSame(decodeBatch(batch, place), placed(records), `${what}: and so do we`)
  }
})

t.test('what the stock encoder writes is read the same here', async (t) => {
  const random = randomNumbers(12)
  for (let round = 0; round < 15; round++) {
    const records = withoutNullHeaders(generateRecords(random, pick(counts, random)))
    const codec = codecs[round % codecs.length]!
    const stamp = pick(stamps, random)
    const asked = Buffer.from(compressBatch(encode(records), codec))
    stampBatch(asked, stamp)
    const batch = await produced(stockProduceRequest, asked)
    const what = `${records.length} records, ${codec}, seed 12, round ${round}`
    if (!t.strictSame(decodeBatch(batch, place), placed(withStockHeaders(records)), what)) break
    t.equal(batch.readBigInt64BE(layout.PRODUCER_ID), stamp.producerId)
    t.equal(batch.readInt16BE(layout.PRODUCER_EPOCH), stamp.producerEpoch)
    t.equal(batch.readInt32BE(layout.BASE_SEQUENCE), stamp.baseSequence)
    t.equal(checkBatch(batch, place).codec, checkBatch(asked, place).codec)
  }
})

t.test('both encoders write the same bytes where neither has a peculiarity', async (t) => {
  const random = randomNumbers(13)
  for (const count of counts) {
    // The stock encoder's base timestamp is the first in the order of texts, ours that of the first record: the same when times grow.
    const records = withoutNullHeaders(generateRecords(random, count)).map((record, i) => ({
      ...record,
      timestamp: 1_700_000_000_000 + i * 1000,
      headers: stockHeaders(record.headers),
    }))
    const batch = encode(records)
    stampBatch(batch, { ...stamps[1]!, isTransactional: true })
    const stock = await produced(stockProduceRequest, batch)
    // A producer does not know the leader's epoch: we say so with -1, the stock encoder says 0. The broker sets it.
    t.equal(stock.readInt32BE(layout.LEADER_EPOCH), 0)
    stock.writeInt32BE(-1, layout.LEADER_EPOCH)
    t.ok(stock.equals(batch), `${count} records`)
  }
})

t.test('the stock decoder behind our walk gives what ours gives', async (t) => {
  const random = randomNumbers(14)
  for (let round = 0; round < 15; round++) {
    const records = generateRecords(random, pick(counts, random))
    const codec = codecs[round % codecs.length]!
    const batch = Buffer.from(compressBatch(encode(records), codec))
    layout.writeInt64(batch, 2 ** 40, layout.BASE_OFFSET)
    // The broker's own stamp: append time, which then is the largest of the batch.
    if (round % 4 === 0) {
      const attributes = batch.readInt16BE(layout.ATTRIBUTES)
      batch.writeInt16BE(attributes | layout.LOG_APPEND_TIME, layout.ATTRIBUTES)
    }
    const header = checkBatch(seal(batch), place)
    const [ours, stock]: [LogRecord[], LogRecord[]] = [[], []]
    const from = 2 ** 40 + Math.floor(random() * records.length)
    readRecords(batch, header, { place, from, into: ours })
    stockReadRecords(batch, header, { place, from, into: stock })
    t.equal(ours[0]?.offset, from)
    if (!t.strictSame(stock, withStockHeaders(ours), `seed 14, round ${round}`)) break
  }
})

t.test('stock requests are the same on the wire, and their answers the same', async (t) => {
  const fetch = {
    isolation: 'read_committed',
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 50_000_000,
    rack: 'cellar',
    topics: [
      {
        topic: 'größe',
        partitions: [{ partition: 1, offset: 2 ** 40 + 3, leaderEpoch: 4, maxBytes: 1_000_000 }],
      },
    ],
  } as const
  t.strictSame(await body(stockFetchRequest(fetch)), await body(fetchRequest(fetch)))

  const fetchAnswer = Buffer.concat([
    Buffer.from('00000011' + '0003' + '00000000' + '00000001' + '0001' + '74', 'hex'),
    Buffer.from('00000001' + '00000005' + '0006', 'hex'),
    Buffer.from('0000010000000001' + '0000010000000002' + '0000000000000003', 'hex'),
    Buffer.from('00000001' + '0020000000000001' + '0000000000000009', 'hex'),
    Buffer.from('ffffffff' + '00000003' + '616263', 'hex'),
  ])
  const fetched = await decodeAnswer(stockFetchRequest(fetch), fetchAnswer)
  t.strictSame(fetched, await decodeAnswer(fetchRequest(fetch), fetchAnswer))
  t.match(fetched.topics[0]?.partitions[0], {
    highWatermark: 2 ** 40 + 1,
    abortedTransactions: [{ producerId: 2n ** 53n + 1n, firstOffset: 9 }],
    recordSet: Buffer.from('abc'),
  })

  const produce = { transactionalId: 'id', acks: -1, timeoutMs: 9, topics: [] } as const
  t.strictSame(await body(stockProduceRequest(produce)), await body(produceRequest(produce)))
  const produceAnswer = Buffer.concat([
    Buffer.from('00000001' + '0001' + '74' + '00000001' + '00000005' + '0006', 'hex'),
    Buffer.from('0000010000000001' + 'ffffffffffffffff' + '0000000000000003' + '00000011', 'hex'),
  ])
  t.strictSame(
    await decodeAnswer(stockProduceRequest(produce), produceAnswer),
    await decodeAnswer(produceRequest(produce), produceAnswer),
  )
})

t.test('what the stock encoder makes of peculiar records', async (t) => {
  const header = (value: Buffer | null) => [{ key: 'h', value }]
  const record = { key: null, value: null, timestamp: 0, headers: header(null) }
  await t.rejects(
    produced(stockProduceRequest, encode([record])),
    { code: 'CONNECT_ERROR', message: /"shop.orders".*"h"/ },
    'a header without a value is refused in words; kafkajs itself ends in a TypeError',
  )
  // kafkajs takes the number 0 for a missing timestamp; our adapter hands it a text, which it takes as it is.
  const [atZero] = decodeBatch(
    await produced(stockProduceRequest, encode([{ ...record, headers: [] }])),
    place,
  )
  t.equal(atZero?.timestamp, 0)
  const bare = await stockProduce({
    acks: -1,
    timeout: 9,
    topicData: [
      {
        ...place,
        partitions: [{ ...place, firstSequence: 0, messages: [{ value: 'x', timestamp: 0 }] }],
      },
    ],
  }).encode()
  const [bareRecord] = decodeBatch(batchIn(bare.buffer), place)
  t.ok((bareRecord?.timestamp ?? 0) > 1_600_000_000_000, 'kafkajs by itself')
})

async function body(request: {
  encode(writer: WireWriter): void | Promise<void>
}): Promise<Buffer> {
  const writer = new WireWriter()
  await request.encode(writer)
  return Buffer.concat(writer.chunks())
}

/** The batch in the request that `produce` makes of one. */
async function produced(produce: typeof produceRequest, batch: Buffer): Promise<Buffer> {
  const { topic, partition } = place
  return batchIn(
    await body(
      produce({
        transactionalId: batch.readInt16BE(layout.ATTRIBUTES) & layout.TRANSACTIONAL ? 'id' : null,
        acks: -1,
        timeoutMs: 1000,
        topics: [{ topic, partitions: [{ partition, batch }] }],
      }),
    ),
  )
}

function batchIn(request: Buffer): Buffer {
  const reader = new WireReader(request)
  reader.nullableString()
  reader.int16()
  reader.int32()
  const [batch] = reader.array(() => {
    reader.string()
    return reader.array(() => {
      reader.int32()
      return reader.bytes()
    })[0]
  })
  return Buffer.from(batch!)
}
