import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isRetriable } from '../../runtime/api/errors.ts'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type { EncodedBatch, Log, TopicPartition } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { batchOf, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { type OwnService, startOwn } from '../helpers/services.ts'

/** So that a broken broker is reported while the test looks. */
const impatient = { 'delivery.timeout.ms': '3000', 'request.timeout.ms': '2000' }

async function openLogOn(t: Test, broker: OwnService, settings = {}): Promise<Log> {
  const common = { 'bootstrap.servers': `${broker.host}:${broker.port}`, ...settings }
  const log = await openLog({ kind: 'kafka', common })
  t.teardown(() => log.close())
  return log
}

async function makeTopic(log: Log, partitions = 1): Promise<string> {
  const topic = uniqueName('faults')
  await log.createTopic({ topic, partitions })
  return topic
}

/** As the host does it: the very same batches again, until they are taken. Counts how often they came back. */
async function insist(log: Log, batches: readonly EncodedBatch[], onReturned = () => {}) {
  for (;;) {
    try {
      return await log.append(batches)
    } catch (error) {
      if (!isRetriable(error)) throw error
      onReturned()
      await sleep(50)
    }
  }
}

async function readAll(log: Log, place: TopicPartition): Promise<(string | null)[]> {
  const values: (string | null)[] = []
  for (let from = 0; ; ) {
    const { records, next } = await log.read(place, from, { records: 10_000 })
    if (records.length === 0) return values
    values.push(...valuesOf(records))
    from = next
  }
}

/** As records of a live source. */
function freshBatch(place: TopicPartition, from: number, count: number): EncodedBatch {
  const builder = new BatchBuilder(place)
  for (let n = from; n < from + count; n++) builder.append(`k${n}`, `v${n}`, Date.now())
  return builder.build()
}

const named = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)

t.test('a broker that is killed in the middle costs nothing and doubles nothing', async (t) => {
  const broker = await startOwn(t, 'kafka', { heap: '256m' })
  if (broker === undefined) return
  const log = await openLogOn(t, broker)
  let isOver = false
  let returned = 0
  const flavours = [
    { transactionalId: undefined, nextBatch: freshBatch },
    { transactionalId: uniqueName('killed'), nextBatch: freshBatch },
    // Records of 1970, as from an old capture: the broker forgets their producer when it starts.
    { transactionalId: undefined, nextBatch: batchOf },
    { transactionalId: uniqueName('killed'), nextBatch: batchOf },
  ]
  const written = flavours.map(async ({ transactionalId, nextBatch }) => {
    const scope = log.scope({ task: 'kills-0', ...(transactionalId && { transactionalId }) })
    t.teardown(scope.release)
    const topic = await makeTopic(log, 3)
    const writers = [0, 1, 2].map(async (partition) => {
      let count = 0
      const onReturned = () => void returned++
      for (; !isOver; count += 5)
        await insist(scope.log, [nextBatch({ topic, partition }, count, 5)], onReturned)
      return count
    })
    return { scope, topic, counts: await Promise.all(writers) }
  })
  for (let kill = 0; kill < 3; kill++) {
    await sleep(1500)
    await broker.kill()
    await broker.start()
  }
  await sleep(1500)
  isOver = true
  for (const { scope, topic, counts } of await Promise.all(written)) {
    for (const [partition, count] of counts.entries()) {
      t.ok(count > 0)
      t.same(await readAll(scope.log, { topic, partition }), named(count))
    }
  }
  t.comment(`calls that came back: ${returned}`)
})

t.test('what a silent broker gave back is written once when it is back', async (t) => {
  const broker = await startOwn(t, 'kafka', { heap: '256m' })
  if (broker === undefined) return
  const log = await openLogOn(t, broker, impatient)
  const topic = await makeTopic(log, 2)
  const [a, b] = [0, 1].map((partition) => ({ topic, partition })) as [never, never]
  await log.append([batchOf(a, 0, 5), batchOf(b, 0, 5)])
  await broker.kill()
  const first = [batchOf(a, 5, 5), batchOf(b, 5, 5)]
  const second = [batchOf(a, 10, 5)]
  const outcomes = await Promise.allSettled([log.append(first), log.append(second)])
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected' && isRetriable(outcome.reason)))
  await broker.start()
  t.same(await insist(log, first), [5, 5])
  t.same(await insist(log, second), [10])
  t.same(await readAll(log, a), named(15))
  t.same(await readAll(log, b), named(10))
})

t.test(
  'a topic that is deleted is missed in words, and written to when it is there again',
  async (t) => {
    const settings = { 'auto.create.topics.enable': 'false' }
    const broker = await startOwn(t, 'kafka', { heap: '256m', settings })
    if (broker === undefined) return
    const log = await openLogOn(t, broker)
    const place = { topic: await makeTopic(log), partition: 0 }
    await log.append([batchOf(place, 0, 5)])
    await log.append([batchOf(place, 5, 5)])
    await log.deleteTopic(place.topic)
    t.equal(await log.autoCreateTopic(place.topic), null)
    const batch = batchOf(place, 10, 5)
    const missing = { code: 'CONNECT_ERROR', message: /does not exist/, hint: /auto\.create/ }
    await t.rejects(log.append([batch]), missing)
    await t.rejects(log.append([batch]), missing)
    await log.createTopic({ topic: place.topic })
    t.same(await log.append([batch]), [0])
    t.same(await readAll(log, place), ['v10', 'v11', 'v12', 'v13', 'v14'])
  },
)

t.test('a topic that is missing is made by a broker that does so', async (t) => {
  const settings = { 'auto.create.topics.enable': 'true', 'num.partitions': '3' }
  const broker = await startOwn(t, 'kafka', { heap: '256m', settings })
  if (broker === undefined) return
  const log = await openLogOn(t, broker)
  const topic = uniqueName('auto')
  t.same(await log.append([batchOf({ topic, partition: 2 }, 0, 1)]), [0])
  t.equal((await log.describeTopic(topic))?.partitions, 3)
  await t.rejects(log.append([batchOf({ topic: uniqueName('auto'), partition: 3 }, 0, 1)]), {
    code: 'CONNECT_ERROR',
    message: /3 partitions/,
  })
  t.equal((await log.autoCreateTopic(uniqueName('auto')))?.partitions, 3)
})

t.test('a log is closed in time, whatever is under way and whoever does not answer', async (t) => {
  const broker = await startOwn(t, 'kafka', { heap: '256m' })
  if (broker === undefined) return
  const log = await openLogOn(t, broker)
  const place = { topic: await makeTopic(log), partition: 0 }
  const scopes = [undefined, uniqueName('closed')].map((transactionalId) =>
    log.scope({ task: 'closed-0', ...(transactionalId && { transactionalId }) }),
  )
  for (const scope of scopes) await scope.log.append([batchOf(place, 0, 1)])
  await broker.kill()
  const outcomes = Promise.allSettled(
    [...scopes.map((scope) => scope.log), log].map((each) => each.append([batchOf(place, 1, 1)])),
  )
  await sleep(200)
  const beganAt = performance.now()
  await Promise.all(scopes.map((scope) => scope.release()))
  await log.close()
  t.ok(performance.now() - beganAt < 25_000, 'half a minute of patience is not waited for')
  for (const outcome of await outcomes)
    t.ok(outcome.status === 'rejected' && isRetriable(outcome.reason))
})
