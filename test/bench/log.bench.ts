/**
 * How fast is the embedded log, and what does it cost to keep? Four questions, a JSON line each:
 * append: two tasks through the writer thread against a bare `node:sqlite` loop, 1 KB records, 500 a batch, durable before acknowledged.
 * read: with CRC and row checksum. idle: 50 readers that wait, and how soon they wake. growth (LOG_GB=5): memory while the log grows.
 * `npm run bench -- log append` asks one of them.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  isMainThread,
  parentPort,
  type Transferable,
  Worker,
  workerData,
} from 'node:worker_threads'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type { Consumer, EncodedBatch, Log } from '../../runtime/log/log.ts'
import { joinLog, openLog } from '../../runtime/log/open.ts'

const BATCH_RECORDS = 500
const VALUE = JSON.stringify({ text: 'x'.repeat(980), number: 12345 })
const ROUNDS = 5
/** Many short rounds in turn: whatever else the machine does hits both alike. */
const APPEND_ROUNDS = 16
const ROUND_BATCHES = 200
const READERS = 50
const IDLE_POLL_MS = 5000

/** What a task thread is told to do, and what it answers. */
type Work =
  | { readonly do: 'append'; readonly partition: number; readonly batches: number }
  | { readonly do: 'ping'; readonly times: number }

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-log-bench-'))
  try {
    const parts = process.argv.slice(2)
    const isWanted = (part: string) => parts.length === 0 || parts.includes(part)
    if (isWanted('append') || isWanted('read'))
      await measureAppend(join(folder, 'append'), join(folder, 'bare.db'))
    if (isWanted('read')) await measureRead(join(folder, 'append'))
    if (isWanted('idle')) await measureIdle(join(folder, 'idle'))
    if (isWanted('growth'))
      await measureGrowth(join(folder, 'growth'), Number(process.env['LOG_GB'] ?? 1))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureAppend(dataDir: string, barePath: string): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  await log.createTopic({ topic: 'bench', partitions: 2 })
  const tasks = [startTask(log), startTask(log)]
  const bare = new BareLoop(barePath)
  bare.run(ROUND_BATCHES)
  await runTasks(tasks, ROUND_BATCHES / 2)
  const seconds = { bare: 0, tasks: 0 }
  const ratios: number[] = []
  let cpuMicros = 0
  for (let round = 0; round < APPEND_ROUNDS; round++) {
    const bareSeconds = bare.run(ROUND_BATCHES)
    const cpu = process.cpuUsage()
    const taskSeconds = await runTasks(tasks, ROUND_BATCHES / 2)
    const { user, system } = process.cpuUsage(cpu)
    cpuMicros += user + system
    seconds.bare += bareSeconds
    seconds.tasks += taskSeconds
    ratios.push(bareSeconds / taskSeconds)
  }
  const ends = await log.offsets('bench')
  const found = ends.reduce((sum, { latest }) => sum + latest, 0)
  const records = APPEND_ROUNDS * ROUND_BATCHES * BATCH_RECORDS
  if (found !== records + ROUND_BATCHES * BATCH_RECORDS)
    throw new Error(`the log holds ${found} records`)
  for (const thread of tasks) await thread.terminate()
  bare.close()
  await log.close()
  report({
    bench: 'append',
    recordsPerSecond: Math.round(records / seconds.tasks),
    bareRecordsPerSecond: Math.round(records / seconds.bare),
    microsCpuPerRecord: round2(cpuMicros / records),
    ratio: round2(seconds.bare / seconds.tasks),
    medianRatio: round2(median(ratios)),
    goal: 'ratio >= 0.8',
  })
}

/** The least that can be done: one connection, one insert and one commit a batch that is ready. */
class BareLoop {
  readonly #db: DatabaseSync
  readonly #bytes = batchOf(0).bytes
  #next = 0

  constructor(path: string) {
    this.#db = new DatabaseSync(path)
    this.#db.exec(`PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE batches (id INTEGER PRIMARY KEY, batch BLOB NOT NULL) STRICT`)
  }

  /** Returns seconds. */
  run(batches: number): number {
    const insert = this.#db.prepare('INSERT INTO batches (id, batch) VALUES (?, ?)')
    const start = performance.now()
    for (let i = 0; i < batches; i++) {
      this.#db.exec('BEGIN')
      insert.run(this.#next++, this.#bytes)
      this.#db.exec('COMMIT')
    }
    return (performance.now() - start) / 1000
  }

  close(): void {
    this.#db.close()
  }
}

async function runTasks(tasks: readonly Worker[], batches: number): Promise<number> {
  const start = performance.now()
  const done = tasks.map((thread) => once(thread, 'message'))
  tasks.forEach((thread, partition) => {
    thread.postMessage({ do: 'append', partition, batches } satisfies Work)
  })
  await Promise.all(done)
  return (performance.now() - start) / 1000
}

async function measureRead(dataDir: string): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  const rates: number[] = []
  let cpuPerRecord = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const consumer = await log.consumer({ topics: ['bench'] })
    const cpu = process.cpuUsage()
    const start = performance.now()
    const { records, bytes } = await drain(consumer)
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    await consumer.close()
    if (bytes !== records * VALUE.length) throw new Error('values are missing')
    rates.push(records / seconds)
    cpuPerRecord = Math.min(cpuPerRecord, (user + system) / records)
  }
  await log.close()
  report({
    bench: 'read',
    recordsPerSecond: Math.round(median(rates)),
    megabytesPerSecond: Math.round((median(rates) * VALUE.length) / 1e6),
    microsCpuPerRecord: round2(cpuPerRecord),
    rates: rates.map(Math.round),
    goal: '>= 1000000 records/s',
  })
}

