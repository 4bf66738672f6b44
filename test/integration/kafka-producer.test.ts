import t, { type Test } from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type { Log, LogRecord, TopicPartition } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { batchOf, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { service } from '../helpers/services.ts'

async function openOn(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const broker = await service(t, 'kafka')
  if (broker === undefined) return undefined
  const common = { 'bootstrap.servers': `${broker.host}:${broker.port}`, ...settings }
  const log = await openLog({ kind: 'kafka', common })
  t.teardown(() => log.close())
  return log
}

async function makePlace(log: Log, settings = {}): Promise<TopicPartition> {
  const topic = uniqueName('producer')
  await log.createTopic({ topic, partitions: 1, settings })
  return { topic, partition: 0 }
}

/** Records of 400 bytes that name themselves. */
function largeBatch(place: TopicPartition, from: number, count: number) {
  const builder = new BatchBuilder(place)
  for (let n = from; n < from + count; n++)
    builder.append(`k${n}`, `v${n}`.padEnd(400, '.'), 1000 + n)
  return builder.build()
}

const namesOf = (records: readonly LogRecord[]) =>
  valuesOf(records).map((value) => value?.replace(/\.+$/, ''))

const named = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `v${from + i}`)

t.test('a batch larger than the topic takes is cut and written in order', async (t) => {
  const log = await openOn(t)
  if (log === undefined) return
  const place = await makePlace(log, { 'max.message.bytes': '10000' })
  const calls = [0, 100, 200].map((from) => log.append([largeBatch(place, from, 100)]))
  t.same(await Promise.all(calls), [[0], [100], [200]])
  const { records } = await log.read(place, 'earliest', { records: 1000 })
  t.same(namesOf(records), named(0, 300))
})

t.test('a batch larger than max.request.size is cut and written in order', async (t) => {
  const log = await openOn(t, { 'max.request.size': '5000' })
  if (log === undefined) return
  const place = await makePlace(log)
  t.same(await log.append([largeBatch(place, 0, 50), largeBatch(place, 50, 50)]), [0, 50])
  const { records } = await log.read(place, 'earliest', { records: 1000 })
  t.same(namesOf(records), named(0, 100))
})

t.test('a record that is too large by itself is refused with sizes and settings', async (t) => {
  const log = await openOn(t)
  if (log === undefined) return
  const place = await makePlace(log, { 'max.message.bytes': '300' })
  const refused = { code: 'CONNECT_ERROR', message: /300 bytes that max\.message\.bytes/ }
  await t.rejects(log.append([largeBatch(place, 0, 1)]), {
    ...refused,
    hint: /max\.message\.bytes/,
  })
  const own = await openOn(t, { 'max.request.size': '300' })
  if (own === undefined) return
  await t.rejects(own.append([largeBatch(place, 0, 1)]), {
    code: 'CONNECT_ERROR',
    message: /300 bytes that max\.request\.size/,
    hint: /producer\.override\.max\.request\.size/,
  })
  t.same(await log.append([batchOf(place, 0, 1)]), [0], 'the next one is written')
})

t.test(
  'a record without a key is refused by a compacted topic, the others are not lost',
  async (t) => {
    const log = await openOn(t)
    if (log === undefined) return
    const place = await makePlace(log, { 'cleanup.policy': 'compact' })
    const builder = new BatchBuilder(place)
    builder.append(null, 'no key', 1)
    const keyless = log.append([builder.build()])
    const batch = batchOf(place, 0, 1)
    const behind = log.append([batch])
    await t.rejects(keyless, { message: /INVALID_RECORD|CORRUPT_MESSAGE/, hint: /key/ })
    await t.rejects(behind, { code: 'CONNECT_RETRIABLE' }, 'order: it comes again')
    t.same(await log.append([batch]), [0])
  },
)

for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
  t.test(`compression.type=${codec} is what the log holds, and reads the same`, async (t) => {
    const log = await openOn(t, { 'compression.type': codec })
    if (log === undefined) return
    const place = await makePlace(log)
    const small = await makePlace(log, { 'max.message.bytes': '900' })
    t.same(await log.append([largeBatch(place, 0, 50), largeBatch(place, 50, 50)]), [0, 50])
    const { records } = await log.read(place, 'earliest', { records: 1000 })
    t.same(namesOf(records), named(0, 100))
    // 20 kB of dots: only what was compressed passes there.
    await log.append([largeBatch(small, 0, 50)])
    const { records: cut } = await log.read(small, 'earliest', { records: 1000 })
    t.same(namesOf(cut), named(0, 50))
  })
}

