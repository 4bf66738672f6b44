import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { RetriableException } from '../../../../runtime/api/errors.ts'
import { openKafkaConsumer } from '../../../../runtime/log/kafka/consumer.ts'
import { consumerSettings } from '../../../../runtime/log/kafka/settings/consumer-settings.ts'
import type { ConsumerOptions } from '../../../../runtime/log/log.ts'
import { FakeGroup } from '../../../helpers/fake-group.ts'

const UNKNOWN_TOPIC = 3
const REBALANCE_IN_PROGRESS = 27
const place = { topic: 't', partition: 0 }
const away = new RetriableException('FAKE: nobody listens there')

/** Lets time pass for whoever looks at the clock; timers run as they do. */
function clock(t: Test): (ms: number) => void {
  const now = performance.now.bind(performance)
  let shift = 0
  t.intercept(performance, 'now', { value: () => now() + shift })
  return (ms) => {
    shift += ms
  }
}

async function open(t: Test, fake: FakeGroup, options: Partial<ConsumerOptions> = {}) {
  const events: string[] = []
  const consumer = await openKafkaConsumer(
    {
      cluster: fake.asKafka,
      settings: consumerSettings({ 'heartbeat.interval.ms': '20', 'session.timeout.ms': '6000' })
        .settings,
      clientId: 'fake',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      codec: { fetchRequest: fake.fetchRequest },
    },
    {
      topics: ['t'],
      onAssigned: () => void events.push('assigned'),
      onRevoked: () => void events.push('revoked'),
      onLost: () => void events.push('lost'),
      ...options,
    },
  )
  t.teardown(() => consumer.close())
  const until = async (isDone: () => boolean) => {
    for (const end = Date.now() + 10_000; !isDone(); ) {
      if (Date.now() > end) throw new Error(`not in 10 s: ${events.join()}`)
      await consumer.poll({ timeoutMs: 10 })
    }
  }
  return { consumer, events, until }
}

t.test('a broker that is not needed any more is no trouble', async (t) => {
  const fake = new FakeGroup()
  const asked: number[] = []
  fake.onFetch = ({ node }) => {
    asked.push(node)
    if (node === 1) throw away
    // At first that there is nothing, then nothing until there is something.
    return asked.filter((each) => each === 2).length === 1 ? [{ partition: 0 }] : []
  }
  const pass = clock(t)
  const { consumer, until } = await open(t, fake, { start: 0 })
  await until(() => asked.includes(1))
  fake.leaders = [{ node: 2, epoch: 2 }]
  await until(() => asked.includes(2))
  pass(12_000)
  await sleep(600) // the second broker says that there is no news
  t.same(await consumer.poll({ timeoutMs: 1200 }), [])
})

t.test('what a member looked for when its partitions went is no trouble', async (t) => {
  const fake = new FakeGroup()
  fake.committed = -1
  let tries = 0
  fake.others.set('ListOffsets', () => {
    tries++
    throw away
  })
  const pass = clock(t)
  const { consumer, until } = await open(t, fake, { group: 'g' })
  await until(() => tries > 2)
  fake.assigned = []
  let isOver = false
  fake.onHeartbeat = () => {
    if (isOver) return 0
    isOver = true
    return REBALANCE_IN_PROGRESS
  }
  await until(() => fake.generation === 2)
  await sleep(100)
  pass(12_000)
  t.same(await consumer.poll({ timeoutMs: 1200 }), [])
})

t.test(
  'a topic that was out of sight for a moment is read on where the group stands',
  async (t) => {
    const fake = new FakeGroup()
    fake.others.set('ListOffsets', () => ({
      topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: 0, offset: 0 }] }],
    }))
    const { consumer, events, until } = await open(t, fake, { group: 'g' })
    await until(() => consumer.assignment().length === 1)
    t.equal(consumer.position(place), 5)
    fake.topicError = UNKNOWN_TOPIC
    fake.onFetch = () => [{ errorCode: UNKNOWN_TOPIC }]
    await until(() => events.includes('lost'))
    fake.topicError = 0
    fake.onFetch = () => []
    await until(() => consumer.assignment().length === 1)
    t.equal(consumer.position(place), 5)
  },
)

t.test('offsets of a topic that was made anew are not committed to the new one', async (t) => {
  const offsets = [{ ...place, offset: 7 }]
  await t.test('as the reader has heard already', async (t) => {
    const fake = new FakeGroup()
    const { consumer, events, until } = await open(t, fake, { group: 'g' })
    await until(() => consumer.assignment().length === 1)
    fake.topicId = 'second'
    fake.onFetch = () => [{ errorCode: UNKNOWN_TOPIC }]
    await sleep(200)
    fake.onFetch = () => []
    await t.rejects(consumer.commit(offsets), { code: 'CONNECT_RETRIABLE', message: /"t"/ })
    t.same(fake.commits, [])
    fake.others.set('ListOffsets', () => ({
      topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: 0, offset: 0 }] }],
    }))
    await until(() => events.join() === 'assigned,lost,assigned')
    await consumer.commit(offsets)
    t.same(fake.commits, [1])
  })

  await t.test('as nobody has told the reader yet', async (t) => {
    const fake = new FakeGroup()
    const pass = clock(t)
    const { consumer, until } = await open(t, fake, { group: 'g' })
    await until(() => consumer.assignment().length === 1)
    fake.topicId = 'second'
    pass(2000)
    await t.rejects(consumer.commit(offsets), { code: 'CONNECT_RETRIABLE', message: /"t"/ })
    t.same(fake.commits, [])
  })
})

t.test('partitions without a leader keep no others from being read', async (t) => {
  const fake = new FakeGroup()
  fake.assigned = [place, { topic: 't', partition: 1 }]
  fake.leaders = [
    { node: 1, epoch: 1 },
    { node: -1, epoch: 1 },
  ]
  const { consumer, until } = await open(t, fake, { group: 'g', start: 'earliest' })
  await until(() => consumer.assignment().length === 1)
  t.equal(consumer.position(place), 5)
  fake.others.set('ListOffsets', () => ({
    topics: [{ topic: 't', partitions: [{ partition: 1, errorCode: 0, offset: 3 }] }],
  }))
  fake.leaders = [1, 1].map((node) => ({ node, epoch: 2 }))
  await until(() => consumer.assignment().length === 2)
  t.equal(consumer.position({ topic: 't', partition: 1 }), 3)
})
