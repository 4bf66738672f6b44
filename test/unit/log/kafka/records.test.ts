import { readFileSync } from 'node:fs'
import { crc32c } from '@node-rs/crc32'
import t from 'tap'
import { checkBatch, decodeBatch } from '../../../../runtime/log/batch/batch-decoder.ts'
import { codecs } from '../../../../runtime/log/batch/compression.ts'
import { exchangeHead } from '../../../../runtime/log/batch/crc.ts'
import * as layout from '../../../../runtime/log/batch/layout.ts'
import { compressBatch } from '../../../../runtime/log/kafka/records/compress.ts'
import {
  decodeRecordSet,
  RecordSet,
  type RecordSetOptions,
} from '../../../../runtime/log/kafka/records/record-set.ts'
import { splitBatch } from '../../../../runtime/log/kafka/records/split.ts'
import { stampBatch } from '../../../../runtime/log/kafka/records/stamp.ts'
import type { LogRecord } from '../../../../runtime/log/log.ts'
import {
  encode,
  generateRecords,
  type PlainRecord,
  pick,
  place,
  randomNumbers,
  seal,
} from './generated-batches.ts'

const committed: RecordSetOptions = { from: 0, isolation: 'read_committed' }

/** Made by Kafka's Java library, 4.3.1. */
const java = Object.fromEntries(
  Object.entries<string>(
    JSON.parse(
      readFileSync(`${import.meta.dirname}/../../../fixtures/batches/java-4.3.1.json`, 'utf8'),
    ),
  ).map(([name, base64]) => [name, Buffer.from(base64, 'base64')]),
)

const javaRecord = (i: number): PlainRecord => ({
  key: i % 7 === 3 ? null : Buffer.from(`key-${i}`),
  value: i % 11 === 5 ? null : Buffer.from(`value ${i} ${'äbc'.repeat(i % 90)}`),
  timestamp: 1_700_000_000_000 + i * 1000,
  headers:
    i % 5 === 0
      ? [
          { key: 'a', value: Buffer.from('1') },
          { key: 'b', value: null },
          { key: 'a', value: Buffer.alloc(0) },
        ]
      : [],
})

t.test('batches of the Java client are read in each codec', async (t) => {
  for (const codec of codecs.slice(1)) {
    const records = decodeBatch(java[codec]!, place)
    t.strictSame(
      records,
      Array.from({ length: 400 }, (_, i) => ({
        offset: 1000 + i,
        timestampType: 'CreateTime',
        ...javaRecord(i),
      })),
      codec,
    )
  }
  t.strictSame(
    decodeBatch(java['append-time']!, place).map((r) => [r.timestamp, r.timestampType]),
    Array.from({ length: 3 }, () => [1_800_000_000_000, 'LogAppendTime']),
  )
})

t.test('aborted transactions are left out, and only they', async (t) => {
  // 0-1 by 11, aborted at 7; 2-3 by 12, committed at 9; 4-5 without a transaction; 6 by 11, aborted; 8 by 11, committed at 10.
  const bytes = java['transactions']!
  const aborted = [{ producerId: 11n, firstOffset: 0 }]
  const read = (options: Partial<RecordSetOptions>) => {
    const { records, next } = decodeRecordSet(bytes, place, { ...committed, ...options })
    return { offsets: records.map((r) => r.offset), next }
  }
  t.strictSame(read({ abortedTransactions: aborted }), { offsets: [2, 3, 4, 5, 8], next: 11 })
  t.strictSame(read({ abortedTransactions: aborted, from: 5 }), { offsets: [5, 8], next: 11 })
  t.strictSame(read({}), { offsets: [0, 1, 2, 3, 4, 5, 6, 8], next: 11 })
  t.strictSame(
    read({ abortedTransactions: aborted, isolation: 'read_uncommitted' }),
    { offsets: [0, 1, 2, 3, 4, 5, 6, 8], next: 11 },
    'who reads uncommitted reads them',
  )
  t.strictSame(
    read({ abortedTransactions: [{ producerId: 11n, firstOffset: 8 }, ...aborted] }),
    { offsets: [2, 3, 4, 5], next: 11 },
    'in whatever order they are listed',
  )
  t.strictSame(
    read({ abortedTransactions: [{ producerId: 12n, firstOffset: 3 }] }),
    { offsets: [0, 1, 4, 5, 6, 8], next: 11 },
    'by the last offset of a batch, as in Java',
  )
})

