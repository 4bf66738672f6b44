import type { Test } from 'tap'
import type { Consumer, ConsumerOptions, TopicPartition } from '../../runtime/log/log.ts'
import {
  batchOf,
  countOf,
  isBalanced,
  type LogRig,
  pollUntil,
  uniqueName,
  valuesOf,
} from './log-rig.ts'

/** Members that share partitions, and what a group's offsets may do. */
export async function groupsContract(t: Test, rig: LogRig): Promise<void> {
  const log = await rig.open(t)
  if (log === undefined) return
  const { gap = 0 } = rig
  const makeTopic = async (partitions: number) => {
    const topic = uniqueName('groups')
    await log.createTopic({ topic, partitions })
    return topic
  }
  const join = async (t: Test, options: ConsumerOptions) => {
    const consumer = await log.consumer(options)
    t.teardown(() => consumer.close())
    return consumer
  }

  await t.test('members share the partitions as they come and go', async (t) => {
    const topic = await makeTopic(6)
    const group = uniqueName('group')
    const events: string[] = []
    const member = (name: string) =>
      join(t, {
        group,
        member: name,
        topics: [topic],
        onAssigned: (partitions) => void events.push(`${name} +${partitions.length}`),
        onRevoked: (partitions) => void events.push(`${name} -${partitions.length}`),
      })
    const a = await member('a')
    await pollUntil([a], () => isBalanced([a], 6))
    t.same(events, ['a +6'])
    const before = a.generation
    const b = await member('b')
    await pollUntil([a, b], () => isBalanced([a, b], 6))
    t.ok(a.generation > before, 'the generation grew')
    const c = await member('c')
    await pollUntil([a, b, c], () => isBalanced([a, b, c], 6))
    await a.close()
    await pollUntil([b, c], () => isBalanced([b, c], 6))
    await c.close()
    await pollUntil([b], () => isBalanced([b], 6))
    t.ok(events.includes('b +3') || events.includes('b +6'), events.join())
  })

  await t.test('every record is read once when partitions move with their commits', async (t) => {
    const topic = await makeTopic(4)
    const group = uniqueName('group')
    const seen: string[] = []
    const member = async (): Promise<Consumer> => {
      const commit = async (partitions: readonly TopicPartition[]) => {
        const offsets = partitions.map((p) => ({ ...p, offset: consumer.position(p) }))
        await consumer.commit(offsets)
      }
      const consumer: Consumer = await join(t, { group, topics: [topic], onRevoked: commit })
      return consumer
    }
    const note = (fetched: Awaited<ReturnType<typeof pollUntil>>) => {
      for (const { partition, records } of fetched.flat())
        for (const value of valuesOf(records)) seen.push(`${partition}/${value}`)
    }
    const append = async (from: number) => {
      for (let partition = 0; partition < 4; partition++)
        await log.append([batchOf({ topic, partition }, from, 5)])
    }
    const a = await member()
    await append(0)
    note(await pollUntil([a], ([got]) => countOf(got ?? []) === 20))
    const b = await member()
    note(await pollUntil([a, b], () => isBalanced([a, b], 4)))
    await append(5)
    note(await pollUntil([a, b], (got) => countOf(got.flat()) === 20))
    for (const consumer of [a, b]) {
      const offsets = consumer.assignment().map((p) => ({ ...p, offset: consumer.position(p) }))
      await consumer.commit(offsets)
    }
    await b.close()
    note(await pollUntil([a], () => isBalanced([a], 4)))
    await append(10)
    note(await pollUntil([a], ([got]) => countOf(got ?? []) === 20))
    t.equal(seen.length, 60)
    t.equal(new Set(seen).size, 60)
  })

  await t.test('a commit for partitions that went to another member is refused', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const a = await join(t, { group, topics: [topic] })
    await pollUntil([a], () => isBalanced([a], 2))
    const old = a.generation
    const b = await join(t, { group, topics: [topic] })
    await pollUntil([a, b], () => isBalanced([a, b], 2))
    const [taken] = b.assignment() as [TopicPartition]
    const offsets = [{ ...taken, offset: 1 }]
    await t.rejects(a.commit(offsets), { code: 'CONNECT_FENCED' })
    const late = { append: [], groupOffsets: { group, generation: old, offsets } }
    await t.rejects(log.transaction(late), { code: 'CONNECT_FENCED' })
    const kept = a.assignment().map((p) => ({ ...p, offset: 1 }))
    await t.rejects(
      log.transaction({ append: [], groupOffsets: { group, generation: old, offsets: kept } }),
      { code: 'CONNECT_FENCED' },
      'an older generation commits nothing, not even what is still its own',
    )
    await b.commit(offsets)
    await a.commit(kept)
    const all = [...offsets, ...kept].sort((x, y) => x.partition - y.partition)
    t.same(await log.groupOffsets(group), all)
  })

  if (log.isTransactional) {
    await t.test('a transaction writes records and offsets together or not at all', async (t) => {
      const topic = await makeTopic(2)
      const place = { topic, partition: 0 }
      const group = uniqueName('group')
      const offsets = [{ topic, partition: 1, offset: 7 }]
      t.same(
        await log.transaction({ append: [batchOf(place, 0, 2)], groupOffsets: { group, offsets } }),
        [0],
      )
      t.same(await log.groupOffsets(group), offsets)

      const member = await join(t, { group, topics: [topic] })
      await pollUntil([member], () => isBalanced([member], 2))
      const fenced = {
        group,
        generation: member.generation + 99,
        offsets: [{ ...place, offset: 2 }],
      }
      const batch = batchOf(place, 2, 2)
      await t.rejects(log.transaction({ append: [batch], groupOffsets: fenced }), {
        code: 'CONNECT_FENCED',
      })
      t.equal((await log.offsets(topic))[0]?.latest, 2 + gap, 'no record of it')
      t.same(await log.groupOffsets(group), offsets, 'no offset of it')

      const { generation } = member
      const accepted = { ...fenced, generation }
      t.same(await log.transaction({ append: [batch], groupOffsets: accepted }), [2 + gap])
      t.same(await log.groupOffsets(group), [{ ...place, offset: 2 }, ...offsets])
    })
  }

  await t.test('offsets of a group are altered and deleted only without members', async (t) => {
    const topic = await makeTopic(2)
    const group = uniqueName('group')
    const member = await log.consumer({ group, topics: [topic] })
    await pollUntil([member], () => isBalanced([member], 2))
    const change = [
      { topic, partition: 0, offset: 3 },
      { topic, partition: 1, offset: 4 },
    ]
    await t.rejects(log.alterGroupOffsets(group, change), { code: 'CONNECT_CONFLICT' })
    await t.rejects(log.deleteGroup(group), { code: 'CONNECT_CONFLICT' })
    await member.close()
    await log.alterGroupOffsets(group, change)
    t.same(await log.groupOffsets(group), change)
    await log.alterGroupOffsets(group, [{ topic, partition: 0, offset: null }])
    t.same(await log.groupOffsets(group), [{ topic, partition: 1, offset: 4 }])
    await log.deleteGroup(group)
    t.same(await log.groupOffsets(group), [])
  })

  await t.test(
    'a callback that throws fails the poll, and the next one takes it up again',
    async (t) => {
      const topic = await makeTopic(2)
      const group = uniqueName('group')
      let failures = 1
      const a = await join(t, {
        group,
        topics: [topic],
        onRevoked: () => {
          if (failures-- > 0) throw new Error('the target is down')
        },
      })
      await pollUntil([a], () => isBalanced([a], 2))
      const b = await join(t, { group, topics: [topic] })
      await t.rejects(
        pollUntil([a, b], () => isBalanced([a, b], 2)),
        { message: 'the target is down' },
      )
      await pollUntil([a, b], () => isBalanced([a, b], 2))
      t.equal(failures, -1)
    },
  )
}
