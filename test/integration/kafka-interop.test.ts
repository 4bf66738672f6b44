import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { fetchRequest } from '../../runtime/log/kafka/protocol/requests/fetch.ts'
import type { EncodedBatch, Log, TopicPartition } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { KafkaSocket } from '../helpers/kafka-socket.ts'
import {
  consoleLine,
  consoleLines,
  inOrder,
  JavaProducer,
  type JavaRecord,
  javaTool,
  output,
  type Placed,
} from '../helpers/kafka-tools.ts'
import { consumeAll, consumeTo, pageAll } from '../helpers/read-log.ts'
import { type Service, service, startOwn } from '../helpers/services.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const TIME_MS = 1_700_000_000_000

async function open(t: Test, kafka: Service, settings: Record<string, string> = {}): Promise<Log> {
  const log = await openLog({
    kind: 'kafka',
    common: { 'bootstrap.servers': kafka.url!, ...settings },
    clientId: 'interop',
    logger: silent,
  })
  t.teardown(() => log.close())
  return log
}

async function madeTopic(log: Log, partitions: number, settings = {}): Promise<string> {
  const topic = `interop-${randomUUID()}`
  await log.createTopic({ topic, partitions, settings })
  return topic
}

/** The batches that lie in a partition, as their own headers say. */
async function batchesIn(t: Test, kafka: Service, { topic, partition }: TopicPartition) {
  const partitions = [{ partition, offset: 0, leaderEpoch: -1, maxBytes: 1 << 24 }]
  const limits = { maxWaitMs: 1000, minBytes: 1, maxBytes: 1 << 24, rack: '' }
  const { topics } = await KafkaSocket.open(t, kafka).send(
    fetchRequest({ isolation: 'read_uncommitted', ...limits, topics: [{ topic, partitions }] }),
  )
  const { recordSet } = topics[0]!.partitions[0]!
  const found: { readonly codec: string; readonly records: number }[] = []
  for (let at = 0; at < recordSet.length; at += 12 + recordSet.readInt32BE(at + 8))
    found.push({
      codec: codecs[recordSet.readInt16BE(at + 21) & 7]!,
      records: recordSet.readInt32BE(at + 57),
    })
  return found
}

async function codecsIn(t: Test, kafka: Service, place: TopicPartition) {
  return [...new Set((await batchesIn(t, kafka, place)).map(({ codec }) => codec))]
}

/** In one batch for each partition, written by us. */
function batchesOf(records: readonly JavaRecord[]): readonly EncodedBatch[] {
  return [...Map.groupBy(records, ({ partition }) => partition).values()].map((each) => {
    const builder = new BatchBuilder(each[0]!)
    for (const { key, value, timestamp } of each) builder.append(key, value, timestamp)
    return builder.build()
  })
}

/** What is compared of a record: bytes as text of one character a byte. */
function plain({ partition, offset, timestamp, key, value, headers }: Placed) {
  const bytes = (each: Buffer | null) => each?.toString('latin1') ?? null
  return {
    ...{ partition, offset, timestamp, key: bytes(key), value: bytes(value) },
    headers: headers.map((header) => [header.key, bytes(header.value)]),
  }
}

t.test('what kcat wrote with each codec is read exactly', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const tool = await service(t, 'kcat')
  if (!tool) return
  const kcat = tool.info['kcat']!
  const log = await open(t, kafka)
  for (const codec of codecs) {
    const topic = await madeTopic(log, 1)
    const lines = Array.from(
      { length: 2000 },
      (_, at) => `k${at}\tvalue ${at} ünï ${'x'.repeat(at % 300)}`,
    )
    const args = [
      '-P',
      '-b',
      kafka.url!,
      '-t',
      topic,
      '-p',
      '0',
      '-z',
      codec,
      '-K',
      '\t',
      '-H',
      'h=a',
      '-H',
      'h=b',
      '-H',
      'n',
    ]
    await output(kcat, args, `${lines.join('\n')}\n`)
    await output(kcat, [...args, '-Z'], 'empty\t\n')
    t.ok((await codecsIn(t, kafka, { topic, partition: 0 })).includes(codec), `${codec} was used`)
    const records = await consumeAll(log, topic)
    t.strictSame(
      records.map(({ offset, key, value }) => `${offset} ${key}\t${value}`),
      [...lines.map((line, at) => `${at} ${line}`), `${lines.length} empty\tnull`],
      codec,
    )
    t.strictSame(plain(records[1]!).headers, [
      ['h', 'a'],
      ['h', 'b'],
      ['n', null],
    ])
    t.strictSame((await pageAll(log, topic)).map(plain), records.map(plain), `${codec}, in pages`)
  }
})

