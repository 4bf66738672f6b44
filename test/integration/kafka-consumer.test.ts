import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KafkaCluster } from '../../runtime/log/kafka/cluster.ts'
import type { KafkaConsumer } from '../../runtime/log/kafka/consumer.ts'
import { createPartitionsRequest } from '../../runtime/log/kafka/protocol/requests/create-partitions.ts'
import { leaveGroupRequest } from '../../runtime/log/kafka/protocol/requests/leave-group.ts'
import {
  batchOf,
  countOf,
  isBalanced,
  pollUntil,
  uniqueName,
  valuesOf,
} from '../contract/log-rig.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { failure, KafkaReaders, recordsOf } from '../helpers/kafka-readers.ts'
import { type Service, service } from '../helpers/services.ts'

t.test('a member of a group on a real broker', async (t) => {
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

  await t.test('members that poll seldom stay members, and nobody rebalances', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const events: string[] = []
    const member = (name: string) =>
      readers(t).open({
        group,
        topics: [topic],
        onRevoked: () => void events.push(`${name} revoked`),
        onLost: () => void events.push(`${name} lost`),
      })
    const both = [await member('a'), await member('b')]
    await pollUntil(both, () => isBalanced(both, 2))
    const before = both.map((each) => each.generation)
    events.length = 0
    for (let i = 0; i < 2; i++) {
      for (const partition of [0, 1]) await log.append([batchOf({ topic, partition }, i, 1)])
      await pollUntil(both, (got) => got.every((own) => countOf(own) === 1))
      await sleep(8000) // longer than a session
      for (const each of both)
        await each.commit(each.assignment().map((p) => ({ ...p, offset: each.position(p) })))
    }
    t.same(
      both.map((each) => each.generation),
      before,
    )
    t.same(events, [])
  })

  await t.test('partitions that are added are read too', async (t) => {
    const topic = await makeTopic(1)
    const java = { 'metadata.max.age.ms': '1000' }
    const rig = readers(t)
    const cluster = await rig.cluster(java)
    const alone = await rig.open({ topics: [topic] }, java, { cluster })
    const member = await rig.open({ group: uniqueName('group'), topics: [topic] }, java, {
      cluster,
    })
    const both = [alone, member]
    await pollUntil(both, () => both.every((each) => each.assignment().length === 1))
    const topics = [{ topic, partitions: 3 }]
    await cluster.sendAny(createPartitionsRequest({ topics, timeoutMs: 10_000 }))
    await pollUntil(both, () => both.every((each) => each.assignment().length === 3))
    await log.append([batchOf({ topic, partition: 2 }, 0, 1)])
    await pollUntil(both, (got) => got.every((own) => countOf(own) === 1))
  })

  await t.test('a member that the group gave up loses what it held, and joins again', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const events: string[] = []
    const rig = readers(t)
    const consumer = await rig.open({
      group,
      topics: [topic],
      onAssigned: (partitions) => void events.push(`+${partitions.length}`),
      onRevoked: (partitions) => void events.push(`-${partitions.length}`),
      onLost: (partitions) => void events.push(`lost ${partitions.length}`),
    })
    await pollUntil([consumer], () => consumer.assignment().length === 2)
    const { generation } = consumer
    const offsets = [{ topic, partition: 0, offset: 0 }]
    await expel(await rig.cluster(), group, consumer)
    await t.rejects(consumer.commit(offsets), { code: 'CONNECT_FENCED' })
    await pollUntil([consumer], () => events.length === 3)
    t.same(events, ['+2', 'lost 2', '+2'])
    t.ok(consumer.generation > generation)
    await consumer.commit(offsets)
    // The heartbeat alone notices it too.
    await expel(await rig.cluster(), group, consumer)
    await pollUntil([consumer], () => events.length === 5)
    t.same(events.slice(3), ['lost 2', '+2'])
  })

  await t.test('a commit while the group already rebalances is taken', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const place = { topic, partition: 0 }
    const offsets = [{ ...place, offset: 1 }]
    const a = await readers(t).open({ group, topics: [topic] })
    await log.append([batchOf(place, 0, 1)])
    await pollUntil([a], ([got]) => countOf(got ?? []) === 1)
    const b = await readers(t).open({ group, topics: [topic] })
    await b.poll({ timeoutMs: 1000 }) // its join waits for the other member
    await a.commit(offsets)
    t.same(await a.committed([place]), offsets)
    await pollUntil([a, b], () => isBalanced([a, b], 2))
  })

  await t.test('a static member comes back without a rebalance', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const events: string[] = []
    const member = (name: string) =>
      readers(t).open(
        { group, topics: [topic], onRevoked: () => void events.push(`${name} revoked`) },
        { 'group.instance.id': name },
      )
    const a = await member('a')
    const b = await member('b')
    await pollUntil([a, b], () => isBalanced([a, b], 2))
    const { generation } = a
    events.length = 0
    await b.close()
    const back = await member('b')
    await pollUntil([a, back], () => isBalanced([a, back], 2))
    t.equal(a.generation, generation)
    t.same(events, [])
    const twin = await member('a')
    await twin.poll({ timeoutMs: 3000 })
    const error = await failure(() => pollUntil([a], () => false))
    t.match(error, { code: 'CONNECT_ERROR', hint: /instance id/ })
  })

  await t.test("Java's consumer and ours share a group's partitions", async (t) => {
    const topic = await makeTopic(5)
    const group = uniqueName('group')
    const ours = await readers(t).open({ group, topics: [topic] })
    await pollUntil([ours], () => ours.assignment().length === 5)
    const java = startJavaConsumer(t, broker, { topic, group })
    await pollUntil([ours], () => [2, 3].includes(ours.assignment().length))
    for (let partition = 0; partition < 5; partition++)
      await log.append([batchOf({ topic, partition }, partition * 10, 4)])
    const own = ours.assignment().length * 4
    const [got] = await pollUntil(
      [ours],
      ([got]) => countOf(got ?? []) === own && java.lines.length === 20 - own,
    )
    const both = [...valuesOf(recordsOf(got)), ...java.lines].sort()
    t.equal(new Set(both).size, 20, 'each record once')
    java.stop()
    await pollUntil([ours], () => ours.assignment().length === 5)
    // The other way round: Java's shares out, ours takes what it is given.
    startJavaConsumer(t, broker, { topic, group })
    await pollUntil([ours], () => ours.assignment().length < 5)
    await ours.close()
    const late = await readers(t).open({ group, topics: [topic] })
    await pollUntil([late], () => [2, 3].includes(late.assignment().length))
  })
})

function startJavaConsumer(
  t: Test,
  broker: Service,
  { topic, group }: { topic: string; group: string },
) {
  const { java = '', classPath = '' } = broker.info
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(
    java,
    [
      ...['-Xmx128m', '-cp', classPath, 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
      ...['--bootstrap-server', broker.url as string, '--topic', topic, '--group', group],
      ...['--from-beginning', '--command-property', 'session.timeout.ms=6000'],
      ...['--command-property', 'heartbeat.interval.ms=300'],
    ],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  return { lines, stop: () => child.kill('SIGTERM') }
}

async function expel(cluster: KafkaCluster, group: string, consumer: KafkaConsumer) {
  const { memberId } = consumer
  const request = leaveGroupRequest({ group, members: [{ memberId }] })
  await cluster.send(await cluster.coordinator(group, 'group'), request)
}
