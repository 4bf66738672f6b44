import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { KafkaCluster } from '../../runtime/log/kafka/cluster.ts'
import { fetchRequest } from '../../runtime/log/kafka/protocol/requests/fetch.ts'
import { connectionSettings } from '../../runtime/log/kafka/settings/connection-settings.ts'
import { tapline } from '../helpers/command.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { randomName } from '../helpers/postgres.ts'
import { pageAll } from '../helpers/read-log.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { service } from '../helpers/services.ts'
import { writeWorkerFile } from '../helpers/worker-file.ts'

/** A worker process on a real broker, as its properties file says. */

t.setTimeout(300_000)

const kafka = await service(t, 'kafka')
const bootstrap = kafka?.url ?? ''

interface Scene {
  readonly folder: string
  readonly group: string
  readonly topic: string
  readonly input: string
  readonly output: string
  start(more?: Readonly<Record<string, string>>): Promise<RunningWorker>
}

function sceneOf(t: Test): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-worker-kafka-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const group = randomName('workers')
  return {
    folder,
    group,
    topic: randomName('lines'),
    input: join(folder, 'input.txt'),
    output: join(folder, 'output.txt'),
    async start(more = {}) {
      const file = writeWorkerFile(join(folder, 'worker.properties'), {
        bootstrap,
        group,
        more: { 'offset.flush.interval.ms': '500', ...more },
      })
      const worker = await RunningWorker.start({ dataDir: join(folder, 'data'), args: [file] })
      t.teardown(() => worker.kill('SIGKILL'))
      return worker
    },
  }
}

const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `line ${from + n}\n`).join('')

function sorted(file: string): string[] {
  if (!existsSync(file)) return []
  const found = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return found.sort((a, b) => Number(a.split(' ').at(-1)) - Number(b.split(' ').at(-1)))
}

const copied = (file: string, count: number) =>
  until(
    `${count} lines in ${file}`,
    async () => sorted(file).length,
    (found) => found >= count,
  )

interface State {
  readonly state: string
  readonly trace?: string
}
interface Status {
  readonly connector: State
  readonly tasks: readonly State[]
}

const status = async (worker: RunningWorker, name: string) =>
  (await worker.call<Status>('GET', `/connectors/${name}/status`)).body

const shows = (worker: RunningWorker, name: string, connector: string, ...tasks: string[]) =>
  until(
    `${name} to be ${connector} ${tasks}`,
    () => status(worker, name),
    (found) =>
      found.connector?.state === connector &&
      found.tasks.map(({ state }) => state).join() === tasks.join(),
  )

const source = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const sink = 'FileStreamSink'

/** The compression bits of the first batch. */
async function codecOf(topic: string, partition: number): Promise<number | undefined> {
  const { settings } = connectionSettings({ 'bootstrap.servers': bootstrap })
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const cluster = await KafkaCluster.open(settings, { logger, clientId: 'tapline-test' })
  try {
    const { node, epoch } = await cluster.leaderOf({ topic, partition })
    const ask = { partition, offset: 0, leaderEpoch: epoch, maxBytes: 1 << 20 }
    const answer = await cluster.send(
      node,
      fetchRequest({
        isolation: 'read_uncommitted',
        maxWaitMs: 1000,
        minBytes: 1,
        maxBytes: 1 << 20,
        rack: '',
        topics: [{ topic, partitions: [ask] }],
      }),
    )
    const set = answer.topics[0]?.partitions[0]?.recordSet
    return set === undefined || set.length < 61 ? undefined : set.readInt16BE(21) & 7
  } finally {
    await cluster.close()
  }
}

