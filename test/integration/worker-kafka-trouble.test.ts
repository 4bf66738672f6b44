import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Log } from '../../runtime/log/log.ts'
import { tapline } from '../helpers/command.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { randomName } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { startOwn } from '../helpers/services.ts'
import { writeWorkerFile } from '../helpers/worker-file.ts'

/** A worker whose broker is away, says no, or keeps topics that would lose what the worker stores. */

t.setTimeout(300_000)

const kafka = await startOwn(t, 'kafka', { settings: { 'auto.create.topics.enable': 'false' } })
const bootstrap = kafka?.url ?? ''

interface Scene {
  readonly folder: string
  readonly group: string
  readonly topic: string
  readonly input: string
  readonly output: string
  /** The worker file. */
  file(more?: Readonly<Record<string, string>>): string
  start(...flags: string[]): Promise<RunningWorker>
}

function sceneOf(t: Test): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-worker-trouble-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const group = randomName('workers')
  const file: Scene['file'] = (more = {}) =>
    writeWorkerFile(join(folder, 'worker.properties'), {
      bootstrap,
      group,
      more: { 'offset.flush.interval.ms': '500', listeners: 'http://127.0.0.1:0', ...more },
    })
  return {
    folder,
    group,
    topic: randomName('lines'),
    input: join(folder, 'input.txt'),
    output: join(folder, 'output.txt'),
    file,
    async start(...flags) {
      const args = [...flags, file()]
      const worker = await RunningWorker.start({ dataDir: join(folder, 'data'), args })
      t.teardown(() => worker.kill('SIGKILL'))
      return worker
    },
  }
}

const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `line ${from + n}\n`).join('')

const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')

