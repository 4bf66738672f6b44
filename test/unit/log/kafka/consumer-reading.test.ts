import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { asBuffer } from '../../../../runtime/log/batch/batch-decoder.ts'
import { LEADER_EPOCH, writeInt64 } from '../../../../runtime/log/batch/layout.ts'
import { openKafkaConsumer } from '../../../../runtime/log/kafka/consumer.ts'
import type { ConsumerParts } from '../../../../runtime/log/kafka/consumer-parts.ts'
import { consumerSettings } from '../../../../runtime/log/kafka/settings/consumer-settings.ts'
import type { ClientSettings, Consumer, ConsumerOptions } from '../../../../runtime/log/log.ts'
import { valuesOf } from '../../../contract/log-rig.ts'
import { FakeCluster } from '../../../helpers/fake-cluster.ts'
import { failure, recordsOf } from '../../../helpers/kafka-readers.ts'

/** A batch of one record at that offset: `v<offset>`, or as many bytes. */
function recordAt(offset: number, epoch = 1, valueBytes = 0): Buffer {
  const builder = new BatchBuilder({ topic: 't', partition: 0 })
  builder.append(null, valueBytes > 0 ? Buffer.alloc(valueBytes) : `v${offset}`, 1000)
  const bytes = asBuffer(builder.build().bytes)
  writeInt64(bytes, offset, 0)
  bytes.writeInt32BE(epoch, LEADER_EPOCH)
  return bytes
}

const MB = 1024 * 1024
const ends = (end: number) => ({ highWatermark: end, lastStableOffset: end })
const offsetsAre = (earliest: number, latest: number) => (asked: { count: number }) => {
  const offset = asked.count++ % 2 === 0 ? earliest : latest
  const partition = { partition: 0, errorCode: 0, timestamp: -1, offset, leaderEpoch: 1 }
  return { throttleMs: 0, topics: [{ topic: 't', partitions: [partition] }] }
}

async function open(
  t: Test,
  fake: FakeCluster,
  options: Partial<ConsumerOptions> = {},
  { java = {}, ...more }: Partial<ConsumerParts> & { java?: ClientSettings } = {},
) {
  const said: string[] = []
  const tell = (_: object, message: string) => void said.push(message)
  const parts: ConsumerParts = {
    cluster: fake.asKafka,
    settings: consumerSettings(java).settings,
    clientId: 'fake',
    logger: { debug() {}, info() {}, warn: tell, error: tell },
    codec: { fetchRequest: fake.fetchRequest },
    ...more,
  }
  const consumer = await openKafkaConsumer(parts, { topics: ['t'], start: 0, ...options })
  t.teardown(() => consumer.close())
  return { consumer, said }
}

async function read(consumer: Consumer, count: number): Promise<(string | null)[]> {
  const values: (string | null)[] = []
  for (const end = Date.now() + 10_000; values.length < count && Date.now() < end; )
    values.push(...valuesOf(recordsOf(await consumer.poll({ timeoutMs: 20 }))))
  return values
}

t.test(
  'a nearer replica is read when the leader names one, until it lacks the offset',
  async (t) => {
    const fake = new FakeCluster()
    fake.onFetch = ({ node, topics }) => {
      const offset = topics[0]?.partitions[0]?.offset ?? 0
      if (node === 2)
        return offset < 2 ? [{ ...ends(3), recordSet: recordAt(offset) }] : [{ errorCode: 1 }]
      if (offset === 0) return [{ ...ends(3), preferredReadReplica: 2 }]
      return offset < 3 ? [{ ...ends(3), recordSet: recordAt(offset) }] : []
    }
    const { consumer, said } = await open(t, fake)
    t.same(await read(consumer, 3), ['v0', 'v1', 'v2'])
    t.same(
      fake.fetches.slice(0, 5).map(({ node }) => node),
      [1, 2, 2, 2, 1],
    )
    t.same(said, [])
  },
)

t.test('a leader that has less than was read is told of, not read over', async (t) => {
  const fake = new FakeCluster()
  const answer = ({ topics }: (typeof fake.fetches)[number]) => {
    const { offset = 0, leaderEpoch = 0 } = topics[0]?.partitions[0] ?? {}
    if (leaderEpoch < (fake.leaders[0]?.epoch ?? 0)) return [{ errorCode: 74 }]
    return offset < 3 ? [{ ...ends(3), recordSet: recordAt(offset, leaderEpoch) }] : []
  }
  fake.onFetch = answer
  // The epoch of the first leader ended at offset 1: of its records 1 and 2 are lost.
  const end = { partition: 0, errorCode: 0, leaderEpoch: 1, endOffset: 1 }
  fake.others.set('OffsetForLeaderEpoch', () => ({
    throttleMs: 0,
    topics: [{ topic: 't', partitions: [end] }],
  }))
  const asked = { count: 0 }
  fake.others.set('ListOffsets', () => offsetsAre(0, 9)(asked))
  const { consumer } = await open(t, fake)
  t.same(await read(consumer, 3), ['v0', 'v1', 'v2'])
  fake.leaders = [{ node: 2, epoch: 2 }]
  const error = await failure(() => read(consumer, 1))
  t.match(error, { code: 'CONNECT_ERROR', message: /ends at offset 1 now, and was read up to 3/ })
  await consumer.seek({ topic: 't', partition: 0 }, 1)
  t.same(await read(consumer, 2), ['v1', 'v2'], 'moved by hand it reads what is there')
})