t.test(
  'only an abort marker ends an aborted transaction, and only transactions are aborted',
  async (t) => {
    const batch = (producerId: bigint, isTransactional: boolean) => {
      const bytes = encode([javaRecord(1)])
      stampBatch(bytes, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional })
      return bytes
    }
    const marker = (producerId: bigint, type: number) => {
      const key = Buffer.from([0, 0, 0, type])
      const bytes = encode([{ key, value: Buffer.alloc(6), timestamp: 1, headers: [] }])
      stampBatch(bytes, { producerId, producerEpoch: 0, baseSequence: -1, isTransactional: true })
      bytes.writeInt16BE(layout.CONTROL | layout.TRANSACTIONAL, layout.ATTRIBUTES)
      return seal(bytes)
    }
    const [ABORT, COMMIT] = [0, 1]
    const batches = [
      batch(5n, true), // 0: aborted
      marker(5n, COMMIT), // 1: not what the broker's list says
      batch(5n, true), // 2: aborted
      batch(5n, false), // 3: no transaction
      batch(6n, true), // 4: another producer's
      marker(6n, ABORT), // 5: another producer's
      batch(5n, true), // 6: aborted
      marker(5n, ABORT),
      batch(5n, true), // 8: the next transaction
    ]
    const abortedTransactions = [{ producerId: 5n, firstOffset: 0 }]
    const { records } = decodeRecordSet(Buffer.concat(chain(batches, 0)), place, {
      ...committed,
      abortedTransactions,
    })
    t.strictSame(
      records.map((r) => r.offset),
      [3, 4, 8],
    )
  },
)

t.test('a record set is read up to its last whole batch, whatever is in it', async (t) => {
  const random = randomNumbers(21)
  const sets = codecs.map((codec) => generatedBatch(random, codec))
  const whole = chain(sets, 100)
  const all = whole.flatMap((batch) => decodeBatch(batch, place))
  const end = 100 + all.length
  const bytes = Buffer.concat(whole)
  const options = { ...committed, from: 100 }
  t.strictSame(decodeRecordSet(bytes, place, options), { records: all, next: end })
  const from = 100 + Math.floor(all.length / 2)
  t.strictSame(decodeRecordSet(bytes, place, { ...options, from }), {
    records: all.filter((r) => r.offset >= from),
    next: end,
  })
  t.strictSame(decodeRecordSet(Buffer.alloc(0), place, options), { records: [], next: 100 })

  const first = whole[0]!.length
  for (let round = 0; round < 50; round++) {
    const length = first + Math.floor(random() * (bytes.length - first))
    const cut = decodeRecordSet(bytes.subarray(0, length), place, options)
    const kept = all.filter((r) => r.offset < cut.next)
    if (!t.same(cut.records, kept, `${length} bytes`)) break
  }
  // Nothing of it can be read: were it passed over, the same answer would come for ever.
  for (const length of [1, 8, 12, 60, 61, first - 1]) {
    const damage = { code: 'CONNECT_CORRUPT', message: /"shop.orders", partition 3/ }
    t.throws(() => decodeRecordSet(bytes.subarray(0, length), place, options), damage)
  }
})

