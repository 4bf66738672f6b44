/**
 * What does a worker take? Ours with the embedded log, ours on Kafka, and the real Kafka Connect worker, in turn: from its start to REST answering 200;
 * RssAnon idle after 10 s; what each of 50 idle connectors adds (file sources and file sinks on topics that exist); from the PUT of a sink to its first line.
 */
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RestWorker } from '../helpers/rest-worker.ts'
import { until } from '../helpers/running-worker.ts'
import { print, spread } from './peer/figures.ts'
import { Stage, type Worker } from './peer/stage.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const connectors = 50
const idleMs = 10_000
const creations = 5
const text = 'org.apache.kafka.connect.storage.StringConverter'
const folder = mkdtempSync(join(tmpdir(), 'tapline-footprint-'))

interface Taken {
  readonly firstAnswerMs: number
  readonly idleMb: number
  readonly perConnectorMb: number
  readonly firstRecordMs: readonly number[]
}

/** One life of a worker. */
async function measure(start: () => Promise<Worker>): Promise<Taken> {
  const at = performance.now()
  const { worker, stop } = await start()
  const answer = () => worker.call('GET', '/connectors').catch(() => ({ status: 0 }))
  while ((await answer()).status !== 200) await sleep(2)
  const firstAnswerMs = performance.now() - at
  await sleep(idleMs)
  const idle = worker.rssAnonBytes()
  // The first one loads what all need, and is no further connector.
  const firstRecordMs = await createSinks(worker)
  const before = worker.rssAnonBytes()
  await createIdle(worker)
  await sleep(idleMs)
  const after = worker.rssAnonBytes()
  await stop()
  return {
    firstAnswerMs,
    idleMb: idle / 1e6,
    perConnectorMb: (after - before) / 1e6 / connectors,
    firstRecordMs,
  }
}

let lives = 0

/** A source fills a topic; then sink after sink reads its first line. */
async function createSinks(worker: RestWorker): Promise<number[]> {
  const life = ++lives
  const input = join(folder, `input-${life}.txt`)
  const topic = `footprint-${process.pid}-${life}`
  writeFileSync(input, 'a line\n'.repeat(100))
  await worker.put(`fill-${life}`, sourceConfig(input, topic))
  const times: number[] = []
  for (let i = 0; i <= creations; i++) {
    const output = join(folder, `output-${life}-${i}.txt`)
    const at = performance.now()
    await worker.put(`sink-${life}-${i}`, sinkConfig(output, topic))
    while (!existsSync(output) || statSync(output).size === 0) {
      if (performance.now() - at > 60_000) throw new Error(`nothing in ${output}`)
      await sleep(2)
    }
    // The first waits for the source as well.
    if (i > 0) times.push(performance.now() - at)
  }
  return times
}

async function createIdle(worker: RestWorker): Promise<void> {
  const life = lives
  const topic = `footprint-${process.pid}-${life}`
  const running: string[] = []
  for (let i = 0; i < connectors; i++) {
    const name = `idle-${life}-${i}`
    const file = join(folder, `${name}.txt`)
    if (i % 2 === 0) appendFileSync(file, '')
    await worker.put(name, i % 2 === 0 ? sourceConfig(file, topic) : sinkConfig(file, topic))
    running.push(name)
  }
  for (const name of running)
    await until(
      `${name} to run`,
      () => worker.call<{ tasks?: { state: string }[] }>('GET', `/connectors/${name}/status`),
      ({ body }) => body.tasks?.[0]?.state === 'RUNNING',
    )
}

function sourceConfig(file: string, topic: string): Record<string, string> {
  return {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    file,
    topic,
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
    'value.converter': text,
  }
}

function sinkConfig(file: string, topics: string): Record<string, string> {
  return {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    file,
    topics,
    'value.converter': text,
  }
}

try {
  const stage = await Stage.open(folder)
  try {
    const workers = {
      'ours, embedded log': () => stage.embedded(),
      'ours, Kafka': () => stage.ours(),
      'Kafka Connect': () => stage.theirs({ heap: '512m' }),
    }
    // The first start fills the compile cache, as an installation does once.
    for (const start of [workers['ours, embedded log'], workers['ours, Kafka']])
      await (await start()).stop()
    const taken = new Map<string, Taken[]>()
    for (let round = 0; round < rounds; round++)
      for (const [name, start] of Object.entries(workers))
        taken.set(name, [...(taken.get(name) ?? []), await measure(start)])
    for (const [worker, lives] of taken)
      print('footprint', {
        worker,
        rounds,
        connectors,
        firstAnswerMs: spread(lives.map(({ firstAnswerMs }) => firstAnswerMs)),
        idleRssAnonMb: spread(
          lives.map(({ idleMb }) => idleMb),
          1,
        ),
        rssAnonPerConnectorMb: spread(
          lives.map(({ perConnectorMb }) => perConnectorMb),
          2,
        ),
        createdToFirstRecordMs: spread(lives.flatMap(({ firstRecordMs }) => firstRecordMs)),
      })
  } finally {
    await stage.close()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