t.test(
  'an end that lies before the one seen is looked into: it may be another topic',
  async (t) => {
    const fake = new FakeCluster()
    const lost: number[] = []
    fake.onFetch = ({ topics }) => {
      const offset = topics[0]?.partitions[0]?.offset ?? 0
      const isNew = fake.topicId === 'second'
      const end = isNew ? 4 : 5
      if (offset >= end) return isNew ? [{ ...ends(end) }] : []
      return [{ ...ends(end), recordSet: recordAt(offset) }]
    }
    const asked = { count: 0 }
    fake.others.set('ListOffsets', () => offsetsAre(0, 0)(asked))
    const { consumer, said } = await open(t, fake, {
      start: 2,
      onLost: (partitions) => void lost.push(partitions.length),
    })
    t.same(await read(consumer, 2), ['v2', 'v3'])
    fake.topicId = 'second'
    await sleep(5)
    const values = await read(consumer, 4)
    t.same(values.slice(-4), ['v0', 'v1', 'v2', 'v3'], 'the new one is read from its start')
    t.same(lost, [1])
    t.equal(said.length, 1)
  },
)

t.test('damage in one partition is told of, however much comes of the others', async (t) => {
  const fake = new FakeCluster()
  fake.leaders = [0, 1].map(() => ({ node: 1, epoch: 1 }))
  fake.onFetch = ({ topics }) =>
    (topics[0]?.partitions ?? []).map(({ partition, offset }) => {
      const recordSet = recordAt(offset)
      if (partition === 1 && offset === 1) recordSet[recordSet.length - 2]! ^= 1
      return { partition, ...ends(1_000_000), recordSet }
    })
  const { consumer } = await open(t, fake)
  const error = await failure(() => read(consumer, 100_000))
  t.match(error, { code: 'CONNECT_CORRUPT', message: /"t", partition 1: the batch at offset 1/ })
  await t.rejects(consumer.poll({ timeoutMs: 0 }), { code: 'CONNECT_CORRUPT' })
  t.equal(consumer.position({ topic: 't', partition: 1 }), 1)
  consumer.pause([{ topic: 't', partition: 1 }])
  t.ok((await read(consumer, 5)).length >= 5, 'the other one is read on without it')
})

t.test('what the broker calls damaged ends the reading', async (t) => {
  const fake = new FakeCluster()
  fake.onFetch = () => [{ errorCode: 2 }]
  const { consumer } = await open(t, fake)
  const error = await failure(() => read(consumer, 1))
  t.match(error, { code: 'CONNECT_CORRUPT', message: /"t", partition 0/ })
})

t.test('partitions read to their ends wait together, and hold up no other', async (t) => {
  const fake = new FakeCluster()
  fake.leaders = [0, 1, 2].map(() => ({ node: 1, epoch: 1 }))
  let left = 40
  fake.onFetch = ({ topics }) => {
    const asked = topics[0]?.partitions ?? []
    const busy = asked.find(({ partition }) => partition === 0)
    if (!busy || left === 0) return []
    left--
    // As much as is fetched ahead of one partition, so that the others are left to wait.
    const recordSet = recordAt(busy.offset, 1, MB)
    return [
      ...asked.filter((each) => each !== busy).map(({ partition }) => ({ partition })),
      { partition: 0, ...ends(40), recordSet },
    ]
  }
  const { consumer } = await open(t, fake)
  const began = performance.now()
  t.equal((await read(consumer, 40)).length, 40)
  // Each fetch that waited for the quiet ones would take half a second.
  t.ok(performance.now() - began < 5000)
  const long = fake.fetches.filter(({ maxWaitMs }) => maxWaitMs >= 500)
  t.ok(long.some(({ topics }) => topics[0]?.partitions.length === 2))
  const channels = new Set(fake.fetches.map(({ channel }) => channel))
  t.same([...channels].sort(), ['fetch', 'other-fetch'])
})

t.test('a broker that never answers is left, and that is said once', async (t) => {
  const fake = new FakeCluster()
  fake.onFetch = (_, number) => (number < 3 ? undefined : [{ ...ends(1), recordSet: recordAt(0) }])
  const { consumer, said } = await open(t, fake, {}, { watchdogMs: 100 })
  t.same(await read(consumer, 1), ['v0'])
  t.ok(fake.renewals >= 1)
  t.match(said, [/does not answer/])
  t.equal(said.length, 1)
})

t.test('no more than its bound is fetched ahead', async (t) => {
  const fake = new FakeCluster()
  fake.leaders = Array.from({ length: 30 }, () => ({ node: 1, epoch: 1 }))
  let sent = 0
  fake.onFetch = ({ topics }) =>
    (topics[0]?.partitions ?? []).slice(0, 4).map(({ partition, offset }) => {
      const recordSet = recordAt(offset, 1, MB)
      sent += recordSet.length
      return { partition, ...ends(1000), recordSet }
    })
  const { consumer } = await open(t, fake)
  await sleep(300)
  t.ok(sent >= 8 * MB, 'it fetches ahead')
  t.ok(sent < 20 * MB, `but not all: ${sent}`)
  await consumer.close()
})
