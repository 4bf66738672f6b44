import t from 'tap'
import {
  type RawConfig,
  type SinkRecord,
  type SourceRecord,
  STRING,
} from '../../../runtime/api/index.ts'
import { decodeBatch } from '../../../runtime/log/batch/batch-decoder.ts'
import type { Log, LogRecord } from '../../../runtime/log/log.ts'
import { createConverters } from '../../../runtime/worker/converters.ts'
import { loadPlugins } from '../../../runtime/worker/load-plugins.ts'
import { RecordDraft } from '../../../runtime/worker/record-draft.ts'
import { SinkRecordDecoder } from '../../../runtime/worker/sink-record-decoder.ts'
import { SourceRecordEncoder } from '../../../runtime/worker/source-record-encoder.ts'
import { TopicPartitions } from '../../../runtime/worker/topic-partitions.ts'
import { TransformationChain } from '../../../runtime/worker/transformation-chain.ts'

const plugins = await loadPlugins([])
const string = 'org.apache.kafka.connect.storage.StringConverter'
const converters = createConverters(
  {},
  {
    keyConverter: { 'key.converter': string },
    valueConverter: { 'value.converter': string },
    headerConverter: {},
  },
  plugins,
)

/** A log that has topics of three partitions, and makes none. */
const topics = {
  describeTopic: async (topic: string) => ({ topic, partitions: 3, settings: {} }),
} as Partial<Log> as Log

function encoder(raw: RawConfig = {}) {
  const draft = new RecordDraft()
  const partitions = new TopicPartitions(topics, null)
  const encode = new SourceRecordEncoder(
    TransformationChain.create(raw, plugins),
    converters,
    partitions,
    draft,
    { judge: () => 'fail' },
  )
  return { draft, partitions, encode }
}

const record = (more: Partial<SourceRecord> = {}): SourceRecord => ({
  sourcePartition: { p: 1 },
  sourceOffset: { n: 7 },
  topic: 't',
  value: 'v',
  ...more,
})

async function encodeAll(records: readonly SourceRecord[], raw: RawConfig = {}) {
  const { draft, partitions, encode } = encoder(raw)
  for (let done = 0; done < records.length; ) {
    done = encode.encode(records, done)
    if (encode.unknownTopic !== undefined) await partitions.learn(encode.unknownTopic)
  }
  return draft
    .take()
    .batches.map((batch) => ({ ...batch, decoded: decodeBatch(batch.bytes, batch) }))
}

t.test(
  'key, value, headers, timestamp and partition of a source record reach the log, and a sink as they were',
  async (t) => {
    const headers = [
      { key: 'h', schema: STRING, value: 'one' },
      { key: 'h', schema: STRING, value: 'two' },
    ]
    const [batch] = await encodeAll([
      record({ key: 'k', keySchema: STRING, headers, timestamp: 1234, partition: 2 }),
    ])
    t.match(batch, { topic: 't', partition: 2, records: 1 })
    const [raw] = batch?.decoded ?? []
    const decoder = new SinkRecordDecoder(TransformationChain.create({}, plugins), converters)
    const sunk = decoder.decode('t', 2, raw as LogRecord) as SinkRecord
    t.match(sunk, {
      topic: 't',
      partition: 2,
      key: 'k',
      value: 'v',
      timestamp: 1234,
      timestampType: 'CreateTime',
      originalTopic: 't',
      originalOffset: 0,
    })
    t.strictSame(
      sunk.headers.map(({ key, value }) => [key, value]),
      [
        ['h', 'one'],
        ['h', 'two'],
      ],
    )
  },
)

t.test('without a timestamp it is now; none that Kafka would refuse passes', async (t) => {
  t.plan(4)
  const before = Date.now()
  const [batch] = await encodeAll([record(), record({ timestamp: -1 })])
  for (const { timestamp } of batch?.decoded ?? [])
    t.ok(timestamp >= before && timestamp <= Date.now())
  for (const timestamp of [-2, 1.5]) {
    await t.rejects(encodeAll([record({ timestamp })]), {
      code: 'CONNECT_DATA',
      message: /Invalid record timestamp/,
    })
  }
})

t.test(
  'a partition that the topic does not have is refused with the place of the record',
  async (t) => {
    await t.rejects(encodeAll([record({ partition: 3 })]), {
      code: 'CONNECT_DATA',
      message:
        /source partition \{"p":1\}, offset \{"n":7\}, for topic t: Invalid partition 3 for topic t, which has 3/,
    })
  },
)

t.test('a transformation may send records to topics that nobody knew', async (t) => {
  const raw = {
    transforms: 'route',
    'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.route.regex': '(.*)',
    'transforms.route.replacement': 'new-$1',
  }
  const batches = await encodeAll([record(), record({ topic: 'u' })], raw)
  t.strictSame(batches.map(({ topic }) => topic).sort(), ['new-t', 'new-u'])
})
