import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { deleteRecordsRequest } from '../../runtime/log/kafka/protocol/requests/delete-records.ts'
import type { EncodedBatch, Fetched, TopicPartition } from '../../runtime/log/log.ts'
import { batchOf, countOf, pollUntil, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { failure, KafkaReaders, recordsOf } from '../helpers/kafka-readers.ts'
import { JavaProducer } from '../helpers/kafka-tools.ts'
import { type Service, service } from '../helpers/services.ts'

t.test('a reader on a real broker', async (t) => {
  const broker = await service(t, 'kafka')
  if (!broker) return
  const log = await openKafka(broker.url as string)
  t.teardown(() => log.close())
  const makeTopic = async (partitions = 1) => {
    const topic = uniqueName('consumer')
    await log.createTopic({ topic, partitions })
    return topic
  }
  const readers = (t: Test) => new KafkaReaders(t, broker.url as string)

  await t.test(
    'records that were deleted before they were read end the reading in words',
    async (t) => {
      const topic = await makeTopic()
      const place = { topic, partition: 0 }
      for (let i = 0; i < 4; i++) await log.append([batchOf(place, i * 5, 5)])
      const consumer = await readers(t).open({ topics: [topic] })
      consumer.pause([]) // nothing is paused: reading goes on
      await pollUntil([consumer], ([got]) => countOf(got ?? []) === 20)
      await deleteBefore(t, broker, place, 12)
      await consumer.seek(place, 3)
      const error = await failure(() => pollUntil([consumer], () => false))
      t.match(error, {
        code: 'CONNECT_ERROR',
        message: /from offset 3 to 11 \(9 offsets\) are gone/,
      })
      t.match(error.hint, /auto\.offset\.reset/)
      await t.rejects(consumer.poll({ timeoutMs: 0 }), { code: 'CONNECT_ERROR' }, 'and again')
      await consumer.seek(place, 12)
      const [got] = await pollUntil([consumer], ([got]) => countOf(got ?? []) === 8)
      t.equal(valuesOf(recordsOf(got))[0], 'v12', 'moved by hand it goes on')
    },
  )

  await t.test('what is gone is said in the log where the settings allow to go on', async (t) => {
    const topic = await makeTopic()
    const place = { topic, partition: 0 }
    for (let i = 0; i < 4; i++) await log.append([batchOf(place, i * 5, 5)])
    await deleteBefore(t, broker, place, 12)
    const rig = readers(t)
    const consumer = await rig.open(
      { topics: [topic], start: 3 },
      { 'auto.offset.reset': 'earliest' },
    )
    const [got] = await pollUntil([consumer], ([got]) => countOf(got ?? []) === 8)
    t.equal(valuesOf(recordsOf(got))[0], 'v12')
    t.match(rig.said, [{ fields: { topic, partition: 0, from: 3, to: 12, gone: 9 } }])
    t.equal(rig.said.length, 1)

    const atEnd = await rig.open({ topics: [topic], start: 3 }, { 'auto.offset.reset': 'latest' })
    t.same(await atEnd.poll({ timeoutMs: 1500 }), [])
    t.equal(atEnd.position(place), 20)
  })

  await t.test('a position past the end is an error, not a jump', async (t) => {
    const topic = await makeTopic()
    const place = { topic, partition: 0 }
    await log.append([batchOf(place, 0, 5)])
    const consumer = await readers(t).open({ topics: [topic], start: 8 })
    const error = await failure(() => pollUntil([consumer], () => false))
    t.match(error, { code: 'CONNECT_ERROR', message: /ends at offset 5 now, and was read up to 8/ })
    const rig = readers(t)
    const moved = await rig.open({ topics: [topic], start: 8 }, { 'auto.offset.reset': 'earliest' })
    await pollUntil([moved], ([got]) => countOf(got ?? []) === 5)
    t.match(rig.said, [{ fields: { from: 8, to: 0 } }])
  })

  await t.test(
    'without a committed offset nothing is assumed when that is forbidden',
    async (t) => {
      const topic = await makeTopic()
      const none = { 'auto.offset.reset': 'none' }
      const group = uniqueName('group')
      const consumer = await readers(t).open({ group, topics: [topic] }, none)
      const error = await failure(() => pollUntil([consumer], () => false))
      t.match(error, { code: 'CONNECT_ERROR', message: `No offset is committed for ${topic}-0` })
      await consumer.close()
      await log.alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }])
      await log.append([batchOf({ topic, partition: 0 }, 0, 1)])
      const again = await readers(t).open({ group, topics: [topic] }, none)
      await pollUntil([again], ([got]) => countOf(got ?? []) === 1)
    },
  )

  await t.test('a topic made anew while nobody looked is read from its start', async (t) => {
    const topic = await makeTopic()
    const place = { topic, partition: 0 }
    await log.append([batchOf(place, 0, 5)])
    const events: string[] = []
    const rig = readers(t)
    const consumer = await rig.open({
      group: uniqueName('group'),
      topics: [topic],
      onAssigned: (partitions) => void events.push(`+${partitions.length}`),
      onLost: (partitions) => void events.push(`lost ${partitions.length}`),
    })
    await pollUntil([consumer], ([got]) => countOf(got ?? []) === 5)
    await consumer.commit([{ ...place, offset: 5 }])
    consumer.pause([place])
    await sleep(1500) // Now no fetch watches the partition.
    await log.deleteTopic(topic)
    await log.createTopic({ topic })
    // More than there was: the old position lies in the middle of it.
    await log.append([batchOf(place, 100, 9)])
    consumer.resume([place])
    const [got] = await pollUntil([consumer], ([got]) => countOf(got ?? []) >= 9)
    t.same(
      valuesOf(recordsOf(got)),
      Array.from({ length: 9 }, (_, i) => `v${100 + i}`),
    )
    t.same(events, ['+1', 'lost 1', '+1'])
    t.match(rig.said, [{ fields: { topic }, message: /deleted/ }])
  })

  await t.test('a topic made anew gets no offsets of the one before', async (t) => {
    const topic = await makeTopic()
    const place = { topic, partition: 0 }
    await log.append([batchOf(place, 0, 5)])
    const options = { group: uniqueName('group'), topics: [topic] }
    const consumer = await readers(t).open(options)
    await pollUntil([consumer], ([got]) => countOf(got ?? []) === 5)
    await log.deleteTopic(topic)
    await log.createTopic({ topic })
    await log.append([batchOf(place, 100, 9)])
    await t.rejects(consumer.commit([{ ...place, offset: 5 }]), {
      code: 'CONNECT_RETRIABLE',
      message: /deleted/,
    })
    // As if the process died here.
    await consumer.close()
    const [got] = await pollUntil(
      [await readers(t).open(options)],
      ([got]) => countOf(got ?? []) >= 9,
    )
    t.equal(valuesOf(recordsOf(got))[0], 'v100')
  })

  await t.test('a topic that is deleted is given up, and the others are read on', async (t) => {
    const [gone, kept] = [await makeTopic(2), await makeTopic()]
    for (const group of [undefined, uniqueName('group')]) {
      await log.createTopic({ topic: gone, partitions: 2 })
      const lost: TopicPartition[] = []
      const consumer = await readers(t).open({
        ...(group === undefined ? {} : { group }),
        topics: [gone, kept],
        start: 'latest',
        onLost: (partitions) => void lost.push(...partitions),
      })
      await pollUntil([consumer], () => consumer.assignment().length === 3)
      await log.deleteTopic(gone)
      await pollUntil([consumer], () => lost.length === 2)
      t.same(new Set(lost.map(({ topic }) => topic)), new Set([gone]))
      await pollUntil([consumer], () => consumer.assignment().length === 1)
      await log.append([batchOf({ topic: kept, partition: 0 }, 0, 1)])
      await pollUntil([consumer], ([got]) => countOf(got ?? []) === 1)
    }
  })

  await t.test('a paused partition, or a quiet one, holds up no other', async (t) => {
    const topic = await makeTopic(3)
    const [a, b, c] = [0, 1, 2].map((partition) => ({ topic, partition })) as [
      TopicPartition,
      TopicPartition,
      TopicPartition,
    ]
    const value = 'x'.repeat(1000)
    for (let i = 0; i < 20; i++) await log.append([wideBatch(a, 500, value)])
    const consumer = await readers(t).open({ topics: [topic] })
    consumer.pause([a]) // 10 MB wait there
    await consumer.poll({ timeoutMs: 1000 })
    await log.append([batchOf(b, 0, 1)])
    const [got] = await pollUntil([consumer], ([got]) => countOf(got ?? []) === 1)
    t.same(
      got?.map(({ partition }) => partition),
      [1],
    )
    consumer.resume([a])
    const seen: Fetched[] = []
    let polls = 0
    while (countOf(seen) < 10_001) {
      seen.push(...(await consumer.poll({ timeoutMs: 5000, maxBytes: 600_000 })))
      // In the middle of it, another one gets a record.
      if (++polls === 3) await log.append([batchOf(c, 0, 1)])
      if (polls > 100) break
    }
    const at = seen.findIndex(({ partition }) => partition === 2)
    t.ok(at > 0 && at < seen.length - 1, 'the other one is not read last')
    t.same(
      recordsOf(seen.filter(({ partition }) => partition === 0)).map(({ offset }) => offset),
      Array.from({ length: 10_000 }, (_, i) => i),
    )
  })

  await t.test('only what was committed is read where the isolation says so', async (t) => {
    const topic = await makeTopic()
    const place = { topic, partition: 0 }
    const java = JavaProducer.start(t, broker, [`transactional.id=${uniqueName('id')}`])
    const send = (value: string) =>
      java.send([{ ...place, timestamp: 1, key: null, value: Buffer.from(value), headers: [] }])
    const committed = await readers(t).open(
      { topics: [topic] },
      { 'isolation.level': 'read_committed' },
    )
    const all = await readers(t).open({ topics: [topic] })
    for (const [value, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
    ] as const) {
      await java.order('begin')
      send(value)
      await java.order('flush')
      await java.order(end)
    }
    await java.order('begin')
    send('d')
    await java.order('flush')
    const [seen, of] = await pollUntil([committed, all], ([, got]) => countOf(got ?? []) === 4)
    t.same(valuesOf(recordsOf(of)), ['a', 'b', 'c', 'd'])
    const [more] = await pollUntil(
      [committed],
      ([got]) => countOf(seen ?? []) + countOf(got ?? []) >= 2,
    )
    t.same(valuesOf(recordsOf([...(seen ?? []), ...(more ?? [])])), ['a', 'c'])
    t.same(await committed.poll({ timeoutMs: 300 }), [], 'nothing of an open transaction')
    t.equal(await committed.lag(), 0)
    await java.order('commit')
    const [last] = await pollUntil([committed], ([got]) => countOf(got ?? []) === 1)
    t.same(valuesOf(recordsOf(last)), ['d'])
  })
})

async function deleteBefore(t: Test, broker: Service, place: TopicPartition, offset: number) {
  const cluster = await new KafkaReaders(t, broker.url as string).cluster()
  const { topic, partition } = place
  const topics = [{ topic, partitions: [{ partition, offset }] }]
  const { node } = await cluster.leaderOf(place)
  await cluster.send(node, deleteRecordsRequest({ topics, timeoutMs: 10_000 }))
}

function wideBatch(place: TopicPartition, records: number, value: string): EncodedBatch {
  const builder = new BatchBuilder(place)
  for (let n = 0; n < records; n++) builder.append(`k${n}`, value, 1000 + n)
  return builder.build()
}
