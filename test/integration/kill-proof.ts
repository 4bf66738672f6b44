import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { actualRows, expectedRows } from '../../runtime/cli/demo/proof.ts'
import { writeLargeCaptures } from '../helpers/large-captures.ts'
import { phases } from '../helpers/phase-recorder.ts'
import type { PostgresServer } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

export type Phase = (typeof phases)[number]

/** What the proof runs on. */
export interface KillRig {
  readonly postgres: PostgresServer
  /** A name of its own where the log is not this test's alone. */
  readonly topic: string
  readonly kills: number
  readonly packets: number
  /** A worker lives so long at most before it is killed. */
  readonly longestLifeMs: number
  /** Where a kill may find it; a long proof must have hit each. */
  readonly phases: readonly Phase[]
  /** Arguments of the worker, from a folder that lives as long as the test. */
  readonly args: (folder: string) => readonly string[]
  /** What `tapline log` needs to find the log. */
  readonly logArgs: (folder: string) => readonly string[]
  /** True: records and source offsets are one, so that no record is in the topic twice. */
  readonly isTransactional: boolean
  /** Further keys of the connectors. */
  readonly source?: Readonly<Record<string, string>>
  readonly sink?: Readonly<Record<string, string>>
  /** Beside the worker something else is killed: called before the nth kill of the worker, and after it. */
  readonly beforeKill?: (nth: number, random: () => number) => Promise<void>
  readonly afterKill?: (nth: number) => Promise<void>
}

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const maxThreads = 64
const stopLimitMs = 10_000
/** Rows that no life is meant to write: two seconds of a fast machine, so that the last kill and the stop find work too. */
const leftForLast = 60_000
/** How often a life is asked for what it did. */
const lookMs = 300
const fields = 'ip-basic'
/** The schema goes along, so that every column is made at once, whichever fields the first packets have. */
const envelope = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'true',
}