async function drain(consumer: Consumer): Promise<{ records: number; bytes: number }> {
  let records = 0
  let bytes = 0
  for (;;) {
    const fetched = await consumer.poll({ timeoutMs: 0 })
    if (fetched.length === 0) return { records, bytes }
    for (const { records: batch } of fetched) {
      records += batch.length
      for (const record of batch) bytes += record.value?.length ?? 0
    }
  }
}

async function measureIdle(dataDir: string): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  await log.createTopic({ topic: 'quiet', partitions: READERS })
  await log.createTopic({ topic: 'ping' })
  const stop = new AbortController()
  const latencies: number[] = []
  const readers = Array.from({ length: READERS }, async (_, i) => {
    const topics = i === 0 ? ['ping'] : ['quiet']
    const reader = await log.consumer({ group: `reader-${i}`, topics })
    while (!stop.signal.aborted) {
      const fetched = await reader.poll({ timeoutMs: IDLE_POLL_MS, signal: stop.signal })
      const now = performance.timeOrigin + performance.now()
      for (const { records } of fetched)
        for (const record of records) latencies.push(now - Number(record.value))
    }
  })
  await sleep(2000)
  const cpu = process.cpuUsage()
  const seconds = 10
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(cpu)
  const thread = startTask(log)
  const done = once(thread, 'message')
  thread.postMessage({ do: 'ping', times: 200 } satisfies Work)
  await done
  await sleep(100)
  stop.abort()
  await Promise.all(readers)
  await thread.terminate()
  await log.close()
  latencies.sort((a, b) => a - b)
  if (latencies.length !== 200) throw new Error(`${latencies.length} of 200 records arrived`)
  report({
    bench: 'idle',
    readers: READERS,
    pollMs: IDLE_POLL_MS,
    cpuPercent: round2((user + system) / 1e4 / seconds),
    // From before the append to the return of the poll: the durable commit is in it.
    wakeMsP50: round2(latencies[100] ?? 0),
    wakeMsP99: round2(latencies[198] ?? 0),
    goal: 'cpuPercent <= 0.2, wakeMs <= 5',
  })
}

async function measureGrowth(dataDir: string, gigabytes: number): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  await log.createTopic({ topic: 'bench', partitions: 2 })
  const tasks = [startTask(log), startTask(log)]
  const reader = await log.consumer({ group: 'reader', topics: ['bench'] })
  const step = Math.round(0.25e9 / (BATCH_RECORDS * VALUE.length) / 2)
  const megabytes: number[] = []
  const stop = new AbortController()
  let read = 0
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const fetched = await reader.poll({ timeoutMs: 1000, signal: stop.signal })
      for (const { records } of fetched) read += records.length
      // As a task does: what it read is worked on, and other things get their turn.
      await sleep(1)
    }
  })()
  let batches = 0
  while (batches * BATCH_RECORDS * VALUE.length < gigabytes * 1e9) {
    await runTasks(tasks, step)
    batches += 2 * step
    megabytes.push(rssAnonMegabytes())
  }
  while ((await reader.lag()) > 0) await sleep(50)
  stop.abort()
  await reading
  if (read !== batches * BATCH_RECORDS) throw new Error(`${read} records were read`)
  for (const thread of tasks) await thread.terminate()
  const wal = walMegabytes(dataDir)
  await log.close()
  report({
    bench: 'growth',
    gigabytes,
    rssAnonMegabytes: megabytes,
    walMegabytes: wal,
    goal: 'flat',
  })
}

/** A task's thread: appends as a source does, a few batches under way. */
async function task(): Promise<void> {
  const log: Log = await joinLog(workerData)
  parentPort?.on('message', async (work: Work) => {
    if (work.do === 'append') await append(log, work)
    else await ping(log, work.times)
    parentPort?.postMessage('done')
  })
}

async function append(log: Log, work: Extract<Work, { do: 'append' }>): Promise<void> {
  const underWay: Promise<unknown>[] = []
  for (let i = 0; i < work.batches; i++) {
    if (underWay.length === 2) await underWay.shift()
    underWay.push(log.append([batchOf(work.partition)]))
  }
  await Promise.all(underWay)
}

async function ping(log: Log, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await sleep(5)
    const builder = new BatchBuilder({ topic: 'ping', partition: 0 })
    builder.append(null, String(performance.timeOrigin + performance.now()), Date.now())
    await log.append([builder.build()])
  }
}

const builders = new Map<number, BatchBuilder>()

function batchOf(partition: number): EncodedBatch {
  const builder = builders.get(partition) ?? new BatchBuilder({ topic: 'bench', partition })
  builders.set(partition, builder)
  for (let i = 0; i < BATCH_RECORDS; i++) builder.append(`key-${i}`, VALUE, 1_700_000_000_000 + i)
  return builder.build()
}

function startTask(log: Log): Worker {
  const { data, transfer } = log.share()
  const transferList = transfer as Transferable[]
  return new Worker(new URL(import.meta.url), { workerData: data, transferList })
}

function rssAnonMegabytes(): number {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

function walMegabytes(dataDir: string): number {
  return Math.round(statSync(join(dataDir, 'log.db-wal')).size / 1e6)
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round2 = (value: number) => Math.round(value * 100) / 100

function report(figure: object): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = `${cpus().length} × ${cpus()[0]?.model}`
  const line = { ...figure, commit, node: process.version, machine }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

if (isMainThread) await main()
else await task()
