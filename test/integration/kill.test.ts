import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { actualRows, expectedRows } from '../../runtime/cli/demo/proof.ts'
import { writeLargeCaptures } from '../helpers/large-captures.ts'
import { phases } from '../helpers/phase-recorder.ts'
import { startPostgres } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

/**
 * Kills the worker again and again while packets go from captures through the log into Postgres, then compares every column. KILLS and
 * PACKETS make it as long as wanted (the whole proof: 100 and 1,000,000); SEED repeats a run's moments.
 */
const kills = Number(process.env['KILLS'] ?? 10)
const packets = Number(process.env['PACKETS'] ?? 150_000)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const maxThreads = 64
const longestLifeMs = 1_200
const stopLimitMs = 10_000
const fields = 'ip-basic'
/** The schema goes along, so that every column is made at once, whichever fields the first packets have. */
const envelope = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'true',
}

t.setTimeout(kills * 20_000 + 300_000)

const postgres = await startPostgres(t)
if (postgres) {
  t.test('a worker killed at any moment loses no packet and writes none wrongly', async (t) => {
    t.comment(`KILLS=${kills} PACKETS=${packets} SEED=${seed}`)
    const random = mulberry(seed)
    const folder = t.testdir()
    const captures = writeLargeCaptures({ files: 3, packets, folder: join(folder, 'captures') })
    const database = await postgres.createDatabase()
    t.teardown(() => database.close())

    const phaseFile = join(folder, 'phases')
    const configFile = join(folder, 'worker.json')
    // Offsets often, so that kills meet that phase too.
    writeFileSync(
      configFile,
      JSON.stringify({ 'topic.partitions': 4, 'offset.flush.interval.ms': 25 }),
    )
    const found = Object.fromEntries(phases.map((phase) => [phase, 0]))
    const start = () => {
      writeFileSync(phaseFile, Buffer.alloc(maxThreads * phases.length))
      return RunningWorker.start({
        dataDir: join(folder, 'data'),
        args: [configFile],
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
      topic: 'packets',
      'pcap.fields': fields,
      'pcap.shape': 'typed',
      'pcap.key': 'position',
      ...envelope,
    })
    await worker.put('rows', {
      'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
      'tasks.max': '2',
      topics: 'packets',
      ...envelope,
      ...database.connection,
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
    })
    const rows = () =>
      database
        .query('SELECT count(*) AS n FROM packets')
        .then(([row]) => Number(row?.['n']))
        .catch(() => 0)

    const all = Math.ceil(packets / 3) * 3
    let done = 0
    for (; done < kills; done++) {
      await sleep(random() * longestLifeMs)
      // Only a kill that finds work under way counts: the proof fails when there was too little of it.
      if ((await rows()) >= all) break
      worker.kill('SIGKILL')
      await worker.exited
      const inside = readFileSync(phaseFile)
      phases.forEach((phase, index) => {
        for (let at = index; at < inside.length; at += phases.length)
          if ((inside[at] ?? 0) > 0) {
            found[phase] = (found[phase] ?? 0) + 1
            break
          }
      })
      worker = await start()
    }
    t.equal(done, kills, 'every kill found lag')
    t.comment(`kills by phase: ${JSON.stringify(found)}`)
    if (kills >= 50)
      for (const phase of phases) t.ok((found[phase] ?? 0) > 0, `some kills hit ${phase}`)

    const left = all - (await rows())
    worker.kill('SIGTERM')
    const stopped = await Promise.race([worker.exited, sleep(stopLimitMs, null)])
    t.strictSame(stopped, { code: 0, signal: null }, `SIGTERM ends it in time with ${left} to go`)
    t.ok(left > 0, 'it was told to stop under load')

    worker = await start()
    await until('every packet to be a row', rows, (n) => n >= all, 300_000)
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
    t.strictSame(await positionsInTopic(join(folder, 'data')), { records: count, distinct: count })
  })
}

/** Reads the topic as a second process would. */
async function positionsInTopic(dataDir: string): Promise<{ records: number; distinct: number }> {
  const { execFile } = await import('node:child_process')
  const main = resolve(import.meta.dirname, '../../runtime/main.ts')
  const child = execFile(process.execPath, [main, 'log', 'packets', '--data-dir', dataDir], {
    maxBuffer: Number.POSITIVE_INFINITY,
  })
  const { createInterface } = await import('node:readline')
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