/** A member that is gone without a word is missed after that. */
const sinkOf = (topics: string, file: string) => ({
  'connector.class': 'FileStreamSink',
  topics,
  file,
  'consumer.override.session.timeout.ms': '6000',
  'consumer.override.heartbeat.interval.ms': '1000',
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

t.test('a cluster out of reach ends the start with 2, in the words of Kafka Connect', async (t) => {
  const { file } = sceneOf(t)
  const nobody = `127.0.0.1:${await freePort()}`
  const more = { 'bootstrap.servers': nobody, 'default.api.timeout.ms': '1500' }
  const { code, stdout } = await tapline(['worker', file(more)])
  t.equal(code, 2)
  t.match(
    stdout,
    "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties.",
  )
  t.match(stdout, `"hint":"Kafka broker ${nobody}: nobody listens there (ECONNREFUSED)`)
  t.match(stdout, 'the log cannot be reached and is tried again')
})

t.test('mistakes of the worker file end the start with 2, before anything connects', async (t) => {
  const { file } = sceneOf(t)
  for (const [more, words] of [
    [{ 'group.id': '' }, 'Invalid value  for configuration group.id: String must be non-empty'],
    [{ 'bootstrap.servers': 'nowhere' }, /"nowhere\\" is no host:port/],
    [{ 'producer.acks': '2' }, /producer\.Invalid value 2|acks/],
    [{ 'security.protocol': 'TLS' }, /security\.protocol/],
  ] as const) {
    const { code, stdout } = await tapline(['worker', file(more)])
    t.equal(code, 2, JSON.stringify(more))
    t.match(stdout, words)
  }
})

if (kafka) {
  const log: Log = await openKafka(bootstrap)
  t.teardown(() => log.close())

  t.test('store topics that would lose records end the start with 3', async (t) => {
    const cases = [
      {
        store: 'config',
        partitions: 2,
        policy: 'compact',
        words:
          /is required to have a single partition in order to guarantee consistency of connector configurations, but found 2 partitions\./,
      },
      {
        store: 'offset',
        partitions: 1,
        policy: 'delete',
        words:
          /is required to have 'cleanup\.policy=compact' to guarantee consistency and durability of source connector offsets, but found the topic currently has 'cleanup\.policy=delete'/,
      },
      {
        store: 'status',
        partitions: 1,
        policy: 'compact,delete',
        words:
          /durability of connector and task statuses, but found the topic currently has 'cleanup\.policy=compact,delete'/,
      },
    ]
    for (const { store, partitions, policy, words } of cases) {
      const { file, group } = sceneOf(t)
      const topic = `${group}-${store}`
      const settings = { 'cleanup.policy': policy }
      await log.createTopic({ topic, partitions, replicationFactor: 1, settings })
      const { code, stdout } = await tapline(['worker', file()])
      t.equal(code, 3, store)
      t.match(stdout, words)
    }
  })

  t.test('more copies than brokers are refused in words', async (t) => {
    const { file } = sceneOf(t)
    const { code, stdout } = await tapline([
      'worker',
      file({ 'config.storage.replication.factor': '3' }),
    ])
    t.equal(code, 3)
    t.match(stdout, /replication/i)
  })

  t.test('a topic that nobody makes FAILS the source in words', async (t) => {
    const scene = sceneOf(t)
    writeFileSync(scene.input, lines(3))
    const worker = await scene.start()
    const config = { 'connector.class': 'FileStreamSource', file: scene.input, topic: scene.topic }
    await worker.put('in', config)
    const task = async () =>
      (await worker.call<{ state: string; trace?: string }>('GET', '/connectors/in/tasks/0/status'))
        .body
    const { trace } = await until('the task to fail', task, ({ state }) => state === 'FAILED')
    t.match(trace, `Topic ${scene.topic} does not exist, and the log does not make topics`)
    await worker.put('in', {
      ...config,
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '3',
    })
    const again = await until(
      'the other reason',
      task,
      (found) => found.state === 'FAILED' && !found.trace?.includes('does not make topics'),
    )
    t.match(again.trace, /Task failed to create new topic/)
    await worker.put('in', {
      ...config,
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '-1',
    })
    await until(
      'the lines',
      async () => (await log.describeTopic(scene.topic)) && log.offsets(scene.topic),
      (ends) => ends?.[0]?.latest === 3,
    )
  })

  t.test('brokers that come back find nothing lost, and a worker that lived', async (t) => {
    const scene = sceneOf(t)
    const { topic, input, output } = scene
    await log.createTopic({ topic, partitions: 1, replicationFactor: 1 })
    writeFileSync(input, lines(100))
    const worker = await scene.start()
    await worker.put('in', { 'connector.class': 'FileStreamSource', file: input, topic })
    await worker.put('out', sinkOf(topic, output))
    await until(
      'the first lines',
      async () => read(output),
      (text) => text === lines(100),
    )

    await kafka.kill()
    appendFileSync(input, lines(100, 100))
    const health = async () =>
      (await worker.call<{ status: string; message: string }>('GET', '/health')).body
    const sick = await until('a word of it', health, ({ message }) =>
      /Retrying|cannot be/.test(message),
    )
    t.equal(sick.status, 'healthy', 'it answers')
    const began = Date.now()
    const put = await worker.call<{ message: string }>('PUT', '/connectors/in/pause')
    t.equal(put.status, 500)
    t.equal(put.body.message, 'Error writing connector configuration to Kafka')
    t.ok(Date.now() - began < 60_000)
    for (const name of ['in', 'out'])
      t.equal((await worker.call('GET', `/connectors/${name}/status`)).status, 200)

    await kafka.start()
    appendFileSync(input, lines(100, 200))
    // The pause may have come through after all: a write that was given up is not undone.
    await until(
      'the way back',
      async () => (await worker.call('PUT', '/connectors/in/resume')).status,
      (code) => code === 202,
      120_000,
    )
    const all = () => new Set(read(output).split('\n').slice(0, -1))
    await until(
      'all lines',
      async () => all().size,
      (size) => size === 300,
      120_000,
    )
    t.strictSame([...all()], lines(300).split('\n').slice(0, -1), 'in order, none lost')
    await until('peace', health, ({ message }) => !/Retrying|cannot be/.test(message), 30_000)
    t.equal(await worker.stop(), 0)
  })

  t.test('a worker that is told to stop while its brokers are away ends in time', async (t) => {
    const scene = sceneOf(t)
    const { topic, input, output } = scene
    await log.createTopic({ topic, partitions: 1, replicationFactor: 1 })
    writeFileSync(input, lines(100))
    let worker = await scene.start()
    await worker.put('in', { 'connector.class': 'FileStreamSource', file: input, topic })
    await worker.put('out', sinkOf(topic, output))
    await until(
      'the first lines',
      async () => read(output),
      (text) => text === lines(100),
    )
    await kafka.kill()
    appendFileSync(input, lines(100, 100))
    await until(
      'trouble',
      async () => (await worker.call<{ message: string }>('GET', '/health')).body.message,
      (message) => /Retrying|cannot be/.test(message),
    )
    t.equal(await worker.stop(), 0, 'by itself, not at the limit')
    await kafka.start()
    worker = await scene.start()
    const all = () => new Set(read(output).split('\n').slice(0, -1))
    await until(
      'all lines',
      async () => all().size,
      (size) => size === 200,
      60_000,
    )
    t.strictSame([...all()], lines(200).split('\n').slice(0, -1), 'in order, none lost')
  })

  t.test('a worker that is earlier than its brokers waits for them, and says so', async (t) => {
    const scene = sceneOf(t)
    await kafka.stop()
    const port = await freePort()
    const starting = scene.start('--port', String(port))
    starting.catch(() => undefined)
    const ask = async () =>
      fetch(`http://127.0.0.1:${port}/connectors`).then(
        async (answer) => ({ status: answer.status, text: await answer.text() }),
        () => ({ status: 0, text: '' }),
      )
    const { status } = await until('an answer', ask, (answer) => answer.status !== 0, 20_000)
    t.equal(status, 503)
    await kafka.start()
    const worker = await starting
    t.equal((await worker.call('GET', '/connectors')).status, 200)
  })
}