t.test('a record set is read batch by batch: a limit stops between two', async (t) => {
  const random = randomNumbers(22)
  const batches = chain(
    codecs.map((codec) => generatedBatch(random, codec)),
    7,
  )
  batches.forEach((batch, i) => {
    batch.writeInt32BE(40 + i, layout.LEADER_EPOCH)
  })
  const set = new RecordSet(Buffer.concat(batches), place, committed)
  t.same([set.next, set.leaderEpoch], [0, -1])
  for (const [i, batch] of batches.entries()) {
    t.same([set.recordsAhead, set.bytesAhead], [checkBatch(batch, place).records, batch.length])
    const into: LogRecord[] = []
    t.ok(set.readBatch(into))
    t.strictSame(into, decodeBatch(batch, place))
    t.same([set.next, set.leaderEpoch], [into.at(-1)!.offset + 1, 40 + i])
  }
  t.same([set.recordsAhead, set.bytesAhead, set.readBatch([])], [0, 0, false])
})

t.test('control batches, and batches that compaction emptied, are passed over', async (t) => {
  const empty = Buffer.from(encode(generateRecords(randomNumbers(3), 1)).subarray(0, 61))
  empty.writeInt32BE(9, layout.LAST_OFFSET_DELTA)
  empty.writeInt32BE(0, layout.RECORD_COUNT)
  const control = Buffer.from(empty)
  control.writeInt16BE(layout.CONTROL | layout.TRANSACTIONAL, layout.ATTRIBUTES)
  control.writeBigInt64BE(5n, layout.PRODUCER_ID)
  const abortedTransactions = [{ producerId: 5n, firstOffset: 10 }]
  const bytes = Buffer.concat(chain([empty, control], 100).map(seal))
  t.strictSame(
    decodeRecordSet(bytes, place, { ...committed, from: 100, abortedTransactions }),
    { records: [], next: 120 },
    'the next offset lies behind all of them',
  )
})

t.test('damage is named again at every try, and nothing behind it is given', async (t) => {
  const random = randomNumbers(23)
  const batches = chain([generatedBatch(random, 'none'), generatedBatch(random, 'lz4')], 0)
  const bytes = Buffer.concat(batches)
  const start = batches[0]!.length
  const isDamage = /^CONNECT_CORRUPT .*"shop.orders", partition 3.*is damaged/
  const records = checkBatch(batches[0]!, place).records
  const wrong: string[] = []
  for (let round = 0; round < 500; round++) {
    const bad = Buffer.from(bytes)
    // Not the base offset and the length, which the CRC does not cover, nor the leader's epoch, of which nothing depends.
    const at = start + 16 + Math.floor(random() * (bad.length - start - 16))
    bad[at] = bad[at]! ^ (1 << Math.floor(random() * 8))
    const set = new RecordSet(bad, place, committed)
    const into: LogRecord[] = []
    set.readBatch(into)
    const expected = bad[layout.MAGIC + start]! < 2 ? /before Kafka 0.11/ : isDamage
    for (const text of [failure(() => set.readBatch(into)), failure(() => set.readBatch(into))])
      if (!expected.test(text)) wrong.push(`byte ${at}: ${text}`)
    if (into.length !== records || set.next !== records) wrong.push(`byte ${at}: moved on`)
  }
  for (let round = 0; round < 500; round++) {
    const length = Buffer.from(bytes)
    length.writeInt32BE(Math.floor((random() - 0.5) * 2 ** (random() * 32)), layout.BATCH_LENGTH)
    if (length.equals(bytes)) continue
    const text = failure(() => decodeRecordSet(length, place, committed))
    if (!isDamage.test(text)) wrong.push(`length ${length.readInt32BE(8)}: ${text}`)
  }
  t.strictSame(wrong, [])
})

t.test(
  'offsets that go back are damage: the records would be taken for read already',
  async (t) => {
    const random = randomNumbers(28)
    const batches = chain([generatedBatch(random, 'none'), generatedBatch(random, 'gzip')], 1000)
    const damage = { code: 'CONNECT_CORRUPT', message: /"shop.orders", partition 3.*offset/ }
    const second = Buffer.concat(batches)
    layout.writeInt64(second, 4, batches[0]!.length + layout.BASE_OFFSET)
    const set = new RecordSet(second, place, { ...committed, from: 1000 })
    const into: LogRecord[] = []
    t.ok(set.readBatch(into))
    const { next } = set
    for (let i = 0; i < 2; i++) t.throws(() => set.readBatch(into), damage)
    t.same([set.next, into.length], [next, next - 1000])

    const first = Buffer.from(batches[0]!)
    layout.writeInt64(first, 4, layout.BASE_OFFSET)
    t.throws(() => decodeRecordSet(first, place, { ...committed, from: 1000 }), damage, 'all of it')
  },
)

