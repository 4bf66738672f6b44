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
import type { Log } from '../../runtime/log/log.ts'
import { openKafka } from '../helpers/kafka-log.ts'
import { randomName } from '../helpers/postgres.ts'
import { pageAll } from '../helpers/read-log.ts'
import { RestWorker } from '../helpers/rest-worker.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { service, startOwn } from '../helpers/services.ts'
import { workerSettings, writeWorkerFile } from '../helpers/worker-file.ts'

/** A real Connect worker and ours take turns on the same group and the same three topics. */

t.setTimeout(600_000)

const kafka = await service(t, 'kafka')

const source = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const sink = 'org.apache.kafka.connect.file.FileStreamSinkConnector'

interface Status {
  readonly connector: { readonly state: string; readonly worker_id: string }
  readonly tasks: readonly {
    readonly id: number
    readonly state: string
    readonly worker_id: string
  }[]
}

/** What both workers work on. */
class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'tapline-interop-'))
  readonly topic = randomName('lines')
  readonly group = randomName('interop')
  readonly input = join(this.folder, 'input.txt')
  readonly output = join(this.folder, 'output.txt')
  readonly settings = workerSettings({
    bootstrap: kafka?.url ?? '',
    group: this.group,
    more: { 'offset.flush.interval.ms': '1000' },
  })
  #lines = 0

  constructor(t: Test) {
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** As an operator configures them for Connect. */
  get connectors(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const reading = {
      'connector.class': source,
      'tasks.max': '1',
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '1',
    }
    return {
      lines: { ...reading, file: this.input, topic: this.topic },
      copy: { 'connector.class': sink, 'tasks.max': '1', topics: this.topic, file: this.output },
      paused: { ...reading, file: join(this.folder, 'paused.txt'), topic: `${this.topic}-paused` },
      stopped: { ...reading, file: join(this.folder, 'no.txt'), topic: `${this.topic}-stopped` },
    }
  }

  append(count: number): void {
    const fresh = Array.from({ length: count }, (_, i) => `line ${this.#lines + i}\n`)
    this.#lines += count
    appendFileSync(this.input, fresh.join(''))
  }

  /** Waits until the output has as many octets as the input, then compares: no line twice, none lost, in order. */
  async mustBeCopied(t: Test, message: string): Promise<void> {
    const input = readFileSync(this.input, 'utf8')
    const read = () => (existsSync(this.output) ? readFileSync(this.output, 'utf8') : '')
    await until(
      message,
      async () => read().length,
      (length) => length >= input.length,
    )
    t.equal(read(), input, message)
  }

  async startOurs(t: Test): Promise<RunningWorker> {
    const file = join(this.folder, 'worker.properties')
    writeWorkerFile(file, { bootstrap: kafka?.url ?? '', group: this.group, more: this.settings })
    const worker = await RunningWorker.start({
      dataDir: join(this.folder, 'data'),
      args: [file],
    })
    t.teardown(() => worker.kill('SIGKILL'))
    return worker
  }
}

async function create(worker: RestWorker, scene: Scene): Promise<void> {
  for (const [name, config] of Object.entries(scene.connectors)) await worker.put(name, config)
  await mustBeIn(worker, 'paused', 'RUNNING')
  await worker.call('PUT', '/connectors/paused/pause')
  await worker.call('PUT', '/connectors/stopped/stop')
  await mustBeIn(worker, 'paused', 'PAUSED')
  await mustBeIn(worker, 'stopped', 'STOPPED')
}

/** What an operator sees of the connectors, without what is the worker's own. */
async function seen(worker: RestWorker): Promise<unknown> {
  const { body } = await worker.call<
    Record<string, { readonly info: { readonly config: object; readonly tasks: object } }>
  >('GET', '/connectors?expand=info')
  return Object.fromEntries(
    Object.entries(body)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { info }]) => [name, info]),
  )
}

function status(worker: RestWorker, name: string): Promise<Status> {
  return worker.call<Status>('GET', `/connectors/${name}/status`).then(({ body }) => body)
}

/** The connector and all its tasks; written by this worker, not by the one before it. */
async function mustBeIn(worker: RestWorker, name: string, state: string): Promise<void> {
  const me = new URL(worker.url).host
  await until(
    `${name} to be ${state} on ${me}`,
    () => status(worker, name),
    ({ connector, tasks = [] }) => {
      const all = [connector, ...tasks]
      const hasTasks = state === 'STOPPED' ? tasks.length === 0 : tasks.length === 1
      return hasTasks && all.every((each) => each?.state === state && each.worker_id === me)
    },
  )
}

async function mustBeAsLeft(worker: RestWorker): Promise<void> {
  await mustBeIn(worker, 'lines', 'RUNNING')
  await mustBeIn(worker, 'copy', 'RUNNING')
  await mustBeIn(worker, 'paused', 'PAUSED')
  await mustBeIn(worker, 'stopped', 'STOPPED')
}

