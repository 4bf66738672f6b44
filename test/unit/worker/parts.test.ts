import t from 'tap'
import { BatchException, ConnectException, type SinkRecord } from '../../../runtime/api/index.ts'
import type { LogRecord } from '../../../runtime/log/log.ts'
import { Backlog } from '../../../runtime/worker/backlog.ts'
import { backoffMs, pause } from '../../../runtime/worker/backoff.ts'
import { createConverters } from '../../../runtime/worker/converters.ts'
import { unlessAborted, withDeadline } from '../../../runtime/worker/deadline.ts'
import { loadPlugins } from '../../../runtime/worker/load-plugins.ts'
import { fromPortable, printTrace, toPortable } from '../../../runtime/worker/portable-error.ts'
import { RecordDraft } from '../../../runtime/worker/record-draft.ts'
import { redactor } from '../../../runtime/worker/secrets.ts'
import { SerialCalls } from '../../../runtime/worker/serial-calls.ts'
import { SinkBatch } from '../../../runtime/worker/sink-batch.ts'
import { sinkSubscription } from '../../../runtime/worker/sink-config.ts'
import { SinkOffsets } from '../../../runtime/worker/sink-offsets.ts'

t.test('an error crosses threads with code, hint, stack and causes, and without secrets', (t) => {
  const cause = new Error('postgres://bob:tiger@db refused')
  const error = new ConnectException('Cannot connect with hunter2', {
    cause,
    hint: 'Is hunter2 right?',
  })
  const portable = structuredClone(toPortable(error, redactor({ password: 'hunter2' }, {})))
  t.match(portable, { name: 'ConnectException', code: 'CONNECT_ERROR', hint: 'Is [hidden] right?' })
  const back = fromPortable(portable)
  t.match(back, { message: 'Cannot connect with [hidden]', code: 'CONNECT_ERROR' })
  t.ok(back.cause instanceof Error)
  const trace = printTrace(portable)
  t.match(
    trace,
    /^ConnectException: Cannot connect with \[hidden\]\n\s+at .*\nHint: Is \[hidden\] right\?\nCaused by: Error: postgres:/s,
  )
  t.notMatch(trace, /tiger|hunter2/)
  t.match(toPortable('just a text'), { message: 'just a text' })
  t.end()
})

t.test('an error that is its own cause does not go on for ever', (t) => {
  const error = new Error('loop')
  error.cause = error
  t.ok(printTrace(toPortable(error)).length < 50_000)
  t.end()
})

t.test('secrets are found by type and by name', (t) => {
  const def = { odd: { type: 'password', importance: 'high', doc: '' } } as const
  const clean = redactor({ odd: 'abc', 'api.token': 'abcdef', plain: 'visible', pin: '12' }, def)
  t.equal(clean('abcdef abc visible 12'), '[hidden] [hidden] visible 12')
  t.end()
})

const record = (offset: number, size = 1): LogRecord => ({
  offset,
  timestamp: 0,
  timestampType: 'CreateTime',
  key: null,
  value: Buffer.alloc(size),
  headers: [],
})
const fetched = (partition: number, offsets: readonly number[], next: number, size?: number) => ({
  topic: 't',
  partition,
  records: offsets.map((offset) => record(offset, size)),
  next,
})

t.test(
  'a backlog hands out slices by count, and says where each partition stands after them',
  (t) => {
    const backlog = new Backlog()
    backlog.add([fetched(0, [0, 1, 2, 5], 9), fetched(1, [7], 8)])
    t.equal(backlog.records, 5)
    const all = { bytes: Number.POSITIVE_INFINITY }
    t.match(backlog.take({ records: 3, ...all }), [{ partition: 0, from: 0, to: 3, next: 5 }])
    t.match(backlog.take({ records: 3, ...all }), [
      { partition: 0, from: 3, to: 4, next: 9 },
      { partition: 1, from: 0, to: 1, next: 8 },
    ])
    t.ok(backlog.isEmpty)
    backlog.add([fetched(0, [], 20)])
    t.notOk(backlog.isEmpty, 'a gap alone must be noted too')
    t.match(backlog.take({ records: 3, ...all }), [{ from: 0, to: 0, next: 20 }])
    t.end()
  },
)

