import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { assign } from '../../../../runtime/log/embedded/range-assignor.ts'
import { openLog } from '../../../../runtime/log/open.ts'

const topic = (name: string, partitions: number, firstId = 1) => ({
  topic: name,
  ids: Array.from({ length: partitions }, (_, i) => firstId + i),
})
type Members = Parameters<typeof assign>[1]

const numbers = (assignment: ReturnType<typeof assign>) =>
  Object.fromEntries([...assignment].map(([id, held]) => [id, held.map((p) => p.partition)]))

t.test(
  'members that start together get consecutive ranges, the first ones the larger',
  async (t) => {
    const members: Members = [1, 2, 3].map((id) => ({ id, topics: ['a'], owned: [] }))
    t.same(numbers(assign([topic('a', 8)], members)), { 1: [0, 1, 2], 2: [3, 4, 5], 3: [6, 7] })
    t.same(numbers(assign([topic('a', 2)], members)), { 1: [0], 2: [1], 3: [] })
  },
)

t.test('only as many partitions move as must', async (t) => {
  const topics = [topic('a', 6)]
  const two = assign(
    topics,
    [1, 2].map((id) => ({ id, topics: ['a'], owned: [] })),
  )
  const three = assign(topics, [
    { id: 1, topics: ['a'], owned: two.get(1) ?? [] },
    { id: 2, topics: ['a'], owned: two.get(2) ?? [] },
    { id: 3, topics: ['a'], owned: [] },
  ])
  t.same(numbers(three), { 1: [0, 1], 2: [3, 4], 3: [2, 5] })
  const left = [2, 3].map((id) => ({ id, topics: ['a'], owned: three.get(id) ?? [] }))
  t.same(numbers(assign(topics, left)), { 2: [0, 3, 4], 3: [1, 2, 5] })
})

t.test(
  'each member gets topics it subscribed to; a pattern must match the whole name',
  async (t) => {
    const assignment = assign(
      [topic('orders', 2), topic('orders.dlq', 1, 10), topic('other', 1, 20)],
      [
        { id: 1, topics: /orders|oth/, owned: [] },
        { id: 2, topics: ['orders', 'orders.dlq'], owned: [] },
      ],
    )
    t.same(
      [...assignment].map(([id, held]) => [id, held.map((p) => `${p.topic}-${p.partition}`)]),
      [
        [1, ['orders-0']],
        [2, ['orders-1', 'orders.dlq-0']],
      ],
    )
  },
)

t.test(
  'a member that does not give up its partitions in time loses all, and comes back as a new one',
  async (t) => {
    const log = await openLog({ kind: 'embedded', dataDir: t.testdir(), rebalanceTimeoutMs: 100 })
    t.teardown(() => log.close())
    await log.createTopic({ topic: 'a', partitions: 2 })
    const lost: number[] = []
    const slow = await log.consumer({
      group: 'g',
      topics: ['a'],
      onLost: (partitions) => void lost.push(...partitions.map((p) => p.partition)),
    })
    await slow.poll({ timeoutMs: 0 })
    t.equal(slow.assignment().length, 2)
    const quick = await log.consumer({ group: 'g', topics: ['a'] })
    for (let i = 0; i < 200 && quick.assignment().length < 2; i++)
      await quick.poll({ timeoutMs: 20 })
    t.equal(quick.assignment().length, 2, 'the others did not wait for ever')
    await t.rejects(slow.commit([{ topic: 'a', partition: 0, offset: 1 }]), {
      code: 'CONNECT_FENCED',
    })
    for (let i = 0; i < 200 && slow.assignment().length !== 1; i++) {
      await slow.poll({ timeoutMs: 5 })
      await quick.poll({ timeoutMs: 5 })
    }
    t.same(lost, [0, 1])
    t.same([slow.assignment().length, quick.assignment().length], [1, 1])
    await slow.commit(slow.assignment().map((p) => ({ ...p, offset: 0 })))
    await Promise.all([slow.close(), quick.close()])
  },
)

t.test('fifty waiting readers cost next to nothing, and wake at once', async (t) => {
  const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
  t.teardown(() => log.close())
  await log.createTopic({ topic: 'quiet', partitions: 50 })
  const stop = new AbortController()
  let woken = 0
  const readers = Array.from({ length: 50 }, async (_, i) => {
    const reader = await log.consumer({ group: `g${i}`, topics: ['quiet'] })
    while (!stop.signal.aborted)
      for (const _ of await reader.poll({ timeoutMs: 60_000, signal: stop.signal })) woken++
    await reader.close()
  })
  await sleep(500)
  const before = process.cpuUsage()
  await sleep(2000)
  const { user, system } = process.cpuUsage(before)
  // The bench holds it to 0.2 %; here only that nobody polls.
  t.ok(user + system < 100_000, `${user + system} µs in 2 s`)

  const start = performance.now()
  const builder = new BatchBuilder({ topic: 'quiet', partition: 7 })
  builder.append(null, 'x', 1)
  await log.append([builder.build()])
  while (woken < 50 && performance.now() - start < 5000) await sleep(1)
  t.equal(woken, 50, `all woken after ${Math.round(performance.now() - start)} ms`)
  stop.abort()
  await Promise.all(readers)
})
