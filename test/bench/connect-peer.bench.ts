/**
 * How do we compare with the real Kafka Connect worker? The same topic through the same configuration into a sink that counts, one task each, in turn:
 * bytes through; JSON of 390 octets with one field read; the same and 5 transformations; JSON of 1,090 octets with its schema and the same 5.
 * Records/s and CPU (of the whole process) from the first put to the last. Every round is a group of its own, counts and sums must be right.
 * BENCH_ONLY=2 runs the third case alone.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RestWorker } from '../helpers/rest-worker.ts'
import { connectClassPath } from '../services/servers/connect.ts'
import { type Case, cases } from './peer/cases.ts'
import { type Counted, compileCountingSink, count, countingPlugin } from './peer/counting-sink.ts'
import { print, spread } from './peer/figures.ts'
import { Stage } from './peer/stage.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const records = Number(process.env['BENCH_RECORDS'] ?? 600_000)
/** Not counted: a JVM is at its best after a million records or so. */
const warmUps = 2
const only = process.env['BENCH_ONLY']
const folder = mkdtempSync(join(tmpdir(), 'tapline-peer-'))

interface Pair {
  readonly ours: RestWorker
  readonly theirs: RestWorker
}

async function compare(stage: Stage, workers: Pair, each: Case): Promise<void> {
  const topic = `flows-${process.pid}-${cases.indexOf(each)}`
  await stage.fill(topic, records, each.text)
  const sum = each.field === '' ? records * each.text(0).length : (records * (records - 1)) / 2
  const task = { topic, records, sum, folder }
  const ours: Counted[] = []
  const theirs: Counted[] = []
  for (let round = -warmUps; round < rounds; round++) {
    const [one, other] = [
      await count(workers.theirs, each, task),
      await count(workers.ours, each, task),
    ]
    if (round < 0) continue
    theirs.push(one)
    ours.push(other)
  }
  await stage.log.deleteTopic(topic)
  const ratio = (of: (ours: Counted, theirs: Counted) => number) =>
    spread(
      ours.map((each, i) => of(each, theirs[i] as Counted)),
      2,
    )
  print('connect-peer', {
    case: each.name,
    records,
    bytes: each.text(0).length,
    rounds,
    ours: figures(ours),
    connect: figures(theirs),
    recordsPerSecondRatio: ratio((a, b) => a.recordsPerSecond / b.recordsPerSecond),
    recordsPerCoreSecondRatio: ratio((a, b) => b.cpuMicros / a.cpuMicros),
  })
}

function figures(counted: readonly Counted[]) {
  return {
    recordsPerSecond: spread(counted.map(({ recordsPerSecond }) => recordsPerSecond)),
    cpuMicrosPerRecord: spread(
      counted.map(({ cpuMicros }) => cpuMicros),
      2,
    ),
  }
}

try {
  const pluginFolder = compileCountingSink(await connectClassPath(), folder)
  const stage = await Stage.open(folder)
  try {
    const theirs = await stage.theirs({ heap: '1g', pluginFolders: [pluginFolder] })
    const ours = await stage.ours({ preload: [countingPlugin] })
    const workers = { theirs: theirs.worker, ours: ours.worker }
    for (const [index, each] of cases.entries())
      if (only === undefined || only === String(index)) await compare(stage, workers, each)
    await Promise.all([ours.stop(), theirs.stop()])
  } finally {
    await stage.close()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