const headers = [
  { key: 'same', value: Buffer.from('first') },
  { key: '', value: Buffer.alloc(0) },
  { key: 'same', value: null },
  { key: 'ünï 𝄞', value: Buffer.from([0, 255, 10, 9]) },
  { key: 'same', value: Buffer.from('last') },
]

t.test('what the Java producer wrote is read byte for byte', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const log = await open(t, kafka)
  const topic = await madeTopic(log, 2)
  const stamped = await madeTopic(log, 1, { 'message.timestamp.type': 'LogAppendTime' })
  const record = (each: Partial<JavaRecord>): JavaRecord => ({
    topic,
    partition: 0,
    timestamp: TIME_MS,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: [],
    ...each,
  })
  const written = [
    record({ timestamp: 0 }),
    record({ timestamp: 1, headers }),
    record({ timestamp: TIME_MS + 5 }),
    record({ timestamp: TIME_MS - 1_000_000_000_000, key: null }),
    record({ key: Buffer.alloc(0), value: Buffer.alloc(0) }),
    record({ value: null }),
    record({ key: null, value: null, headers: [{ key: 'only', value: null }] }),
    record({ value: randomBytes(900_000) }),
    record({ value: Buffer.from(Uint8Array.from({ length: 256 }, (_, at) => at)) }),
    ...Array.from({ length: 3000 }, (_, at) =>
      record({
        partition: 1,
        timestamp: TIME_MS + at,
        key: Buffer.from(`k${at}`),
        value: randomBytes(at % 500),
      }),
    ),
  ]
  for (const codec of ['none', 'zstd']) {
    const producer = JavaProducer.start(t, kafka, [`compression.type=${codec}`, 'linger.ms=50'])
    producer.send(written)
    producer.send([record({ topic: stamped, timestamp: 5 })])
    await producer.order('flush')
  }
  const offsets = [0, 0]
  const twice = [...written, ...written].map((each) => ({
    ...each,
    offset: offsets[each.partition]!++,
    timestampType: 'CreateTime' as const,
  }))
  const expected = twice.sort((a, b) => a.partition - b.partition || a.offset - b.offset).map(plain)
  t.strictSame((await consumeAll(log, topic)).map(plain), expected)
  t.strictSame((await pageAll(log, topic)).map(plain), expected)
  const byBroker = await consumeAll(log, stamped)
  t.equal(byBroker.length, 2)
  for (const { timestamp, timestampType } of byBroker) {
    t.equal(timestampType, 'LogAppendTime')
    t.ok(Math.abs(timestamp - Date.now()) < 600_000, 'the time of the broker')
  }
})

t.test('what the console producer wrote is read as it was typed', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const log = await open(t, kafka)
  const topic = await madeTopic(log, 1)
  const properties = ['parse.headers=true', 'parse.key=true', 'null.marker=NULL'].flatMap(
    (each) => ['--reader-property', each],
  )
  const typed = [
    'a:1,b:zwei\tk1\tv1',
    'NULL\tk2\tNULL',
    'NULL\tNULL\twithout a key',
    'c:ä\tschlüssel\twért 𝄞',
  ]
  await javaTool(
    kafka,
    'ConsoleProducer',
    ['--topic', topic, ...properties],
    `${typed.join('\n')}\n`,
  )
  const records = await consumeAll(log, topic)
  t.strictSame(
    records.map(({ offset, key, value, headers }) => [
      offset,
      key && String(key),
      value && String(value),
      headers.map((each) => `${each.key}:${each.value}`).join(','),
    ]),
    [
      [0, 'k1', 'v1', 'a:1,b:zwei'],
      [1, 'k2', null, ''],
      [2, null, 'without a key', ''],
      [3, 'schlüssel', 'wért 𝄞', 'c:ä'],
    ],
  )
  t.strictSame(records.map(consoleLine), await consoleLines(kafka, topic, { records: 4 }))
})

