import { parentPort, workerData } from 'node:worker_threads'
import { joinLog } from '../../runtime/log/open.ts'
import { batchOf, countOf } from './log-rig.ts'

// A thread of the contract suite: joins the log and does what it was made for.
const { share, role, topic, partition, group } = workerData
const log = await joinLog(share)

if (role === 'appender') {
  for (let i = 0; i < 40; i++)
    await log.append([batchOf({ topic, partition: 0 }, partition * 1000 + i * 5, 5)])
  await log.close()
} else if (role === 'reader') {
  const consumer = await log.consumer({ topics: [topic] })
  let count = 0
  while (count < 10) count += countOf(await consumer.poll({ timeoutMs: 1000 }))
  parentPort?.postMessage(count)
  await consumer.close()
  await log.close()
} else {
  const member = await log.consumer({ group, topics: [topic] })
  for (;;) {
    const fetched = await member.poll({ timeoutMs: 1000 })
    await member.commit(fetched.map((f) => ({ topic, partition: f.partition, offset: f.next })))
    parentPort?.postMessage({ held: member.assignment().length, read: countOf(fetched) })
  }
}