t.test('a backlog hands out by bytes, at least one record', (t) => {
  const backlog = new Backlog()
  backlog.add([fetched(0, [0, 1, 2], 3, 100)])
  const sizes = []
  while (!backlog.isEmpty) sizes.push(backlog.take({ records: 10, bytes: 200 })[0]?.records.length)
  t.equal(sizes.length, 2)
  backlog.add([fetched(0, [0, 1], 2, 100)])
  t.match(backlog.take({ records: 10, bytes: 5 }), [{ from: 0, to: 1 }])
  t.end()
})

t.test('a backlog forgets partitions that were taken away', (t) => {
  const backlog = new Backlog()
  backlog.add([fetched(0, [0, 1], 2), fetched(1, [0], 1)])
  backlog.drop(new Set(['t-0']))
  t.equal(backlog.records, 1)
  t.match(backlog.take({ records: 9, bytes: 9 }), [{ partition: 1 }])
  t.end()
})

const sinkRecord = (partition: number, offset: number) =>
  ({ originalTopic: 't', originalPartition: partition, originalOffset: offset }) as SinkRecord

function batchOf(...places: readonly (readonly [number, number])[]): SinkBatch {
  const slices = places.map(([partition, offset]) => ({
    topic: 't',
    partition,
    records: [record(offset)],
    from: 0,
    to: 1,
    next: offset + 1,
  }))
  const decoder = {
    decode: (_: string, partition: number, { offset }: LogRecord) => sinkRecord(partition, offset),
  }
  const judge = { toleratesAll: false, judge: () => 'fail' as const, refuse() {} }
  return SinkBatch.decode(slices, decoder as never, judge)
}

t.test(
  'a failed put names the range of each partition, or the very records where they are known',
  (t) => {
    const batch = batchOf([0, 3], [0, 4], [1, 9])
    t.match(batch.failure(new Error('no')).message, 'one of 3 records at t-0@3-4, t-1@9: no')
    const named = new BatchException(new Map([[1, new Error('bad')]]))
    t.match(batch.failure(named).message, /the records at t-0@4: /)
    batch.drop(new Set(['t-0']))
    t.equal(batch.records.length, 1)
    t.strictSame(batch.ends, [{ topic: 't', partition: 1, offset: 10 }])
    t.end()
  },
)

t.test('offsets of a partition that was taken away are not committed', (t) => {
  const offsets = new SinkOffsets()
  const [one, two] = [
    { topic: 't', partition: 0 },
    { topic: 't', partition: 1 },
  ]
  offsets.assign(one, 5)
  offsets.assign(two, 5)
  offsets.deliver([
    { ...one, offset: 8 },
    { ...two, offset: 9 },
  ])
  offsets.forget([two])
  offsets.deliver([{ ...two, offset: 12 }])
  t.strictSame(offsets.uncommitted(), [{ ...one, offset: 8 }])
  offsets.commit([{ ...one, offset: 8 }])
  t.strictSame(offsets.uncommitted(), [])
  offsets.deliver([{ ...one, offset: 10 }])
  t.strictSame(offsets.rewind(), [{ ...one, offset: 8 }])
  t.strictSame(offsets.uncommitted(), [])
  t.end()
})

t.test(
  'a draft keeps the last offset of each source partition, and tells a bigint from a text',
  (t) => {
    const draft = new RecordDraft()
    draft.append('t', 0, null, 'one', 1, undefined)
    draft.advance({ file: 'a' }, { n: 1 })
    draft.append('t', 1, null, 'two', 1, undefined)
    draft.advance({ file: 'b' }, { n: 1 })
    draft.advance({ file: 'a' }, { n: 2 })
    draft.advance({ file: 1n }, { n: 3 })
    draft.advance({ file: '1' }, { n: 4 })
    t.match(draft, { records: 2, pulled: 5 })
    const { batches, offsets, records, pulled } = draft.take()
    t.strictSame([records, pulled], [2, 5])
    t.strictSame(batches.map(({ partition }) => partition).sort(), [0, 1])
    t.strictSame(
      offsets.map(({ partition, offset }) => [partition, offset]),
      [
        [{ file: 'a' }, { n: 2 }],
        [{ file: 'b' }, { n: 1 }],
        [{ file: 1n }, { n: 3 }],
        [{ file: '1' }, { n: 4 }],
      ],
    )
    t.ok(draft.isEmpty)
    t.end()
  },
)

