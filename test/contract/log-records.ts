import type { Test } from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { batchOf, type LogRig, uniqueName, valuesOf } from './log-rig.ts'

/** Topics, appends and plain reads. */
export async function recordsContract(t: Test, rig: LogRig): Promise<void> {
  const log = await rig.open(t)
  if (log === undefined) return
  const { gap = 0 } = rig
  const makeTopic = async (partitions = 1) => {
    const topic = uniqueName('records')
    await log.createTopic({ topic, partitions })
    return topic
  }

  await t.test('a topic keeps its partitions and settings until it is deleted', async (t) => {
    const topic = uniqueName('topic')
    t.equal(await log.describeTopic(topic), null)
    const settings = { 'cleanup.policy': 'compact' }
    t.equal(await log.createTopic({ topic, partitions: 3, settings }), true)
    t.equal(await log.createTopic({ topic, partitions: 9 }), false, 'it is there already')
    const description = await log.describeTopic(topic)
    t.equal(description?.partitions, 3)
    t.same(description?.settings, settings)
    t.ok((await log.topics()).some((other) => other.topic === topic))
    t.equal(await log.deleteTopic(topic), true)
    t.equal(await log.deleteTopic(topic), false)
    t.equal(await log.describeTopic(topic), null)
    await t.rejects(log.offsets(topic), { code: 'CONNECT_NOT_FOUND' })
  })

  await t.test('an append answers with the base offset of each batch, in order', async (t) => {
    const topic = await makeTopic(2)
    const [a, b] = [0, 1].map((partition) => ({ topic, partition })) as [never, never]
    t.same(await log.append([batchOf(a, 0, 3), batchOf(b, 0, 2), batchOf(a, 3, 4)]), [0, 0, 3])
    t.same(await log.append([batchOf(a, 7, 1)]), [7 + gap])
    t.same(await log.offsets(topic), [
      { partition: 0, earliest: 0, latest: 8 + 2 * gap },
      { partition: 1, earliest: 0, latest: 2 + gap },
    ])
    const { records, next } = await log.read(a, 'earliest', { records: 100 })
    t.same(
      records.map((record) => record.offset),
      [0, 1, 2, 3, 4, 5, 6, 7 + gap],
    )
    t.same(valuesOf(records), ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'])
    t.equal(next, 8 + 2 * gap)
  })

  await t.test('calls of one caller keep their order while several are under way', async (t) => {
    const place = { topic: await makeTopic(), partition: 0 }
    const calls = Array.from({ length: 50 }, (_, i) => log.append([batchOf(place, i * 3, 3)]))
    t.same(
      (await Promise.all(calls)).flat(),
      Array.from({ length: 50 }, (_, i) => i * (3 + gap)),
    )
    const { records } = await log.read(place, 'earliest', { records: 150 })
    t.same(
      valuesOf(records),
      Array.from({ length: 150 }, (_, i) => `v${i}`),
    )
  })

  await t.test(
    'bytes come back as they were: nulls, empty ones, headers, timestamps',
    async (t) => {
      // A broker refuses times to come, unless the topic allows them.
      const settings = { 'message.timestamp.after.max.ms': String(2 ** 50) }
      const place = { topic: uniqueName('records'), partition: 0 }
      await log.createTopic({ topic: place.topic, partitions: 1, settings })
      const odd = Buffer.from([0, 255, 128, 10, 13])
      const builder = new BatchBuilder(place)
      builder.append(null, null, 1_700_000_000_000)
      builder.append(Buffer.alloc(0), '', 1_600_000_000_000, [
        { key: 'twice', value: odd },
        { key: 'twice', value: null },
        { key: 'ключ ❤', value: Buffer.alloc(0) },
        { key: '', value: 'text' },
      ])
      builder.append(odd, 'häß 😀', 4_102_444_800_123)
      await log.append([builder.build()])
      const { records } = await log.read(place, 'earliest', { records: 10 })
      const [nulls, empty, full] = records
      t.same([nulls?.key, nulls?.value, nulls?.headers], [null, null, []])
      t.same([empty?.key, empty?.value], [Buffer.alloc(0), Buffer.alloc(0)])
      t.same(empty?.headers, [
        { key: 'twice', value: odd },
        { key: 'twice', value: null },
        { key: 'ключ ❤', value: Buffer.alloc(0) },
        { key: '', value: Buffer.from('text') },
      ])
      t.same([full?.key, full?.value?.toString()], [odd, 'häß 😀'])
      t.same(
        records.map((record) => record.timestamp),
        [1_700_000_000_000, 1_600_000_000_000, 4_102_444_800_123],
      )
      t.ok(records.every((record) => record.timestampType === 'CreateTime'))
    },
  )

  await t.test('a large record passes, and comes alone if it exceeds the limit', async (t) => {
    const place = { topic: await makeTopic(), partition: 0 }
    const large = Buffer.alloc(900_000, 'x')
    const builder = new BatchBuilder(place)
    builder.append('large', large, 1)
    await log.append([builder.build(), batchOf(place, 1, 1)])
    const { records, next } = await log.read(place, 0, { records: 1, bytes: 1000 })
    t.ok(records[0]?.value?.equals(large))
    t.equal(records.length, 1)
    t.equal(next, 1)
  })

  await t.test('a read begins at any position, also in the middle of a batch', async (t) => {
    const place = { topic: await makeTopic(), partition: 0 }
    await log.append([batchOf(place, 0, 5), batchOf(place, 5, 5)])
    const first = async (from: Parameters<typeof log.read>[1]) =>
      (await log.read(place, from, { records: 1 })).records[0]?.offset
    t.equal(await first('earliest'), 0)
    t.equal(await first(3), 3)
    t.equal(await first(9), 9)
    t.equal(await first({ timeMs: 0 }), 0)
    t.equal(await first({ timeMs: 1004 }), 4)
    t.equal(await first({ timeMs: 1005 }), 5)
    t.equal(await first({ timeMs: 1010 }), undefined, 'later than all')
    t.equal(await first('latest'), undefined)
    t.equal((await log.read(place, 'latest', { records: 1 })).next, 10 + gap)
    t.equal((await log.read(place, 2, { records: 2 })).next, 4)
  })

  await t.test(
    'a time finds the first late enough record when times are out of order',
    async (t) => {
      const place = { topic: await makeTopic(), partition: 0 }
      for (const timestamps of [[50, 10], [30], [90, 20], [60], [95]]) {
        const builder = new BatchBuilder(place)
        for (const timestamp of timestamps) builder.append(null, 'x', timestamp)
        await log.append([builder.build()])
      }
      const first = async (timeMs: number) =>
        (await log.read(place, { timeMs }, { records: 1 })).records[0]?.offset
      const found = await Promise.all([0, 50, 51, 90, 91, 96].map(first))
      const [third, fifth] = [3 + 2 * gap, 6 + 4 * gap]
      const wanted = [0, 0, third, third, fifth, Infinity]
      // A marker has a time too, that of its end: what is found may lie before the first such record, never behind it.
      if (gap === 0) t.same(found, [0, 0, third, third, fifth, undefined])
      else t.ok(wanted.every((offset, i) => (found[i] ?? Infinity) <= offset))
    },
  )

  await t.test('what cannot be appended is refused, and writes nothing', async (t) => {
    const topic = await makeTopic(1)
    const good = batchOf({ topic, partition: 0 }, 0, 1)
    await t.rejects(log.append([good, batchOf({ topic, partition: 7 }, 0, 1)]), {
      code: 'CONNECT_ERROR',
    })
    const odd = batchOf({ topic: 'no/such name', partition: 0 }, 0, 1)
    await t.rejects(log.append([odd]), { code: 'CONNECT_ERROR' })
    t.same(await log.offsets(topic), [{ partition: 0, earliest: 0, latest: 0 }])
    t.same(await log.append([good]), [0], 'a refused batch can be appended again')
  })
}
