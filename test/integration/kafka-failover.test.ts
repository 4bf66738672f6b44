import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isRetriable } from '../../runtime/api/index.ts'
import type { EncodedBatch, Fetched } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { batchOf, countOf, pollUntil, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { startOwn } from '../helpers/services.ts'
import { freePort } from '../services/free-port.ts'

/** Two brokers of one cluster; the first is the controller too. */
async function twoBrokers(t: Test) {
  const controller = await freePort()
  const first = await startOwn(t, 'kafka', {
    heap: '256m',
    ports: { controller },
    settings: { 'group.min.session.timeout.ms': '1000' },
  })
  if (!first) return undefined
  const bootstrap = { 'bootstrap.servers': first.url! }
  const log = await openLog({ kind: 'kafka', common: bootstrap })
  const { clusterId } = log
  await log.close()
  const port = await freePort()
  const second = await startOwn(t, 'kafka', {
    heap: '256m',
    ports: { plaintext: port },
    formatArguments: ['--cluster-id', clusterId],
    settings: {
      'process.roles': 'broker',
      'node.id': '2',
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
    },
  })
  return second && { first, second, bootstrap }
}

t.test('a broker dies and comes back while records are written and read', async (t) => {
  const brokers = await twoBrokers(t)
  if (!brokers) return
  const { second, bootstrap } = brokers
  const log = await openLog({ kind: 'kafka', common: bootstrap })
  t.teardown(() => log.close())
  const topic = uniqueName('failover')
  const partitions = [0, 1, 2, 3]
  await log.createTopic({
    topic,
    partitions: partitions.length,
    replicationFactor: 2,
    settings: { 'min.insync.replicas': '1' },
  })
  const consumer = await log.consumer({ group: uniqueName('group'), topics: [topic] })

  let isOver = false
  t.teardown(() => {
    isOver = true
  })
  /** As the worker does: the very same batch again. */
  const appendStubbornly = async (batch: EncodedBatch) => {
    while (!isOver)
      try {
        await log.append([batch])
        return
      } catch (error) {
        if (!isRetriable(error)) throw error
        t.comment((error as Error).message)
        await sleep(100)
      }
  }
  const written = partitions.map(() => 0)
  const writing = Promise.all(
    partitions.map(async (partition) => {
      for (; !isOver; written[partition]! += 10) {
        await appendStubbornly(batchOf({ topic, partition }, written[partition]!, 10))
        await sleep(5)
      }
    }),
  )
  const fetched: Fetched[] = []
  const readFor = async (ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end; )
      try {
        fetched.push(...(await consumer.poll({ timeoutMs: 100 })))
      } catch (error) {
        // Until the controller has noticed, nobody leads what the dead broker led.
        if (!isRetriable(error)) throw error
        await sleep(100)
      }
  }
  const total = () => written.reduce((sum, count) => sum + count, 0)
  const until = async (isSo: () => boolean) => {
    for (const end = Date.now() + 60_000; !isSo(); await readFor(100))
      if (Date.now() > end) throw new Error(`stuck at ${written}, read ${countOf(fetched)}`)
  }

  await until(() => written.every((count) => count > 100) && countOf(fetched) > 100)
  await second.kill()
  const atDeath = [...written]
  await until(() => written.every((count, i) => count > atDeath[i]! + 100))
  t.pass('every partition is written to without the second broker')
  await second.start()
  const atReturn = [...written]
  await until(() => written.every((count, i) => count > atReturn[i]! + 100))
  isOver = true
  await writing

  const [rest = []] = await pollUntil(
    [consumer],
    ([own = []]) => countOf(own) + countOf(fetched) >= total(),
  )
  const all = [...fetched, ...rest]
  for (const partition of partitions) {
    const records = all
      .filter((each) => each.partition === partition)
      .flatMap((each) => each.records)
    t.strictSame(
      valuesOf(records),
      Array.from({ length: written[partition]! }, (_, n) => `v${n}`),
      `partition ${partition}: each record once, in order`,
    )
  }
  await consumer.close()
})
