import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { ConsumerOptions } from '../../runtime/log/log.ts'
import { batchOf, countOf, drain, type LogRig, pollUntil, uniqueName, valuesOf } from './log-rig.ts'

/** Consumers that read alone, or as the only member of their group. */
export async function consumersContract(t: Test, rig: LogRig): Promise<void> {
  const log = await rig.open(t)
  if (log === undefined) return
  const { gap = 0 } = rig
  const open = async (t: Test, options: ConsumerOptions) => {
    const consumer = await log.consumer(options)
    t.teardown(() => consumer.close())
    return consumer
  }
  const makeTopic = async (records: number, partitions = 1) => {
    const topic = uniqueName('consumers')
    await log.createTopic({ topic, partitions })
    for (let partition = 0; partition < partitions && records > 0; partition++)
      await log.append([batchOf({ topic, partition }, 0, records)])
    await log.offsets(topic) // Answers when all of it can be read.
    return topic
  }

  await t.test(
    'a consumer without a group reads all partitions from where it is told',
    async (t) => {
      const topic = await makeTopic(6, 3)
      for (const [start, count] of [
        ['earliest', 18],
        [4, 6],
        [{ timeMs: 1005 }, 3],
      ] as const) {
        const consumer = await open(t, { topics: [topic], start })
        const [fetched] = await pollUntil([consumer], ([got]) => countOf(got ?? []) >= count)
        t.equal(countOf(fetched ?? []), count)
        await drain(consumer)
      }
      const latest = await open(t, { topics: [topic], start: 'latest' })
      t.same(await latest.poll({ timeoutMs: 50 }), [])
      await log.append([batchOf({ topic, partition: 1 }, 6, 1)])
      const [fetched] = await pollUntil([latest], ([got]) => countOf(got ?? []) > 0)
      t.same(valuesOf(fetched?.[0]?.records ?? []), ['v6'])
      await t.rejects(latest.commit([{ topic, partition: 1, offset: 7 }]))
    },
  )

  await t.test('a poll returns whole batches within its limits, at least one', async (t) => {
    const topic = await makeTopic(0)
    const place = { topic, partition: 0 }
    for (let i = 0; i < 4; i++) await log.append([batchOf(place, i * 10, 10)])
    await log.offsets(topic)
    const consumer = await open(t, { topics: [topic] })
    const sizes: number[] = []
    for (const maxRecords of [25, 1]) {
      const [fetched] = await pollUntilFirst(consumer, maxRecords)
      sizes.push(fetched?.records.length ?? 0)
    }
    const read = (sizes[0] ?? 0) + (sizes[1] ?? 0)
    // Where transactions end with markers a broker may give less than it has, but whole batches.
    if (gap === 0) t.same(sizes, [20, 10])
    else t.ok(read === 20 || read === 30, sizes.join())
    const [position, lag] = [consumer.position(place), await consumer.lag()]
    // Past the last record that was given, and no further than to the next.
    const markers = (gap * read) / 10
    t.ok(position >= read + markers - gap && position <= read + markers, `position ${position}`)
    t.equal(position + lag, 40 + 4 * gap, 'the lag reaches to the end')
    const [rest] = await pollUntilFirst(consumer, 25)
    t.equal(valuesOf(rest?.records ?? [])[0], `v${read}`)
  })

  await t.test('seek, pause and resume move and hold the reading position', async (t) => {
    const topic = await makeTopic(5, 2)
    const [a, b] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]
    const consumer = await open(t, { topics: [topic] })
    await pollUntil([consumer], ([got]) => countOf(got ?? []) === 10)
    consumer.pause([a])
    await consumer.seek(a, 2)
    await consumer.seek(b, { timeMs: 1003 })
    t.same([consumer.position(a), consumer.position(b)], [2, 3])
    const [held] = await pollUntil([consumer], ([got]) => countOf(got ?? []) >= 2)
    t.same(
      held?.map((f) => [f.partition, valuesOf(f.records)]),
      [[1, ['v3', 'v4']]],
    )
    t.same(await consumer.poll({ timeoutMs: 50 }), [], 'paused partitions give nothing')
    consumer.resume([a])
    const [resumed] = await pollUntil([consumer], ([got]) => countOf(got ?? []) >= 3)
    t.same(
      resumed?.map((f) => [f.partition, valuesOf(f.records)]),
      [[0, ['v2', 'v3', 'v4']]],
    )
    await consumer.seek(a, 'latest')
    t.equal(consumer.position(a), 5 + gap)
    t.throws(() => consumer.position({ topic, partition: 9 }))
  })

  await t.test(
    'a waiting poll wakes for a record, for its signal, and when its time is over',
    async (t) => {
      const topic = await makeTopic(0)
      const consumer = await open(t, { topics: [topic] })
      t.same(await consumer.poll({ timeoutMs: 30 }), [], 'the time is over')

      const woken = consumer.poll({ timeoutMs: 30_000 })
      await sleep(50)
      await log.append([batchOf({ topic, partition: 0 }, 0, 1)])
      t.equal(countOf(await woken), 1, 'woken by the record')

      const controller = new AbortController()
      const aborted = consumer.poll({ timeoutMs: 30_000, signal: controller.signal })
      setTimeout(() => controller.abort(), 20)
      t.same(await aborted, [], 'woken by the signal, without an error')
      await log.append([batchOf({ topic, partition: 0 }, 1, 1)])
      const [after] = await pollUntil([consumer], ([got]) => countOf(got ?? []) > 0)
      t.same(valuesOf(after?.[0]?.records ?? []), ['v1'], 'and goes on')
    },
  )

  await t.test('a group goes on from what it committed, else from its start', async (t) => {
    const topic = await makeTopic(6, 2)
    const group = uniqueName('group')
    const first = await log.consumer({ group, topics: [topic] })
    await pollUntil([first], ([got]) => countOf(got ?? []) === 12)
    await first.commit([{ topic, partition: 0, offset: 4 }])
    const both = [0, 1].map((partition) => ({ topic, partition }))
    t.same(await first.committed(both), [{ topic, partition: 0, offset: 4 }])
    await t.resolves(drain(first), 'the lag is of what was read, not of what was committed')
    await first.close()
    t.same(await log.groupOffsets(group), [{ topic, partition: 0, offset: 4 }])

    const second = await open(t, { group, topics: [topic], start: 'latest' })
    const [fetched] = await pollUntil([second], ([got]) => countOf(got ?? []) >= 2)
    t.same(
      fetched?.map((f) => [f.partition, valuesOf(f.records)]),
      [[0, ['v4', 'v5']]],
    )
    t.same(await second.poll({ timeoutMs: 50 }), [])
  })

  await t.test('a pattern takes in whole names, and topics that appear later', async (t) => {
    const prefix = uniqueName('pattern')
    await log.createTopic({ topic: `${prefix}.a` })
    await log.createTopic({ topic: `${prefix}.a.dlq` })
    const pattern = new RegExp(`${prefix}\\.[a-z]`)
    const alone = await open(t, { topics: pattern })
    const member = await open(t, { group: uniqueName('group'), topics: pattern })
    const topicsOf = (consumer: typeof alone) => consumer.assignment().map((p) => p.topic)
    await pollUntil([alone, member], () => [alone, member].every((c) => topicsOf(c).length === 1))
    t.same(topicsOf(member), [`${prefix}.a`])
    const waiting = member.poll({ timeoutMs: 30_000 })
    await log.createTopic({ topic: `${prefix}.b` })
    await log.append([batchOf({ topic: `${prefix}.b`, partition: 0 }, 0, 2)])
    t.equal(countOf(await waiting), 2, 'a waiting poll takes the new topic in')
    const [fetched] = await pollUntil([alone], ([got]) => countOf(got ?? []) === 2)
    t.equal(fetched?.[0]?.topic, `${prefix}.b`)
  })

  await t.test('a topic that is missing at first is read when it appears', async (t) => {
    const topic = uniqueName('later')
    const member = await open(t, { group: uniqueName('group'), topics: [topic] })
    t.same(await member.poll({ timeoutMs: 30 }), [])
    await log.createTopic({ topic })
    await log.append([batchOf({ topic, partition: 0 }, 0, 1)])
    const [fetched] = await pollUntil([member], ([got]) => countOf(got ?? []) > 0)
    t.equal(fetched?.[0]?.topic, topic)
  })

  await t.test('a topic that was deleted and made again is read from its start', async (t) => {
    const topic = await makeTopic(5)
    const group = uniqueName('group')
    const member = await open(t, { group, topics: [topic] })
    await pollUntil([member], ([got]) => countOf(got ?? []) === 5)
    await member.commit([{ topic, partition: 0, offset: 5 }])
    await log.deleteTopic(topic)
    await log.createTopic({ topic })
    await log.append([batchOf({ topic, partition: 0 }, 100, 1)])
    const [fetched] = await pollUntil([member], ([got]) => countOf(got ?? []) > 0)
    t.same(valuesOf(fetched?.[0]?.records ?? []), ['v100'])
  })
}

async function pollUntilFirst(
  consumer: { poll: import('../../runtime/log/log.ts').Consumer['poll'] },
  maxRecords: number,
) {
  for (;;) {
    const fetched = await consumer.poll({ timeoutMs: 1000, maxRecords })
    if (fetched.length > 0) return fetched
  }
}