t.test('the stock codec writes and reads the same', async (t) => {
  const broker = await service(t, 'kafka')
  if (broker === undefined) return
  const common = { 'bootstrap.servers': `${broker.host}:${broker.port}` }
  const log = await openLog({ kind: 'kafka', common, codec: 'stock' })
  t.teardown(() => log.close())
  const topic = uniqueName('producer')
  await log.createTopic({ topic, partitions: 2 })
  const [a, b] = [0, 1].map((partition) => ({ topic, partition })) as [never, never]
  t.same(await log.append([batchOf(a, 0, 5), batchOf(b, 0, 5), batchOf(a, 5, 5)]), [0, 0, 5])
  const consumer = await log.consumer({ topics: [topic] })
  t.teardown(() => consumer.close())
  const values: (string | null)[] = []
  while (values.length < 15)
    for (const { records } of await consumer.poll({ timeoutMs: 1000 }))
      values.push(...valuesOf(records))
  t.same(values.sort(), [...named(0, 10), ...named(0, 5)].sort())
})

t.test('a batch is appended once, however often it is asked for', async (t) => {
  const log = await openOn(t)
  if (log === undefined) return
  const place = await makePlace(log)
  const batch = batchOf(place, 0, 1)
  await t.rejects(log.append([batch, batch]), { code: 'CONNECT_ERROR', hint: /once/ })
  const first = log.append([batch])
  await t.rejects(log.append([batch]), { code: 'CONNECT_ERROR', hint: /once/ })
  t.same(await first, [0])
  await t.rejects(log.append([batch]), { code: 'CONNECT_ERROR', hint: /once/ })
  t.equal((await log.offsets(place.topic))[0]?.latest, 1)
})

t.test('whoever opens a transactional id later fences off the one before', async (t) => {
  const log = await openOn(t)
  if (log === undefined) return
  const place = await makePlace(log)
  const transactionalId = uniqueName('fenced')
  const open = () => {
    const { log: scoped, release } = log.scope({ task: 'fenced-0', transactionalId })
    t.teardown(release)
    return scoped
  }
  const first = open()
  t.same(await first.append([batchOf(place, 0, 1)]), [0])
  const second = open()
  t.same(await second.append([batchOf(place, 1, 1)]), [2])
  const late = batchOf(place, 9, 1)
  await t.rejects(first.append([late]), { code: 'CONNECT_FENCED' })
  await t.rejects(first.append([late]), { code: 'CONNECT_FENCED' }, 'for good')
  t.same(await second.append([batchOf(place, 2, 1)]), [4], 'and disturbs nobody')
  const { records } = await second.read(place, 'earliest', { records: 10 })
  t.same(valuesOf(records), named(0, 3))
})

t.test(
  'a transaction that fails leaves nothing to be read, and the next one is whole',
  async (t) => {
    const log = await openOn(t)
    if (log === undefined) return
    const place = await makePlace(log, { 'max.message.bytes': '300' })
    const { log: scoped, release } = log.scope({
      task: 'a-0',
      transactionalId: uniqueName('aborted'),
    })
    t.teardown(release)
    const good = batchOf(place, 0, 2)
    const tooLarge = largeBatch(place, 5, 1)
    await t.rejects(scoped.append([good, tooLarge]), { code: 'CONNECT_ERROR' })
    t.same((await log.read(place, 'earliest', { records: 10 })).records, [])
    const [offset] = await scoped.append([good])
    t.ok(offset !== undefined && offset > 2, 'behind the aborted records and their marker')
    const { records } = await scoped.read(place, 'earliest', { records: 10 })
    t.same(valuesOf(records), named(0, 2))
  },
)

for (const [acks, offset] of [
  ['1', 0],
  ['0', -1],
] as const) {
  t.test(`acks=${acks} is honoured when somebody asks for it`, async (t) => {
    const log = await openOn(t)
    if (log === undefined) return
    const place = await makePlace(log)
    const scope = log.scope({ task: 'acks-0', producer: { acks } })
    t.teardown(scope.release)
    t.same(await scope.log.append([batchOf(place, 0, 3)]), [offset])
    for (let found = 0; found < 3; ) found = (await log.offsets(place.topic))[0]?.latest ?? 0
    const { records } = await log.read(place, 'earliest', { records: 10 })
    t.same(valuesOf(records), named(0, 3))
  })
}
