/**
 * What does the whole worker do, as a user starts it? Its start and its idle memory; captures → JSON in the log; JSON in the log → three
 * transformations → rows in Postgres (`CAPTURE=file.pcap` takes another Ethernet capture). The CPU is that of all its threads, not Postgres'. Every outcome is counted before a figure is printed.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { openLog } from '../../runtime/log/open.ts'
import { PostgresServer } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { countPackets, ethernet, makeLarge, radiotap } from './large-capture.ts'
import { envelopeText, schemalessText } from './row-texts.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const rows = Number(process.env['BENCH_ROWS'] ?? 500_000)
const batchRecords = 500
const folder = mkdtempSync(join(tmpdir(), 'tapline-bench-'))
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
const env = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }

function print(figures: object): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model}`
  const line = { bench: 'worker', ...figures, node: process.version, machine, commit }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)
const middle = (numbers: readonly number[]) => sorted(numbers)[numbers.length >> 1] as number
const spread = (numbers: readonly number[]) => [sorted(numbers)[0], sorted(numbers).at(-1)]

let started = 0
function start(dataDir = join(folder, `data-${++started}`)): Promise<RunningWorker> {
  return RunningWorker.start({ dataDir, env })
}

async function startAndIdle(): Promise<void> {
  const firstAnswers: number[] = []
  for (let round = 0; round < 5; round++) {
    const at = performance.now()
    const worker = await start()
    await worker.call('GET', '/')
    // The first start fills the compile cache.
    if (round > 0) firstAnswers.push(Math.round(performance.now() - at))
    await worker.stop()
  }
  const worker = await start()
  await sleep(15_000)
  const cpu = worker.cpuSeconds()
  await sleep(10_000)
  print({
    question: 'start and idle',
    firstAnswerMs: middle(firstAnswers),
    spread: spread(firstAnswers),
    idleRssAnonMb: Math.round(worker.rssAnonBytes() / 1e6),
    idleCpuPercent: Number(((worker.cpuSeconds() - cpu) * 10).toFixed(2)),
  })
  await worker.stop()
}

async function captureToLog(
  preset: string,
  paths: readonly string[],
  given?: string,
): Promise<void> {
  const capture = given ?? join(folder, `${preset}.pcap`)
  if (given === undefined) makeLarge(paths, capture)
  const packets = countPackets(capture)
  const rates: number[] = []
  const perCore: number[] = []
  let rssMb = 0
  let delayMs = 0
  for (let round = 0; round < rounds; round++) {
    const worker = await start()
    const cpu = worker.cpuSeconds()
    const at = performance.now()
    await worker.put('source', {
      'connector.class': 'PcapSource',
      'pcap.path': capture,
      topic: 'packets',
      'pcap.fields': preset,
    })
    await until(
      'every packet',
      () => latest(worker),
      (n) => n >= packets,
      300_000,
    )
    const seconds = (performance.now() - at) / 1000
    if ((await latest(worker)) !== packets) throw new Error('too many packets')
    rates.push(Math.round(packets / seconds))
    perCore.push(Math.round(packets / (worker.cpuSeconds() - cpu)))
    rssMb = Math.max(rssMb, worker.rssAnonBytes() / 1e6)
    delayMs = Math.max(delayMs, await eventLoopDelayMs(worker))
    await worker.stop()
  }
  print({
    question: 'capture → JSON in the log, one task',
    preset,
    packets,
    packetsPerSecond: middle(rates),
    spread: spread(rates),
    packetsPerCoreSecond: middle(perCore),
    rssAnonMb: Math.round(rssMb),
    mainThreadDelayP99Ms: delayMs,
  })
}

async function latest(worker: RunningWorker): Promise<number> {
  const { body } = await worker.call<{ latest?: number }>(
    'GET',
    '/topics/packets/records?from=latest&limit=1',
  )
  return body.latest ?? 0
}

async function eventLoopDelayMs(worker: RunningWorker): Promise<number> {
  const { body } = await worker.call<string>('GET', '/metrics')
  const seconds = /event_loop_delay_seconds\{[^}]*quantile="0.99"[^}]*\} ([\d.e-]+)/.exec(body)?.[1]
  return Number((Number(seconds) * 1000).toFixed(1))
}

async function logToRows(shape: 'envelope' | 'schemaless', server: PostgresServer): Promise<void> {
  const make = shape === 'envelope' ? envelopeText() : schemalessText()
  const rates: number[] = []
  const micros: number[] = []
  let delayMs = 0
  let rssMb = 0
  for (let round = 0; round <= rounds; round++) {
    const dataDir = join(folder, `rows-${shape}-${round}`)
    await fill(dataDir, make)
    const database = await server.createDatabase()
    const worker = await start(dataDir)
    const cpu = worker.cpuSeconds()
    const at = performance.now()
    await worker.put('rows', {
      'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
      topics: 'packets',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': String(shape === 'envelope'),
      ...database.connection,
      'insert.mode': 'upsert',
      'pk.mode': 'record_value',
      'pk.fields': 'id',
      'auto.create': 'true',
      'batch.size': '3000',
      transforms: 'where,names,time',
      'transforms.where.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
      'transforms.where.static.field': 'site',
      'transforms.where.static.value': 'lab',
      'transforms.names.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
      'transforms.names.exclude': 'noise',
      'transforms.names.renames': 'src:source,dst:destination',
      'transforms.time.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
      'transforms.time.field': 'captured',
      'transforms.time.target.type': 'Timestamp',
      'transforms.time.format': "yyyy-MM-dd'T'HH:mm:ss.SSS",
    })
    const count = () =>
      database
        .query('SELECT count(*)::int AS n FROM packets')
        .then(([row]) => Number(row?.['n']))
        .catch(() => 0)
    await until('every row', count, (n) => n >= rows, 300_000)
    const seconds = (performance.now() - at) / 1000
    const [sums] = await database.query(
      'SELECT count(*)::int AS n, sum(length)::int AS s, sum(id - 9007199254740993)::bigint AS i FROM packets',
    )
    if (sums?.['n'] !== rows || Number(sums?.['i']) !== (rows * (rows - 1)) / 2)
      throw new Error(`the rows are wrong: ${JSON.stringify(sums)}`)
    // The first round warms up the server and is not counted.
    if (round > 0) {
      rates.push(Math.round(rows / seconds))
      micros.push(Number((((worker.cpuSeconds() - cpu) * 1e6) / rows).toFixed(2)))
      delayMs = Math.max(delayMs, await eventLoopDelayMs(worker))
      rssMb = Math.max(rssMb, worker.rssAnonBytes() / 1e6)
    }
    await worker.stop()
    await database.close()
  }
  print({
    question: 'log → InsertField, ReplaceField, TimestampConverter → Postgres upsert, 12 columns',
    shape,
    rows,
    rowsPerSecond: middle(rates),
    spread: spread(rates),
    cpuMicrosPerRow: middle(micros),
    rssAnonMb: Math.round(rssMb),
    mainThreadDelayP99Ms: delayMs,
  })
}

async function fill(dataDir: string, make: (i: number) => string): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  await log.createTopic({ topic: 'packets', partitions: 1 })
  for (let at = 0; at < rows; at += batchRecords) {
    const batch = new BatchBuilder({ topic: 'packets', partition: 0 })
    for (let i = at; i < Math.min(rows, at + batchRecords); i++)
      batch.append(null, make(i), 1_763_700_000_000 + i, [])
    await log.append([batch.build()])
  }
  await log.close()
}

const wanted = process.env['BENCH_ONLY']
try {
  if (!wanted || wanted === 'start') await startAndIdle()
  if (!wanted || wanted === 'captures') {
    await captureToLog('ip-basic', ethernet, process.env['CAPTURE'])
    await captureToLog('wlan-basic', radiotap)
  }
  if (!wanted || wanted === 'rows') {
    const server = await PostgresServer.open()
    try {
      await logToRows('schemaless', server)
      await logToRows('envelope', server)
    } finally {
      await server.stop()
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
