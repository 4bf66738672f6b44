import t from 'tap'
import {
  BatchException,
  ConnectException,
  DataException,
  RetriableException,
  SchemaBuilder,
  type SinkRecord,
  STRING,
  Struct,
} from '../../../runtime/api/index.ts'
import type { EncodedBatch, Log, LogRecord } from '../../../runtime/log/log.ts'
import { TaskMeter } from '../../../runtime/metrics/task-counts.ts'
import { Backlog } from '../../../runtime/worker/backlog.ts'
import { clientsOf } from '../../../runtime/worker/client-overrides.ts'
import { contextHeaders } from '../../../runtime/worker/dead-letter-headers.ts'
import { DeadLetterQueue } from '../../../runtime/worker/dead-letter-queue.ts'
import { deadLetterConfig, errorConfig } from '../../../runtime/worker/error-config.ts'
import { ErrorLog, type FailedSinkRecord } from '../../../runtime/worker/error-log.ts'
import { RecordException, type Stage } from '../../../runtime/worker/record-exception.ts'
import { RetryWithTolerance, retryDelayMs } from '../../../runtime/worker/retry-with-tolerance.ts'
import { SinkBatch } from '../../../runtime/worker/sink-batch.ts'
import { StageException } from '../../../runtime/worker/stage-exception.ts'
import type { TaskContext } from '../../../runtime/worker/task-context.ts'
import { TaskControl } from '../../../runtime/worker/task-control.ts'
import type { Trouble } from '../../../runtime/worker/task-state.ts'

/** A task's surroundings, and what it said. */
function rig(log: Partial<Log> = {}) {
  const troubles: (Trouble | null)[] = []
  const errors: { fields: object; message: string }[] = []
  const context: TaskContext = {
    id: { connector: 'c', task: 2 },
    log: log as Log,
    workerLog: log as Log,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => errors.push({ fields, message }),
    },
    control: new TaskControl('STARTED'),
    meter: new TaskMeter(),
    reportState() {},
    reportTrouble: (trouble) => troubles.push(trouble),
    enter() {},
    clean: (text) => text.replaceAll('secret', '[hidden]'),
  }
  return { context, troubles, errors, counts: context.meter.counts }
}

const refused = (thrown: unknown, place = 't-0@7', stage: Stage = 'VALUE_CONVERTER') =>
  new RecordException({ stage, class: 'a.Converter', place }, thrown)

const raw: LogRecord = {
  offset: 7,
  timestamp: 1234,
  timestampType: 'LogAppendTime',
  key: null,
  value: Buffer.from('v'),
  headers: [{ key: 'h', value: null }],
}
const failed = (thrown: unknown): FailedSinkRecord => ({
  topic: 't',
  partition: 0,
  raw,
  refused: refused(thrown),
})

t.test('waits double from 300 ms; above the longest they are chance below it', async (t) => {
  t.strictSame(
    [1, 2, 3, 8].map((attempt) => retryDelayMs(attempt, 60_000)),
    [300, 600, 1200, 38_400],
  )
  const chance = Array.from({ length: 200 }, () => retryDelayMs(9, 60_000))
  t.ok(chance.every((ms) => ms >= 0 && ms < 60_000))
  t.ok(new Set(chance).size > 10)
  t.equal(retryDelayMs(1, 0), 0)
})

t.test('only what may be tried again is, and only as long as it is wanted', async (t) => {
  const { context, counts, troubles } = rig()
  const away = new RetriableException('away')
  const config = errorConfig({ 'errors.retry.timeout': '-1' })
  const tolerance = new RetryWithTolerance(context, config)
  t.equal(tolerance.judge(refused(away)), 300)
  t.equal(tolerance.judge(refused(away)), 600)
  t.equal(tolerance.judge(refused(away, 't-0@8')), 300, 'another record begins anew')
  t.match(troubles.at(-1), { message: /away/ })
  tolerance.passed()
  t.equal(troubles.at(-1), null)
  t.equal(tolerance.judge(refused(new DataException('bad'))), 'fail')
  t.equal(tolerance.judge(refused(away, 't-0@9', 'KAFKA_CONSUME')), 'fail')
  t.match(counts, { recordFailures: 5, retries: 3, recordErrors: 2, recordsSkipped: 0 })
  t.ok(counts.lastErrorMs > 0)

  const never = new RetryWithTolerance(context, errorConfig({}))
  t.equal(never.judge(refused(away)), 'fail', 'Connect would lose it here')
  const short = new RetryWithTolerance(context, errorConfig({ 'errors.retry.timeout': '100' }))
  const waitMs = short.judge(refused(away))
  t.ok(typeof waitMs === 'number' && waitMs <= 100, 'cut at the deadline')
})