t.test('a batch that is nonsense under a right checksum gives none of its records', async (t) => {
  const batch = encode([1, 2, 3].map(javaRecord))
  batch[batch.length - 1] = 9 // The last record's header count.
  const set = new RecordSet(seal(batch), place, committed)
  const into: LogRecord[] = []
  for (let i = 0; i < 2; i++)
    t.throws(() => set.readBatch(into), { code: 'CONNECT_CORRUPT', message: /headers/ })
  t.same([into, set.next], [[], 0])
})

t.test('the message formats of before 0.11 are named', async (t) => {
  // A message of magic 0 in its set: offset, size, CRC, magic, attributes, key, value.
  const old = Buffer.from(
    '0000000000000005' + '0000000f' + 'deadbeef' + '00' + '00' + 'ffffffff' + '00000001' + '78',
    'hex',
  )
  const refused = { code: 'CONNECT_ERROR', message: /"shop.orders", partition 3, offset 5.*0\.11/ }
  for (const magic of [0, 1]) {
    old[layout.MAGIC] = magic
    t.throws(() => decodeRecordSet(old, place, { ...committed, from: 5 }), refused)
  }
})

t.test('a stamp changes nothing but the stamp, and its CRC is right', async (t) => {
  const random = randomNumbers(24)
  for (let round = 0; round < 60; round++) {
    const batch = generatedBatch(random, pick(codecs, random))
    const records = decodeBatch(batch, place)
    const stamp = {
      producerId: BigInt(Math.floor(random() * 2 ** 53)) * 900n,
      producerEpoch: Math.floor(random() * 2 ** 15),
      baseSequence: Math.floor(random() * 2 ** 31),
      isTransactional: random() < 0.5,
    }
    stampBatch(batch, { ...stamp, isTransactional: !stamp.isTransactional, baseSequence: 1 })
    stampBatch(batch, stamp)
    const header = checkBatch(batch, place)
    t.equal(header.crc, crc32c(batch.subarray(layout.ATTRIBUTES)))
    t.equal(header.isTransactional, stamp.isTransactional)
    t.equal(batch.readBigInt64BE(layout.PRODUCER_ID), stamp.producerId)
    t.equal(batch.readInt16BE(layout.PRODUCER_EPOCH), stamp.producerEpoch)
    t.equal(batch.readInt32BE(layout.BASE_SEQUENCE), stamp.baseSequence)
    if (!t.strictSame(decodeBatch(batch, place), records, `round ${round}`)) break
  }
  const damaged = generatedBatch(random, 'none')
  damaged[damaged.length - 1] = damaged[damaged.length - 1]! ^ 1
  stampBatch(damaged, { producerId: 1n, producerEpoch: 0, baseSequence: 0, isTransactional: false })
  t.throws(
    () => checkBatch(damaged, place),
    { code: 'CONNECT_CORRUPT' },
    'what was damaged before stays visible',
  )
})

t.test('the CRC of another head is right for tails of any length', async (t) => {
  const random = randomNumbers(25)
  const lengths = [0, 1, 2, 7, 255, 256, 65_537, 1_000_003]
  for (const length of lengths) {
    const [before, after, tail] = [40, 40, length].map((size) =>
      Buffer.from(Array.from({ length: size }, () => random() * 256)),
    ) as [Buffer, Buffer, Buffer]
    const heads = { before: crc32c(before), after: crc32c(after) }
    const crc = exchangeHead(crc32c(Buffer.concat([before, tail])), heads, length)
    t.equal(crc, crc32c(Buffer.concat([after, tail])), `${length} bytes`)
  }
})