/** Kills the worker again and again while packets go from captures through the log into Postgres, then compares every column. */
export async function killProof(t: Test, rig: KillRig): Promise<void> {
  const { postgres, topic, kills, packets } = rig
  t.comment(`KILLS=${kills} PACKETS=${packets} SEED=${seed}`)
  const random = mulberry(seed)
  const folder = t.testdir()
  const captures = writeLargeCaptures({ files: 3, packets, folder: join(folder, 'captures') })
  const database = await postgres.createDatabase()
  t.teardown(() => database.close())

  const phaseFile = join(folder, 'phases')
  const found = Object.fromEntries(rig.phases.map((phase) => [phase, 0]))
  const start = () => {
    writeFileSync(phaseFile, Buffer.alloc(maxThreads * phases.length))
    return RunningWorker.start({
      dataDir: join(folder, 'data'),
      args: rig.args(folder),
      env: { PHASE_FILE: phaseFile },
      preload: [resolve(import.meta.dirname, '../helpers/phase-recorder.ts')],
    })
  }

  let worker = await start()
  t.teardown(() => worker.kill('SIGKILL'))
  await worker.put('captures', {
    'connector.class': 'PcapSource',
    'tasks.max': '3',
    'pcap.path': captures.join(','),
    topic,
    'pcap.fields': fields,
    'pcap.shape': 'typed',
    'pcap.key': 'position',
    ...envelope,
    ...rig.source,
  })
  await worker.put('rows', {
    'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
    'tasks.max': '2',
    topics: topic,
    ...envelope,
    ...database.connection,
    'table.name.format': 'packets',
    'insert.mode': 'upsert',
    'pk.mode': 'record_key',
    'pk.fields': 'file,packet',
    'auto.create': 'true',
    transforms: 'time,timestamp',
    'transforms.time.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
    'transforms.time.timestamp.field': 'captured_at',
    'transforms.timestamp.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
    'transforms.timestamp.field': 'captured_at',
    'transforms.timestamp.target.type': 'Timestamp',
    ...rig.sink,
  })
  const rows = () =>
    database
      .query('SELECT count(*) AS n FROM packets')
      .then(([row]) => Number(row?.['n']))
      .catch(() => 0)

  const all = Math.ceil(packets / 3) * 3
  let done = 0
  for (; done < kills; done++) {
    const share = ((all - Math.min(all / 2, leftForLast)) * (done + 1)) / kills
    await liveOn(random() * rig.longestLifeMs, async () => (await rows()) < share)
    await rig.beforeKill?.(done, random)
    // Only a kill that finds work under way counts: the proof fails when there was too little of it.
    if ((await rows()) >= all) break
    worker.kill('SIGKILL')
    await worker.exited
    for (const phase of phasesInside(readFileSync(phaseFile)))
      if (found[phase] !== undefined) found[phase]++
    await rig.afterKill?.(done)
    worker = await start()
  }
  t.equal(done, kills, 'every kill found lag')
  t.comment(`kills by phase: ${JSON.stringify(found)}, ${await rows()} rows by now`)
  if (kills >= 50)
    for (const phase of rig.phases) t.ok((found[phase] ?? 0) > 0, `some kills hit ${phase}`)

  const left = all - (await rows())
  worker.kill('SIGTERM')
  const stopped = await Promise.race([worker.exited, sleep(stopLimitMs, null)])
  t.strictSame(stopped, { code: 0, signal: null }, `SIGTERM ends it in time with ${left} to go`)
  t.ok(left > 0, 'it was told to stop under load')

  worker = await start()
  await until('every packet to be a row', rows, (n) => n >= all, 300_000).catch(async (error) => {
    const { body } = await worker.call('GET', '/connectors?expand=status')
    t.comment(JSON.stringify(body), worker.lines.slice(-20).join('\n'))
    throw error
  })
  t.equal(await worker.stop(), 0)

  const client = await postgres.connect(database.name)
  t.teardown(() => client.end())
  let count = 0
  for (const capture of captures) {
    const feed = { capture, fields, table: 'packets' }
    const expected = await expectedRows(feed)
    const actual = await actualRows(client, feed)
    t.equal(actual.checksum, expected.checksum, `every column of every row of ${capture}`)
    count += expected.count
  }
  t.equal(await rows(), count, 'no row too many')
  const { records, distinct } = await positionsInTopic(topic, rig.logArgs(folder))
  t.equal(distinct, count, 'every packet is in the topic')
  if (rig.isTransactional) t.equal(records, count, 'none is there twice')
  else t.comment(`${records - count} records are there again`)
}

/** A random time, cut short when this life has done its share: a fast machine must find work for the last kill too. */
async function liveOn(ms: number, hasWork: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ms
  for (;;) {
    await sleep(Math.max(0, Math.min(lookMs, end - performance.now())))
    if (performance.now() >= end || !(await hasWork())) return
  }
}

/** What the killed worker was doing: one octet per thread and phase says how many calls were inside. */
function phasesInside(octets: Buffer): Phase[] {
  return phases.filter((_, index) =>
    octets.some((inside, at) => at % phases.length === index && inside > 0),
  )
}

/** Reads the topic as a second process would. */
async function positionsInTopic(
  topic: string,
  logArgs: readonly string[],
): Promise<{ readonly records: number; readonly distinct: number }> {
  const main = resolve(import.meta.dirname, '../../runtime/main.ts')
  const child = execFile(process.execPath, [main, 'log', topic, ...logArgs], {
    maxBuffer: Number.POSITIVE_INFINITY,
  })
  const seen = new Set<string>()
  let records = 0
  if (child.stdout)
    for await (const line of createInterface({ input: child.stdout })) {
      records++
      seen.add(JSON.stringify((JSON.parse(line) as { key: unknown }).key))
    }
  return { records, distinct: seen.size }
}

/** Small seeded generator: the same moments again for the same SEED. */
function mulberry(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
