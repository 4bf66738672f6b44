import t, { type Test } from 'tap'
import { encodeSubscription } from '../../../../runtime/log/kafka/assignor-wire.ts'
import { openKafkaConsumer } from '../../../../runtime/log/kafka/consumer.ts'
import { consumerSettings } from '../../../../runtime/log/kafka/settings/consumer-settings.ts'
import { FakeGroup } from '../../../helpers/fake-group.ts'

const NOT_COORDINATOR = 16
const COORDINATOR_LOAD_IN_PROGRESS = 14
const ILLEGAL_GENERATION = 22
const REBALANCE_IN_PROGRESS = 27

const place = { topic: 't', partition: 0 }
const offsets = [{ ...place, offset: 7 }]

async function join(t: Test, fake: FakeGroup) {
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
      group: 'g',
      topics: ['t'],
      onAssigned: () => void events.push('assigned'),
      onRevoked: () => void events.push('revoked'),
      onLost: () => void events.push('lost'),
    },
  )
  t.teardown(() => consumer.close())
  const until = async (isDone: () => boolean) => {
    for (const end = Date.now() + 10_000; !isDone(); ) {
      if (Date.now() > end) throw new Error(`not in 10 s: ${events.join()}`)
      await consumer.poll({ timeoutMs: 10 })
    }
  }
  await until(() => consumer.assignment().length === 1)
  return { consumer, events, until }
}

t.test('a member begins where its group stands, and commits there', async (t) => {
  const fake = new FakeGroup()
  const { consumer, events } = await join(t, fake)
  t.equal(consumer.position(place), 5)
  t.same(events, ['assigned'])
  await consumer.commit(offsets)
  t.same(fake.commits, [1])
  await t.rejects(consumer.commit([{ topic: 't', partition: 1, offset: 1 }]), {
    code: 'CONNECT_FENCED',
  })
  t.same(fake.commits, [1], 'what is not held is refused without asking')
})

t.test('a coordinator that moved or loads is waited for', async (t) => {
  const fake = new FakeGroup()
  fake.coordinators = [1, 2]
  let loading = 2
  fake.onCommit = (node) => {
    if (node === 1) return NOT_COORDINATOR
    return loading-- > 0 ? COORDINATOR_LOAD_IN_PROGRESS : 0
  }
  const { consumer, events } = await join(t, fake)
  await consumer.commit(offsets)
  t.same(fake.commits, [1, 2, 2, 2])
  t.same(events, ['assigned'])
})

t.test('heartbeats go on while nobody polls, and trouble with them passes unseen', async (t) => {
  const fake = new FakeGroup()
  const { consumer, events } = await join(t, fake)
  let troubles = 3
  fake.onHeartbeat = () => (troubles-- > 0 ? COORDINATOR_LOAD_IN_PROGRESS : 0)
  const before = fake.heartbeats.length
  while (fake.heartbeats.length < before + 8) await new Promise((done) => setTimeout(done, 10))
  t.ok(fake.heartbeats.slice(before).includes(COORDINATOR_LOAD_IN_PROGRESS))
  await consumer.poll({ timeoutMs: 0 })
  t.same(events, ['assigned'])
  t.equal(fake.generation, 1)
})

t.test('a rebalance is heard of by heartbeat, and done within a poll', async (t) => {
  const fake = new FakeGroup()
  const { consumer, events, until } = await join(t, fake)
  fake.onHeartbeat = () => (fake.generation === 1 ? REBALANCE_IN_PROGRESS : 0)
  const before = fake.heartbeats.length
  while (fake.heartbeats.length < before + 3) await new Promise((done) => setTimeout(done, 10))
  t.same(events, ['assigned'], 'nothing happens behind the back of the caller')
  await consumer.commit(offsets)
  await until(() => events.length === 3)
  t.same(events, ['assigned', 'revoked', 'assigned'])
  t.equal(consumer.generation, 2)
})

t.test('a commit that the group refuses is fenced, and what was held is lost', async (t) => {
  const fake = new FakeGroup()
  const { consumer, events, until } = await join(t, fake)
  fake.onCommit = () => ILLEGAL_GENERATION
  await t.rejects(consumer.commit(offsets), { code: 'CONNECT_FENCED' })
  fake.onCommit = () => 0
  await t.rejects(consumer.commit(offsets), { code: 'CONNECT_FENCED' }, 'until it joined again')
  await until(() => events.length === 3)
  t.same(events, ['assigned', 'lost', 'assigned'])
  await consumer.commit(offsets)
})

t.test('a commit in the middle of a rebalance may be made again', async (t) => {
  const fake = new FakeGroup()
  const { consumer, events, until } = await join(t, fake)
  fake.onCommit = () => REBALANCE_IN_PROGRESS
  await t.rejects(consumer.commit(offsets), { code: 'CONNECT_RETRIABLE' })
  fake.onCommit = () => 0
  await until(() => events.length === 3)
  t.same(events, ['assigned', 'revoked', 'assigned'])
})

t.test('a leader rebalances once for partitions that were added', async (t) => {
  const fake = new FakeGroup()
  const me = { memberId: 'me', instanceId: null, metadata: encodeSubscription(['t']) }
  fake.others.set('JoinGroup', () => ({
    errorCode: 0,
    generation: ++fake.generation,
    protocol: 'range',
    leader: 'me',
    memberId: 'me',
    members: [me],
  }))
  fake.settings.metadataMaxAgeMs = 20
  const { consumer } = await join(t, fake)
  t.equal(fake.generation, 1)
  fake.leaders = [1, 1].map((node) => ({ node, epoch: 1 }))
  for (const end = Date.now() + 500; Date.now() < end; ) await consumer.poll({ timeoutMs: 20 })
  t.equal(fake.generation, 2)
})