t.test(
  'aborted and open transactions of a Java producer are not seen, and nothing else is missed',
  async (t) => {
    const kafka = await service(t, 'kafka')
    if (!kafka) return
    const log = await open(t, kafka, { 'isolation.level': 'read_committed' })
    const topic = await madeTopic(log, 2)
    const settings = [
      `transactional.id=interop-${randomUUID()}`,
      'linger.ms=5',
      'compression.type=lz4',
    ]
    const producer = JavaProducer.start(t, kafka, settings)

    const other = JavaProducer.start(t, kafka, [`transactional.id=interop-${randomUUID()}`])
    const made = (name: string, count: number): JavaRecord[] =>
      Array.from({ length: count }, (_, at) => ({
        topic,
        partition: at % 2,
        timestamp: TIME_MS + at,
        key: Buffer.from(`${name}-${at}`),
        value: Buffer.from('v'.repeat(at)),
        headers: [],
      }))
    const transaction = async (name: string, count: number, end: 'commit' | 'abort') => {
      await producer.order('begin')
      producer.send(made(name, count))
      await producer.order('flush') // What was not sent yet, an abort drops within the producer.
      await producer.order(end)
    }
    await transaction('aborted first', 40, 'abort')
    await transaction('committed', 50, 'commit')
    await log.append(batchesOf(made('plain', 10)))
    await transaction('aborted', 30, 'abort')
    // Two transactions, one within the other; only the inner one counts.
    await other.order('begin')
    other.send(made('aborted around', 6))
    await other.order('flush')
    await transaction('committed within', 8, 'commit')
    await other.order('abort')
    await transaction('aborted last', 4, 'abort')
    const names = ['committed', 'plain', 'committed within']
    const counts = [50, 10, 8]
    const expected = [0, 1].flatMap((partition) =>
      names.flatMap((name, at) =>
        made(name, counts[at]!)
          .filter((each) => each.partition === partition)
          .map(({ key }) => `${partition} ${key}`),
      ),
    )
    const seen = await consumeAll(log, topic)
    t.strictSame(
      seen.map(({ partition, key }) => `${partition} ${key}`),
      expected,
    )
    t.strictSame((await pageAll(log, topic)).map(plain), seen.map(plain))
    const args = ['--isolation-level', 'read_committed']
    const lines = await consoleLines(kafka, topic, { records: expected.length, args })
    t.strictSame(inOrder(seen.map(consoleLine)), lines, 'Java sees the same, at the same offsets')

    const consumer = await log.consumer({ topics: [topic] })
    t.teardown(() => consumer.close())
    await consumeTo(consumer, await log.offsets(topic))
    await other.order('begin')
    other.send(made('open', 6))
    await other.order('flush')
    await transaction('behind it', 2, 'commit')
    const held = await consumer.poll({ timeoutMs: 1500 })
    t.strictSame(
      held.flatMap(({ records }) => records),
      [],
      'what lies behind an open transaction waits',
    )
    await other.order('abort')
    const after = await consumeTo(consumer, await log.offsets(topic))
    t.strictSame(
      after.map(({ partition, key }) => `${partition} ${key}`),
      ['0 behind it-0', '1 behind it-1'],
    )
  },
)

t.test('a compacted topic with gaps is read exactly', async (t) => {
  const kafka = await startOwn(t, 'kafka', {
    heap: '256m',
    settings: { 'log.cleaner.backoff.ms': '200' },
  })
  if (!kafka) return
  const settings = {
    'cleanup.policy': 'compact',
    'segment.ms': '500',
    'min.cleanable.dirty.ratio': '0.001',
    'delete.retention.ms': '0',
  }
  // Two producers: what compaction leaves of the first one's last batch is a batch without records.
  const first = await open(t, kafka)
  const second = await open(t, kafka)
  const topic = await madeTopic(first, 1, settings)
  const last = new Map<string, { offset: number; value: string | null }>()
  const write = async (log: Log, round: number, keys: readonly number[]) => {
    const builder = new BatchBuilder({ topic, partition: 0 })
    // Each round is a second later than the one before, so each begins a segment.
    const value = (key: number) => (round > 3 && key % 7 === 0 ? null : `${key} in round ${round}`)
    for (const key of keys) builder.append(`k${key}`, value(key), TIME_MS + round * 1000)
    const [base] = await log.append([builder.build()])
    for (const [at, key] of keys.entries())
      last.set(`k${key}`, { offset: base! + at, value: value(key) })
  }
  const some = (round: number) =>
    Array.from({ length: 40 }, (_, key) => key).filter((key) => (key + round) % 3 > 0)
  for (let round = 0; round < 12; round++) await write(first, round, some(round))
  for (let round = 12; round < 16; round++) await write(second, round, some(round))
  const log = await open(t, kafka)
  const lines = (records: readonly Placed[]) =>
    records.map(({ offset, key, value }) => `${offset} ${key} ${value}`)
  const expectedNow = () =>
    [...last]
      .filter(([, { value }]) => value !== null)
      .sort(([, a], [, b]) => a.offset - b.offset)
      .map(([key, { offset, value }]) => `${offset} ${key} ${value}`)
  let records: readonly Placed[] = []
  let expected: readonly string[] = []
  // A tombstone goes when its part of the log is cleaned once more, which takes something new; the segment written last stays as it is.
  for (let round = 16; round < 200; round++) {
    await write(second, round, [1000 + 7 * round])
    expected = expectedNow()
    await setTimeout(500)
    records = await consumeAll(log, topic)
    if (records.length <= expected.length) break
  }
  t.strictSame(lines(records), expected, 'the last value of each key, at its offset')
  t.strictSame(lines(await pageAll(log, topic)), expected)
  const batches = await batchesIn(t, kafka, { topic, partition: 0 })
  t.ok(
    batches.some((batch) => batch.records === 0),
    'a batch without records lies between them',
  )
  t.strictSame(
    records.map(consoleLine),
    await consoleLines(kafka, topic, { records: records.length }),
  )

  const offsets = new Set(records.map(({ offset }) => offset))
  const gap = [...offsets].find((offset) => !offsets.has(offset + 1))! + 1
  const behind = expected.filter((line) => Number.parseInt(line, 10) > gap)
  t.ok(behind.length > 0 && behind.length < expected.length, 'there is a gap within')
  const page = await log.read({ topic, partition: 0 }, gap, { records: 1000 })
  t.strictSame(
    lines(page.records.map((each) => ({ ...each, partition: 0 }))),
    behind,
    'from within a gap',
  )
  const group = `interop-${randomUUID()}`
  await log.alterGroupOffsets(group, [{ topic, partition: 0, offset: gap }])
  const consumer = await log.consumer({ group, topics: [topic] })
  t.teardown(() => consumer.close())
  t.strictSame(
    lines(await consumeTo(consumer, await log.offsets(topic))),
    behind,
    'from a commit within a gap',
  )
  await consumer.seek({ topic, partition: 0 }, 0)
  t.strictSame(
    lines(await consumeTo(consumer, await log.offsets(topic))),
    expected,
    'from the beginning, which is gone',
  )
})