t.test('a draft closes a batch when it is large', (t) => {
  const draft = new RecordDraft()
  for (let i = 0; i < 10; i++) draft.append('t', 0, null, 'x'.repeat(100_000), 1, undefined)
  draft.advance({}, {})
  const { batches } = draft.take()
  t.ok(batches.length >= 3 && batches.every(({ bytes }) => bytes.length < 400_000))
  t.end()
})

t.test('calls of a sink never overlap, whatever becomes of one', async (t) => {
  const calls = new SerialCalls()
  const seen: string[] = []
  const slow = calls.run(async () => {
    seen.push('slow begins')
    await pause(20, new AbortController().signal)
    seen.push('slow fails')
    throw new Error('slow')
  })
  const next = calls.run(async () => seen.push('next'))
  await t.rejects(slow, { message: 'slow' })
  await next
  t.strictSame(seen, ['slow begins', 'slow fails', 'next'])
})

t.test('waiting ends at the deadline or the signal', async (t) => {
  const never = new Promise<number>(() => {})
  await t.rejects(withDeadline(never, 'It', 10), {
    code: 'CONNECT_TIMEOUT',
    message: /It did not answer within 0.01 s/,
  })
  t.equal(await withDeadline(7, 'It'), 7)
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 10)
  t.equal(await unlessAborted(never, stop.signal), undefined)
  t.equal(await unlessAborted(Promise.reject(new Error('late')), stop.signal), undefined)
  for (const attempt of [1, 5, 50]) {
    const ms = backoffMs(attempt)
    t.ok(ms >= 150 && ms <= 30_000, `${attempt}: ${ms}`)
  }
})

t.test('a sink reads its topics, or those that match, as the group of its name', (t) => {
  const id = { connector: 'out', task: 0 }
  const embedded = { log: 'embedded', consumer: {} } as const
  t.strictSame(sinkSubscription(id, { topics: ' a, b ,,a' }, embedded), {
    group: 'connect-out',
    topics: ['a', 'b'],
    start: 'earliest',
    mostRecords: undefined,
  })
  const given = {
    'topics.regex': 'in-.*',
    'consumer.override.group.id': 'mine',
    'consumer.override.max.poll.records': '20',
    'consumer.override.auto.offset.reset': 'latest',
  }
  const overridden = sinkSubscription(id, given, embedded)
  t.match(overridden, { group: 'mine', start: 'latest', mostRecords: 20 })
  t.ok((overridden.topics as RegExp).test('in-1'))
  t.notOk((overridden.topics as RegExp).test('not-in-1'))
  t.throws(() => sinkSubscription(id, {}, embedded), { code: 'CONNECT_CONFIG' })
  const consumer = { 'max.poll.records': '30', 'auto.offset.reset': 'by_duration:PT1H' }
  const kafka = { log: 'kafka', consumer } as const
  t.match(sinkSubscription(id, { topics: 'a' }, kafka), { start: undefined, mostRecords: 30 })
  t.match(sinkSubscription(id, given, kafka), { group: 'mine', start: undefined, mostRecords: 20 })
  t.end()
})

t.test('a converter is configured at the level that names its class', async (t) => {
  const plugins = await loadPlugins([])
  const json = 'org.apache.kafka.connect.json.JsonConverter'
  const string = 'org.apache.kafka.connect.storage.StringConverter'
  const defaults = {
    keyConverter: { 'key.converter': string },
    valueConverter: { 'value.converter': json, 'value.converter.schemas.enable': 'false' },
    headerConverter: {},
  }
  const bytes = Buffer.from('{"a":1}')
  const ignored = createConverters({ 'value.converter.schemas.enable': 'true' }, defaults, plugins)
  t.strictSame(ignored.value.toConnect('t', bytes), { schema: null, value: { a: 1 } })
  const own = createConverters({ 'value.converter': json }, defaults, plugins)
  t.throws(
    () => own.value.toConnect('t', bytes),
    { code: 'CONNECT_DATA' },
    'schemas.enable is true by default',
  )
  t.throws(() => createConverters({ 'key.converter': 'Nope' }, defaults, plugins), {
    code: 'CONNECT_CONFIG',
    message:
      /Failed to find any class that implements Converter and which name matches Nope, available converters are: /,
  })
  const text = createConverters({ 'header.converter': 'StringConverter' }, defaults, plugins)
  t.equal(String(text.header.fromConnectHeader('t', { key: 'h', schema: null, value: 'x' })), 'x')
})
