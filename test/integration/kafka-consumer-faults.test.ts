import { open, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isRetriable } from '../../runtime/api/errors.ts'
import type { Consumer } from '../../runtime/log/log.ts'
import { batchOf, countOf, pollUntil, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { FakeNetwork } from '../helpers/fake-network.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { failure, KafkaReaders, recordsOf } from '../helpers/kafka-readers.ts'
import { type OwnService, startOwn } from '../helpers/services.ts'

t.test('a reader of a broker that fails', async (t) => {
  const own = await brokerBehindNetwork(t)
  if (!own) return
  const { broker, network } = own
  const log = await openKafka(broker.url as string)
  t.teardown(() => log.close())
  const makeTopic = async (settings: Record<string, string> = {}) => {
    const topic = uniqueName('faults')
    await log.createTopic({ topic, settings })
    return { topic, partition: 0 }
  }

  await t.test('goes on after a crash where it was, without losing a record', async (t) => {
    const place = await makeTopic()
    const group = uniqueName('group')
    const rig = new KafkaReaders(t, broker.url as string)
    const consumer = await rig.open({ group, topics: [place.topic] })
    const seen: number[] = []
    const readTo = async (count: number) => {
      const began = performance.now()
      while (seen.length < count && performance.now() - began < 60_000) {
        const got = await patientPoll(consumer)
        seen.push(...recordsOf(got).map(({ offset }) => offset))
      }
      await patiently(() => consumer.commit([{ ...place, offset: consumer.position(place) }]))
    }
    for (let i = 0; i < 20; i++) await log.append([batchOf(place, i * 10, 10)])
    await readTo(200)
    await broker.kill()
    const reading = readTo(400)
    await sleep(1000)
    await broker.start()
    for (let i = 20; i < 40; i++) await patiently(() => log.append([batchOf(place, i * 10, 10)]))
    await reading
    t.same(
      seen,
      Array.from({ length: 400 }, (_, i) => i),
    )
    await consumer.close()
    t.same(await log.groupOffsets(group), [{ ...place, offset: 400 }])
  })

  await t.test('says after a while that the broker is away, and closes all the same', async (t) => {
    const place = await makeTopic()
    const rig = new KafkaReaders(t, broker.url as string)
    const member = await rig.open({ group: uniqueName('group'), topics: [place.topic] })
    await pollUntil([member], () => member.assignment().length === 1)
    await broker.stop()
    const began = performance.now()
    const error = await failure(async () => {
      while (performance.now() - began < 30_000) await member.poll({ timeoutMs: 2000 })
    })
    t.ok(isRetriable(error), String(error))
    t.ok(performance.now() - began > 5000, 'a short outage would have been kept from the caller')
    const closing = performance.now()
    await member.close()
    t.ok(performance.now() - closing < 5000)
    await broker.start()
  })

  await t.test('notices connections that carry nothing, and makes others', async (t) => {
    const place = await makeTopic()
    const rig = new KafkaReaders(t, broker.url as string)
    const consumer = await rig.open({ topics: [place.topic] }, {}, { watchdogMs: 1000 })
    await log.append([batchOf(place, 0, 1)])
    await pollUntil([consumer], ([got]) => countOf(got ?? []) === 1)
    network.weather = 'stalled'
    await sleep(100)
    const waiting = pollUntil([consumer], ([got]) => countOf(got ?? []) === 1)
    for (let i = 0; rig.said.length === 0 && i < 200; i++) await sleep(100)
    network.weather = 'fine'
    await log.append([batchOf(place, 1, 1)])
    await waiting
    t.match(rig.said, [{ message: /does not answer a fetch/ }])
    t.equal(rig.said.length, 1, 'said once')
  })

  await t.test('does not read over what retention takes under its eyes', async (t) => {
    const place = await makeTopic({ 'segment.bytes': '1048576', 'retention.bytes': '1048576' })
    const consumer = await new KafkaReaders(t, broker.url as string).open({
      topics: [place.topic],
    })
    await log.append([batchOf(place, 0, 10)])
    await pollUntil([consumer], ([got]) => countOf(got ?? []) === 10)
    consumer.pause([place])
    for (let i = 0; i < 60; i++) await log.append([batchOf(place, i * 5000, 5000)])
    for (let i = 0; i < 300; i++) {
      if (((await log.offsets(place.topic))[0]?.earliest ?? 0) > 10) break
      await sleep(100)
    }
    const [{ earliest } = { earliest: 0 }] = await log.offsets(place.topic)
    t.ok(earliest > 10, 'retention took records')
    consumer.resume([place])
    const error = await failure(() => pollUntil([consumer], () => false))
    t.match(error, { code: 'CONNECT_ERROR', message: /from offset 10 to \d+ .* are gone/ })
    t.equal(consumer.position(place), 10)
  })

  await t.test('stops at a damaged batch, and names it at every try', async (t) => {
    const place = await makeTopic()
    for (let i = 0; i < 3; i++) await log.append([batchOf(place, i * 10, 10)])
    await broker.stop()
    await damage(join(broker.info['data'] ?? '', `${place.topic}-0`), 'v15')
    await broker.start()
    const consumer = await new KafkaReaders(t, broker.url as string).open({
      topics: [place.topic],
    })
    const [first] = await pollUntil([consumer], ([got]) => countOf(got ?? []) === 10)
    t.equal(valuesOf(recordsOf(first)).at(-1), 'v9')
    for (let i = 0; i < 2; i++) {
      const error = await failure(() => pollUntil([consumer], () => false))
      t.match(error, { code: 'CONNECT_CORRUPT', message: `"${place.topic}", partition 0` })
      t.match(error.message, /offset 10/)
    }
    await consumer.seek(place, 20)
    const [after] = await pollUntil([consumer], ([got]) => countOf(got ?? []) === 10)
    t.equal(valuesOf(recordsOf(after))[0], 'v20')
  })
})

/** A broker that everybody reaches through a network whose faults the test chooses. */
async function brokerBehindNetwork(t: Test) {
  const port = await freePort()
  const network = await FakeNetwork.before(t, { host: '127.0.0.1', port })
  const broker = await startOwn(t, 'kafka', {
    heap: '256m',
    ports: { plaintext: port },
    settings: {
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${network.port}`,
      'log.retention.check.interval.ms': '500',
      'log.initial.task.delay.ms': '500',
    },
  })
  return broker && { broker: broker as OwnService, network }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function patientPoll(consumer: Consumer) {
  return patiently(() => consumer.poll({ timeoutMs: 500 }))
}

/** As the worker does: again, while the log is out of reach. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 60_000; ; ) {
    try {
      return await work()
    } catch (error) {
      if (!isRetriable(error) || Date.now() > end) throw error
      await sleep(100)
    }
  }
}

/** Flips a bit of the first place where the text lies on the broker's disk. */
async function damage(folder: string, text: string): Promise<void> {
  const [name] = (await readdir(folder)).filter((each) => each.endsWith('.log'))
  const file = await open(join(folder, name as string), 'r+')
  try {
    const bytes = await file.readFile()
    const at = bytes.indexOf(text)
    await file.write(Buffer.from([(bytes[at] as number) ^ 1]), 0, 1, at)
  } finally {
    await file.close()
  }
}