t.test(
  'what is written with each codec, the Java console consumer and kcat read exactly',
  async (t) => {
    const kafka = await service(t, 'kafka')
    if (!kafka) return
    const tool = await service(t, 'kcat')
    if (!tool) return
    const reader = await open(t, kafka)
    for (const codec of codecs) {
      const log = await open(t, kafka, { 'compression.type': codec })
      const topic = await madeTopic(log, 2)
      const texts = [
        { key: 'h', value: 'ä' },
        { key: 'h', value: null },
        { key: 'i', value: '' },
      ]
      const batches = [0, 1].map((partition) => {
        const builder = new BatchBuilder({ topic, partition })
        builder.append('schlüssel 𝄞', 'wért 𝄞', TIME_MS, texts)
        builder.append(null, 'without a key', TIME_MS - 5)
        builder.append('tombstone', null, 0)
        builder.append('', '', TIME_MS + 1, [{ key: '', value: 'x' }])
        for (let at = 0; at < 500; at++)
          builder.append(`k${at}`, `${partition} ${'y'.repeat(at)}`, TIME_MS + at)
        return builder.build()
      })
      t.strictSame(await log.append(batches), [0, 0])
      t.strictSame(await codecsIn(t, kafka, { topic, partition: 1 }), [codec])
      const records = await consumeAll(reader, topic)
      t.equal(records.length, 1008)
      const lines = await consoleLines(kafka, topic, { records: records.length })
      t.strictSame(lines, records.map(consoleLine), `${codec}: the console consumer`)
      t.strictSame(lines.slice(0, 4), [
        `CreateTime:${TIME_MS}\tPartition:0\tOffset:0\th:ä,h:null,i:\tschlüssel 𝄞\twért 𝄞`,
        `CreateTime:${TIME_MS - 5}\tPartition:0\tOffset:1\tNO_HEADERS\tnull\twithout a key`,
        'CreateTime:0\tPartition:0\tOffset:2\tNO_HEADERS\ttombstone\tnull',
        `CreateTime:${TIME_MS + 1}\tPartition:0\tOffset:3\t:x\t\t`,
      ])
      const format = '%p %o %T %K %S %k %s %h\n'
      const args = [
        '-C',
        '-q',
        '-e',
        '-b',
        kafka.url!,
        '-t',
        topic,
        '-o',
        'beginning',
        '-f',
        format,
      ]
      const read = (await output(tool.info['kcat']!, args))
        .toString('utf8')
        .split('\n')
        .slice(0, -1)
      const size = (bytes: Buffer | null) => bytes?.length ?? -1
      t.strictSame(
        read.sort(),
        records
          .map(({ partition, offset, timestamp, key, value, headers }) =>
            [
              ...[partition, offset, timestamp, size(key), size(value), key ?? '', value ?? ''],
              headers.map((each) => `${each.key}=${each.value ?? 'NULL'}`).join(','),
            ].join(' '),
          )
          .sort(),
        `${codec}: kcat`,
      )
    }
  },
)