t.test('tolerance speaks of records, not of the log nor of memory', async (t) => {
  const { context, counts } = rig()
  const all = new RetryWithTolerance(context, errorConfig({ 'errors.tolerance': 'all' }))
  t.equal(all.judge(refused(new TypeError('x is not a function'))), 'skip')
  t.equal(all.judge(refused(new RetriableException('away'))), 'skip')
  t.equal(all.judge(refused(new DataException('bad'), 't-0@7', 'KAFKA_PRODUCE')), 'fail')
  t.equal(all.judge(refused(new RangeError('Array buffer allocation failed'))), 'fail')
  t.match(counts, { recordErrors: 4, recordsSkipped: 2 })
})

t.test('a log line says what Connect says, with the record only if that is wanted', async (t) => {
  const { context, errors, counts } = rig()
  const record = { sourcePartition: { f: 1n }, sourceOffset: {}, topic: 't', value: 'v' }
  const start = "Error encountered in task c-2. Executing stage 'VALUE_CONVERTER' with class 'a.C"
  const error = new DataException('bad')
  new ErrorLog(context, errorConfig({})).ofSink(failed(error))
  t.strictSame(errors, [])
  const plain = new ErrorLog(context, errorConfig({ 'errors.log.enable': 'true' }))
  plain.ofSink(failed(error))
  plain.ofSource(refused(error), record)
  const full = { 'errors.log.enable': 'true', 'errors.log.include.messages': 'true' }
  const telling = new ErrorLog(context, errorConfig(full))
  telling.ofSink(failed(error))
  telling.ofSource(refused(error), record)
  telling.ofSource(refused(error), { ...record, value: 'x'.repeat(100_000) })
  t.strictSame(
    errors.slice(0, 4).map(({ message }) => message),
    [
      `${start}onverter'.`,
      `${start}onverter'.`,
      `${start}onverter', where consumed record is {topic='t', partition=0, offset=7, timestamp=1234, timestampType=LogAppendTime}.`,
      `${start}onverter', where source record is = {"sourcePartition":{"f":"1"},"sourceOffset":{},"topic":"t","value":"v","headers":[]}.`,
    ],
  )
  t.ok((errors[4]?.message.length ?? 0) < 20_000, 'however large the record is')
  t.match(errors[0], { fields: { err: error } })
  const schema = SchemaBuilder.struct().field('user', STRING).field('password', STRING).build()
  const hiding = new Map<string, unknown>([
    ['api_key', 'canary'],
    ['deep', { token: 'canary' }],
  ])
  telling.ofSource(refused(error), {
    ...record,
    valueSchema: schema,
    value: new Struct(schema, ['bob', 'canary']),
    key: hiding,
    headers: [{ key: 'secret', schema: null, value: 'canary' }],
  })
  const last = errors.pop()?.message ?? ''
  t.match(last, /"user":"bob","password":"\[hidden\]"/)
  t.notMatch(last, 'canary', 'I5')
  t.equal(counts.errorsLogged, 6)
})

t.test('headers tell the error itself, under the name that it has in Connect', async (t) => {
  const stage = { index: 0, alias: 'a', class: 'a.Transformation' }
  const told = (thrown: unknown, more: Partial<FailedSinkRecord> = {}) =>
    Object.fromEntries(
      contextHeaders({ ...failed(thrown), ...more }, { connector: 'c', task: 2 }, (text) =>
        text.replaceAll('secret', '[hidden]'),
      ).map(({ key, value }) => [key.replace('__connect.errors.', ''), value]),
    )
  t.match(told(new StageException(stage, new DataException('a secret'))), {
    'class.name': 'a.Transformation',
    'exception.class.name': 'org.apache.kafka.connect.errors.DataException',
    'exception.message': 'a [hidden]',
  })
  t.match(told(new TypeError('x')), { 'exception.class.name': 'TypeError' })
  t.match(told('a text'), { 'exception.message': 'a text' })
})

t.test('the queue is tried with the same batches, for a while', async (t) => {
  const given: (readonly EncodedBatch[])[] = []
  let error: Error = new RetriableException('away', { afterMs: 5 })
  const { context, counts, troubles } = rig({
    describeTopic: async (topic) => ({ topic, partitions: 1, settings: {} }),
    append: async (batches) => {
      given.push(batches)
      throw error
    },
  })
  const config = deadLetterConfig({ 'errors.deadletterqueue.topic.name': ' dlq ' })
  if (config === null) throw new Error('there is a queue')
  const waits: number[] = []
  const wait = async (ms: number) => waits.push(ms) < 3
  const patient = new DeadLetterQueue(context, config, { patienceMs: 60_000 })
  t.equal(await patient.store([failed(new Error('bad'))], wait), false, 'told to give up')
  t.strictSame(waits, [5, 5, 5])
  t.equal(new Set(given).size, 1)
  t.equal(given[0]?.[0]?.topic, 'dlq')
  t.match(troubles.at(-1), { attempt: 3, message: 'Writing dead letters: away' })
  t.match(counts, { deadLetters: 3, deadLetterFailures: 3 })

  const impatient = new DeadLetterQueue(context, config, { patienceMs: 0 })
  await t.rejects(impatient.store([failed(new Error('bad'))], wait), {
    code: 'CONNECT_ERROR',
    message: 'Could not write 1 dead letters to topic dlq: away',
    hint: /not committed/,
  })
  error = new ConnectException('too large')
  await t.rejects(patient.store([failed(new Error('bad'))], wait), { message: /too large/ })
})