/** Waits until both stores have all: the source's position in its file, and the sink's group. */
async function mustHaveStored(log: Log, scene: Scene): Promise<void> {
  const { length } = readFileSync(scene.input)
  const lines = readFileSync(scene.input, 'utf8').split('\n').length - 1
  const key = JSON.stringify(['lines', { filename: scene.input }])
  await until(
    'the offset of the last line',
    async () => {
      const records = await pageAll(log, `${scene.group}-offset`)
      const stored = records.filter((record) => String(record.key) === key).at(-1)
      return String(stored?.value)
    },
    (value) => value === JSON.stringify({ position: length }),
  )
  await until(
    "the group's offset",
    () => log.groupOffsets('connect-copy'),
    (offsets) => offsets.some(({ topic, offset }) => topic === scene.topic && offset === lines),
  )
}

if (kafka) {
  const log = await openKafka(kafka.url ?? '')
  t.teardown(() => log.close())

  t.test('ours goes on where a real Connect worker stopped, and the way back', async (t) => {
    const scene = new Scene(t)
    const real = await startOwn(t, 'connect', {
      bootstrapServers: kafka.url ?? '',
      settings: scene.settings,
    })
    if (!real) return
    const theirs = new RestWorker(real.url ?? '', Number(real.info['pid']))

    writeFileSync(join(scene.folder, 'paused.txt'), 'before the pause\n')
    scene.append(1_000)
    await create(theirs, scene)
    await scene.mustBeCopied(t, 'the real worker copies what there is')
    await mustHaveStored(log, scene)
    const left = await seen(theirs)
    await real.stop()
    scene.append(500)
    appendFileSync(join(scene.folder, 'paused.txt'), 'while it is paused\n')

    const ours = await scene.startOurs(t)
    t.strictSame(await seen(ours), left, 'every connector, its configuration and tasks')
    await mustBeAsLeft(ours)
    await scene.mustBeCopied(t, 'ours copies what was written meanwhile, and nothing again')
    scene.append(250)
    await scene.mustBeCopied(t, 'ours goes on')
    await mustHaveStored(log, scene)
    await ours.put('copy', {
      ...scene.connectors['copy'],
      'consumer.override.max.poll.records': '100',
    })
    await ours.call('DELETE', '/connectors/stopped')
    await mustBeIn(ours, 'copy', 'RUNNING')
    const changed = await seen(ours)
    t.equal(await ours.stop(), 0)
    scene.append(125)

    await real.start()
    t.strictSame(await seen(theirs), changed, 'what ours changed')
    await mustBeIn(theirs, 'lines', 'RUNNING')
    await mustBeIn(theirs, 'copy', 'RUNNING')
    await mustBeIn(theirs, 'paused', 'PAUSED')
    await scene.mustBeCopied(t, 'the real worker goes on where ours stopped')
    await mustHaveStored(log, scene)

    const pausedOutput = join(scene.folder, 'paused-output.txt')
    await theirs.put('paused-copy', {
      'connector.class': sink,
      topics: `${scene.topic}-paused`,
      file: pausedOutput,
    })
    await until(
      'the line from before the pause',
      async () => existsSync(pausedOutput) && readFileSync(pausedOutput, 'utf8'),
      (text) => text === 'before the pause\n',
    )
    await theirs.call('PUT', '/connectors/paused/resume')
    await until(
      'the line from after it, once',
      async () => readFileSync(pausedOutput, 'utf8'),
      (text) => text === 'before the pause\nwhile it is paused\n',
    )
    await real.stop()
  })

  t.test('a real Connect worker goes on where ours stopped, and the way back', async (t) => {
    const scene = new Scene(t)
    writeFileSync(join(scene.folder, 'paused.txt'), 'before the pause\n')
    scene.append(1_000)
    let ours = await scene.startOurs(t)
    await create(ours, scene)
    await scene.mustBeCopied(t, 'ours copies what there is')
    await mustHaveStored(log, scene)
    const left = await seen(ours)
    t.equal(await ours.stop(), 0)
    scene.append(500)

    const real = await startOwn(t, 'connect', {
      bootstrapServers: kafka.url ?? '',
      settings: scene.settings,
    })
    if (!real) return
    const theirs = new RestWorker(real.url ?? '', Number(real.info['pid']))
    t.strictSame(await seen(theirs), left, 'every connector, its configuration and tasks')
    await mustBeAsLeft(theirs)
    await scene.mustBeCopied(t, 'the real one copies what was written meanwhile, and nothing again')
    await mustHaveStored(log, scene)
    await theirs.call('PUT', '/connectors/stopped/resume')
    await mustBeIn(theirs, 'stopped', 'RUNNING')
    const resumed = await seen(theirs)
    await real.stop()
    scene.append(250)

    ours = await scene.startOurs(t)
    t.strictSame(await seen(ours), resumed, 'what the real one changed')
    await mustBeIn(ours, 'stopped', 'RUNNING')
    await scene.mustBeCopied(t, 'ours goes on')
    t.equal(await ours.stop(), 0)
  })
}