t.test('a batch is split at the limit, in order, with nothing lost or changed', async (t) => {
  const random = randomNumbers(26)
  const withoutPlace = (records: readonly LogRecord[]) =>
    records.map(({ offset: _, ...record }) => record)
  for (let round = 0; round < 60; round++) {
    const bytes = generatedBatch(random, pick(codecs, random))
    const records = decodeBatch(bytes, place)
    const batch = { ...place, bytes, records: records.length }
    const maxBytes = Math.floor(100 + random() * 20_000)
    const parts = splitBatch(batch, maxBytes)
    const read = parts.map((part) => decodeBatch(part.bytes, place))
    if (!t.strictSame(withoutPlace(read.flat()), withoutPlace(records), `round ${round}`)) break
    for (const [i, part] of parts.entries()) {
      const offsets = read[i]!.map((r) => r.offset)
      const isRight =
        part.topic === place.topic &&
        part.partition === place.partition &&
        part.records === offsets.length &&
        (part.bytes.length <= maxBytes || part.records === 1) &&
        offsets.every((offset, at) => offset === at)
      if (!isRight) t.fail(`round ${round}, part ${i}`)
    }
    if (bytes.length <= maxBytes) t.equal(parts[0], batch, 'the very same when it is small enough')
  }
  // Told from another time on, a record may take more bytes than before: the limit holds whatever it is.
  const apart = encode(
    Array.from({ length: 60 }, (_, i) => ({
      ...javaRecord(i),
      timestamp: i % 3 === 2 ? 1 : 2 ** 45,
    })),
  )
  for (let maxBytes = 300; maxBytes < 900; maxBytes += 3) {
    const parts = splitBatch({ ...place, bytes: apart, records: 60 }, maxBytes)
    const large = parts.filter((part) => part.bytes.length > maxBytes && part.records > 1)
    if (!t.same(large, [], `${maxBytes} bytes`)) break
  }
  // Parts are not needlessly small either.
  const many = encode(Array.from({ length: 1000 }, (_, i) => javaRecord(i % 90)))
  const parts = splitBatch({ ...place, bytes: many, records: 1000 }, Math.ceil(many.length / 3))
  t.ok(parts.length <= 4, `${parts.length} parts`)
})

t.test('a batch is compressed when that makes it smaller', async (t) => {
  const plain = encode(Array.from({ length: 100 }, (_, i) => javaRecord(i)))
  const single = encode([{ key: null, value: null, timestamp: 1, headers: [] }])
  // So repetitive that even its gzip could be compressed further.
  const zeros = { key: null, value: Buffer.alloc(1_000_000), timestamp: 1, headers: [] }
  t.equal(compressBatch(plain, 'none'), plain)
  for (const codec of codecs.slice(1)) {
    const bytes = Buffer.from(compressBatch(plain, codec))
    t.ok(bytes.length < plain.length / 2, codec)
    t.equal(checkBatch(bytes, place).codec, codecs.indexOf(codec))
    t.strictSame(decodeBatch(bytes, place), decodeBatch(plain, place))
    t.equal(compressBatch(single, codec), single, 'left as it is where it would grow')
    const once = compressBatch(encode([zeros]), 'gzip')
    t.equal(compressBatch(once, codec), once, 'and where it is compressed already')
  }
})

/** Code and message of what it throws. */
function failure(work: () => unknown): string {
  try {
    work()
    return 'nothing was thrown'
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as Error).message}`
  }
}

function generatedBatch(random: () => number, codec: (typeof codecs)[number]): Buffer {
  const records = generateRecords(random, 1 + Math.floor(random() * 30))
  // Something to compress, so that each codec is really in use.
  const padding = { key: null, value: Buffer.alloc(1000, 'z'), timestamp: 5, headers: [] }
  return Buffer.from(compressBatch(encode([...records, padding]), codec))
}

/** Gives batches their places one behind another. */
function chain(batches: readonly Buffer[], from: number): Buffer[] {
  let offset = from
  return batches.map((batch) => {
    layout.writeInt64(batch, offset, layout.BASE_OFFSET)
    offset += batch.readInt32BE(layout.LAST_OFFSET_DELTA) + 1
    return batch
  })
}