t.test('a queue is none without a name; with one the sink has the clients for it', async (t) => {
  t.equal(deadLetterConfig({ 'errors.deadletterqueue.topic.name': ' ' }), null)
  t.strictSame(clientsOf('sink', {}), ['consumer'])
  t.strictSame(clientsOf('sink', { 'errors.deadletterqueue.topic.name': 'dlq' }), [
    'producer',
    'consumer',
    'admin',
  ])
})

const place = (offset: number) =>
  ({ originalTopic: 't', originalPartition: 0, originalOffset: offset }) as SinkRecord

function batchOf(toleratesAll: boolean, verdicts: Readonly<Record<number, number>> = {}) {
  const records = Array.from({ length: 5 }, (_, offset) => ({ ...raw, offset }))
  const slices = [
    { topic: 't', partition: 0, records, from: 0, to: 5, next: 5 },
    { topic: 't', partition: 1, records, from: 1, to: 3, next: 9 },
  ]
  const decoder = {
    decode(_: string, partition: number, { offset }: LogRecord) {
      if (verdicts[offset] !== undefined) throw refused(new Error('bad'))
      return { ...place(offset), originalPartition: partition }
    },
  }
  const judge = {
    toleratesAll,
    judge: ({ raw: { offset } }: FailedSinkRecord) => verdicts[offset] ?? ('fail' as const),
    refuse() {},
  }
  return SinkBatch.decode(slices, decoder as never, judge)
}

t.test('a record that waits keeps all behind it, and a backlog takes that back', async (t) => {
  const batch = batchOf(false, { 3: 250 })
  t.strictSame(batch.ends, [{ topic: 't', partition: 0, offset: 3 }])
  t.equal(batch.records.length, 3)
  const { slices, inMs } = batch.rest ?? { slices: [], inMs: 0 }
  t.equal(inMs, 250)
  const backlog = new Backlog()
  backlog.add([{ topic: 't', partition: 0, records: [{ ...raw, offset: 5 }], next: 6 }])
  backlog.giveBack(slices)
  t.equal(backlog.records, 5)
  const taken = backlog.take({ records: 10, bytes: Number.POSITIVE_INFINITY })
  t.strictSame(
    taken.map(({ partition, records, next }) => [partition, records.map((r) => r.offset), next]),
    [
      [0, [3, 4], 5],
      [1, [1, 2], 9],
      [0, [5], 6],
    ],
  )
})

t.test('records that put names are told apart from trouble and from nonsense', async (t) => {
  const named = (...errors: [number, Error][]) => new BatchException(new Map(errors))
  const away = new RetriableException('away')
  const bad = new DataException('bad')
  t.throws(() => batchOf(true).refuse(named([1, bad], [2, away])), away, 'I2: all of it again')
  t.throws(() => batchOf(true).refuse(away), away)
  t.throws(() => batchOf(true).refuse(named([9, bad])), { message: /one of 7 records at t-0@0-4/ })
  t.throws(() => batchOf(true).refuse(named()), { message: /one of 7 records/ })

  const tolerated = batchOf(true)
  tolerated.refuse(named([5, bad], [1, bad]))
  t.strictSame(
    tolerated.failed.map(({ refused: { place: at, stage } }) => [at, stage]),
    [
      ['t-0@1', 'TASK_PUT'],
      ['t-1@1', 'TASK_PUT'],
    ],
  )
  t.equal(tolerated.failed[0]?.raw.offset, 1)
  t.equal(tolerated.refusal, undefined)
  tolerated.drop(new Set(['t-1']))
  t.equal(tolerated.failed.length, 1, 'the next owner meets it again')

  const fatal = batchOf(false)
  fatal.refuse(named([3, bad], [1, bad]))
  t.match(fatal.refusal, { message: /the records at t-0@1, t-0@3: 2 of/, cause: bad })
  t.strictSame(fatal.ends, [
    { topic: 't', partition: 0, offset: 1 },
    { topic: 't', partition: 1, offset: 9 },
  ])
})
