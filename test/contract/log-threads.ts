import { once } from 'node:events'
import { type Transferable, Worker } from 'node:worker_threads'
import type { Test } from 'tap'
import type { Log } from '../../runtime/log/log.ts'
import {
  batchOf,
  countOf,
  drain,
  isBalanced,
  type LogRig,
  pollUntil,
  uniqueName,
  valuesOf,
} from './log-rig.ts'

/** Several threads on one log. */
export async function threadsContract(t: Test, rig: LogRig): Promise<void> {
  const log = await rig.open(t)
  if (log === undefined) return

  await t.test(
    'threads append to one partition: nothing lost, each in its own order',
    async (t) => {
      const topic = uniqueName('threads')
      await log.createTopic({ topic })
      const threads = [1, 2, 3].map((partition) =>
        start(t, log, { role: 'appender', topic, partition }),
      )
      await Promise.all(threads.map((thread) => once(thread, 'exit')))
      const { records } = await log.read({ topic, partition: 0 }, 'earliest', { records: 1000 })
      const values = valuesOf(records)
      t.equal(values.length, 600)
      for (const thread of [1, 2, 3]) {
        const own = values.filter((value) => value?.startsWith(`v${thread}`) && value.length === 5)
        t.same(
          own,
          Array.from({ length: 200 }, (_, i) => `v${thread * 1000 + i}`),
        )
      }
    },
  )

  await t.test('a thread reads, and is woken for, what another one appends', async (t) => {
    const topic = uniqueName('threads')
    await log.createTopic({ topic })
    const thread = start(t, log, { role: 'reader', topic })
    const answer = once(thread, 'message')
    for (let i = 0; i < 10; i++) await log.append([batchOf({ topic, partition: 0 }, i, 1)])
    t.same(await answer, [10])
  })

  await t.test('when a thread dies its partitions go to those that live', async (t) => {
    const topic = uniqueName('threads')
    const group = uniqueName('group')
    await log.createTopic({ topic, partitions: 4 })
    const member = await log.consumer({ group, topics: [topic] })
    t.teardown(() => member.close())
    await pollUntil([member], () => isBalanced([member], 4))
    const thread = start(t, log, { role: 'member', topic, group })
    let held = 0
    let read = 0
    thread.on('message', (message) => {
      held = message.held
      read += message.read
    })
    await pollUntil([member], () => held === 2 && member.assignment().length === 2)
    for (let partition = 0; partition < 4; partition++)
      await log.append([batchOf({ topic, partition }, 0, 3)])
    const [own] = await pollUntil([member], ([got]) => countOf(got ?? []) === 6 && read === 6)
    t.equal(new Set(own?.map((f) => f.partition)).size, 2)
    // Whether what stays with a member is given up in between or not: it goes on from what it committed.
    await member.commit(own?.map((f) => ({ topic, partition: f.partition, offset: f.next })) ?? [])
    await thread.terminate()
    await pollUntil([member], () => isBalanced([member], 4))
    await t.resolves(drain(member), 'what the thread committed is not read again')
  })
}

function start(t: Test, log: Log, work: object): Worker {
  const { data, transfer } = log.share()
  const thread = new Worker(new URL('./log-thread.ts', import.meta.url), {
    workerData: { share: data, ...work },
    transferList: transfer as Transferable[],
  })
  t.teardown(() => thread.terminate())
  thread.on('error', (error: Error) => t.fail(error.message))
  return thread
}