if (kafka) {
  const log = await openKafka(bootstrap)
  t.teardown(() => log.close())

  t.test('file, topic, file: made as configured, paused, restarted, deleted', async (t) => {
    const scene = sceneOf(t)
    const { topic, input, output } = scene
    writeFileSync(input, lines(1000))
    let worker = await scene.start()
    await worker.put('in', {
      'connector.class': source,
      file: input,
      topic,
      transforms: 'route',
      'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
      'transforms.route.regex': '(.*)',
      'transforms.route.replacement': '$1-routed',
      'topic.creation.groups': 'routed',
      'topic.creation.routed.include': '.*-routed',
      'topic.creation.routed.partitions': '6',
      'topic.creation.routed.retention.ms': '123456789',
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '1',
      'producer.override.compression.type': 'zstd',
    })
    const routed = `${topic}-routed`
    await worker.put('out', {
      'connector.class': sink,
      topics: routed,
      file: output,
      'tasks.max': '3',
      'consumer.override.group.id': `${topic}-readers`,
    })
    await copied(output, 1000)
    t.strictSame(sorted(output), lines(1000).split('\n').slice(0, -1))
    t.match(await log.describeTopic(routed), {
      partitions: 6,
      settings: { 'retention.ms': '123456789' },
    })
    t.equal(await log.describeTopic(topic), null, 'nothing was written there')
    const filled = (await log.offsets(routed)).find(({ latest }) => latest > 0)
    t.equal(await codecOf(routed, filled?.partition ?? 0), 4, 'zstd')
    await shows(worker, 'out', 'RUNNING', 'RUNNING', 'RUNNING', 'RUNNING')
    await until(
      'the group that was asked for to know all',
      () => log.groupOffsets(`${topic}-readers`),
      (offsets) => offsets.reduce((sum, { offset }) => sum + offset, 0) === 1000,
    )
    const inDefaultGroup = await log.groupOffsets('connect-out')
    t.notOk(inDefaultGroup.some((each) => each.topic === routed))

    await worker.call('PUT', '/connectors/out/pause')
    await shows(worker, 'out', 'PAUSED', 'PAUSED', 'PAUSED', 'PAUSED')
    appendFileSync(input, lines(500, 1000))
    await until(
      'the source to go on',
      () => log.offsets(routed),
      (ends) => ends.reduce((sum, { latest }) => sum + latest, 0) === 1500,
    )
    t.equal(sorted(output).length, 1000)
    await worker.call('PUT', '/connectors/out/resume')
    await copied(output, 1500)

    t.equal(await worker.stop(), 0)
    appendFileSync(input, lines(500, 1500))
    worker = await scene.start()
    await copied(output, 2000)
    t.strictSame(sorted(output), lines(2000).split('\n').slice(0, -1), 'each once, after a restart')
    const restarted = await worker.call(
      'POST',
      '/connectors/in/restart?includeTasks=true&onlyFailed=false',
    )
    t.equal(restarted.status, 202)
    appendFileSync(input, lines(10, 2000))
    await copied(output, 2010)

    t.equal((await worker.call('DELETE', '/connectors/in')).status, 204)
    t.strictSame((await worker.call('GET', '/connectors')).body, ['out'])
    const records = await pageAll(log, `${scene.group}-config`)
    t.equal(records.findLast(({ key }) => String(key) === 'connector-in')?.value, null)
    const [offset] = (await pageAll(log, `${scene.group}-offset`)).slice(-1)
    t.equal(String(offset?.key), JSON.stringify(['in', { filename: input }]))
    t.equal(String(offset?.value), JSON.stringify({ position: readFileSync(input).length }))
    for (const [store, partitions] of [
      ['config', 1],
      ['offset', 4],
      ['status', 2],
    ] as const)
      t.match(await log.describeTopic(`${scene.group}-${store}`), {
        partitions,
        settings: { 'cleanup.policy': 'compact' },
      })
  })

  t.test(
    'tasks share partitions, and only their own connector stands still meanwhile',
    async (t) => {
      const scene = sceneOf(t)
      const { topic, folder, output } = scene
      await log.createTopic({ topic, partitions: 6, replicationFactor: 1 })
      const worker = await scene.start()
      writeFileSync(scene.input, '')
      await worker.put('in', { 'connector.class': source, file: scene.input, topic })
      const other = join(folder, 'other.txt')
      const reading = { 'connector.class': sink, topics: topic }
      await worker.put('one', { ...reading, file: output })
      await worker.put('other', { ...reading, file: other })
      appendFileSync(scene.input, lines(300))
      await copied(output, 300)
      await copied(other, 300)

      const generations = () =>
        worker.lines.filter((line) => /"connector":"other"/.test(line)).length
      const before = generations()
      await worker.put('one', { ...reading, file: output, 'tasks.max': '3' })
      await shows(worker, 'one', 'RUNNING', 'RUNNING', 'RUNNING', 'RUNNING')
      const assigned = async () => {
        const { body } = await worker.call<string>('GET', '/metrics')
        const found = String(body).matchAll(
          /^kafka_connect_sink_task_metrics_partition_count\{[^}]*connector="one"[^}]*\} (\d+)/gm,
        )
        return Array.from(found, ([, count]) => Number(count))
      }
      await until(
        'each task to have two partitions',
        assigned,
        (counts) => counts.join() === '2,2,2',
      )
      appendFileSync(scene.input, lines(300, 300))
      await copied(output, 600)
      await copied(other, 600)
      t.strictSame(sorted(output), lines(600).split('\n').slice(0, -1))
      t.strictSame(sorted(other), lines(600).split('\n').slice(0, -1))
      t.equal(generations(), before, 'nothing happened to the other one')
    },
  )

  t.test('overrides, policy and groups are judged as Connect judges them', async (t) => {
    const scene = sceneOf(t)
    const worker = await scene.start({ 'connector.client.config.override.policy': 'Principal' })
    const config = { 'connector.class': sink, topics: scene.topic, file: scene.output }
    const refused = await worker.call<{ message: string }>('PUT', '/connectors/out/config', {
      ...config,
      'consumer.override.fetch.min.bytes': '1',
    })
    t.equal(refused.status, 400)
    t.match(
      refused.body.message,
      /The 'Principal' policy does not allow 'fetch\.min\.bytes' to be overridden in the connector configuration\./,
    )
    const name = scene.group.replace(/^connect-/, '')
    const conflicting = await worker.call<{ message: string }>('PUT', '/connectors/x/config', {
      ...config,
      'consumer.override.group.id': name,
    })
    t.equal(conflicting.status, 400)
    t.match(conflicting.body.message, `conflicts with Connect worker group ${name}`)
    const wrong = await worker.call<{ message: string }>('PUT', '/connectors/in/config', {
      'connector.class': source,
      file: scene.input,
      topic: scene.topic,
      'topic.creation.default.partitions': '0',
    })
    t.match(wrong.body.message, /Number of partitions must be positive, or -1/)
    t.match(wrong.body.message, /Missing required configuration "topic\.creation\.default\.repl/)
  })

  t.test(
    'a class that is not here is listed and FAILED in words; its config is kept',
    async (t) => {
      const scene = sceneOf(t)
      const first = await scene.start()
      const config = { 'connector.class': source, file: scene.input, topic: scene.topic }
      await first.put('in', config)
      await shows(first, 'in', 'RUNNING', 'RUNNING')
      t.equal(await first.stop(), 0)

      // As a worker with other plugins would have left it.
      const foreign = {
        'connector.class': 'com.acme.NoSourceConnector',
        name: 'foreign',
        secret: 's',
      }
      await writeConfig(scene, 'connector-foreign', { properties: foreign })
      await writeConfig(scene, 'task-foreign-0', {
        properties: { 'task.class': 'com.acme.NoTask' },
      })
      await writeConfig(scene, 'commit-foreign', { tasks: 1 })
      const worker = await scene.start()
      await shows(worker, 'foreign', 'FAILED', 'FAILED')
      const { connector, tasks } = await status(worker, 'foreign')
      for (const { trace } of [connector, ...tasks])
        t.match(
          trace,
          /Failed to find any class that implements Connector and which name matches com/,
        )
      t.strictSame((await worker.call('GET', '/connectors/foreign/config')).body, foreign)
      await shows(worker, 'in', 'RUNNING', 'RUNNING')
    },
  )

  t.test('topics are browsed over HTTP and printed by tapline log', async (t) => {
    const scene = sceneOf(t)
    const { topic } = scene
    writeFileSync(scene.input, lines(20))
    const worker = await scene.start()
    await worker.put('in', {
      'connector.class': source,
      file: scene.input,
      topic,
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '1',
    })
    await until(
      'the lines',
      async () => (await log.describeTopic(topic)) && log.offsets(topic),
      (ends) => ends?.[0]?.latest === 20,
    )
    const { body: topics } = await worker.call<{ topic: string }[]>('GET', '/topics')
    t.ok(topics.some((each) => each.topic === topic))
    const page = await worker.call<{ records: { value: unknown }[]; latest: number }>(
      'GET',
      `/topics/${topic}/records?limit=2`,
    )
    t.equal(page.status, 200)
    t.equal(page.body.latest, 20)

    const on = ['--bootstrap-server', bootstrap]
    const list = await tapline(['log', ...on])
    t.match(list.stdout, `"topic":"${topic}","partitions":1,"records":20`)
    const settings = join(scene.folder, 'client.properties')
    writeFileSync(settings, 'request.timeout.ms=20000\n')
    const printed = await tapline([
      'log',
      topic,
      '--limit',
      '2',
      ...on,
      '--command-config',
      settings,
    ])
    t.strictSame(
      printed.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).value),
      ['line 0', 'line 1'],
    )
    const none = await tapline(['log', randomName('none'), ...on])
    t.match(none, { code: 1, stderr: /There is no topic / })
  })

  async function writeConfig(scene: Scene, key: string, value: object): Promise<void> {
    const { BatchBuilder } = await import('../../runtime/log/batch/batch-builder.ts')
    const batch = new BatchBuilder({ topic: `${scene.group}-config`, partition: 0 })
    batch.append(Buffer.from(key), Buffer.from(JSON.stringify(value)), Date.now())
    await log.append([batch.build()])
  }
}
