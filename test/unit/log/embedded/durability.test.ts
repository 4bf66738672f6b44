import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import type { EncodedBatch, Log } from '../../../../runtime/log/log.ts'
import { openLog } from '../../../../runtime/log/open.ts'

const KILLS = Number(process.env['LOG_KILLS'] ?? 5)
const appender = join(import.meta.dirname, 'append-until-killed.ts')
const numbersReader = join(import.meta.dirname, 'read-numbers.ts')
const place = { topic: 'numbers', partition: 0 }

async function open(t: Test, dataDir: string) {
  const log = await openLog({ kind: 'embedded', dataDir })
  t.teardown(() => log.close())
  return log
}

function batchOf(values: readonly (string | Buffer)[], partition = 0): EncodedBatch {
  const builder = new BatchBuilder({ topic: 'numbers', partition })
  for (const value of values) builder.append(null, value, 1)
  return builder.build()
}

async function valuesOf(log: Log, partition = 0): Promise<string[]> {
  const values: string[] = []
  for (let from = 0; ; ) {
    const { records, next } = await log.read({ topic: 'numbers', partition }, from, {
      records: 1e6,
    })
    for (const { value } of records) values.push(String(value).trim())
    if (next === from) return values
    from = next
  }
}

t.test('after a kill -9 every acknowledged batch is there, none twice', async (t) => {
  const dataDir = t.testdir()
  const acknowledged = new Set<number>()
  let next = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [appender, dataDir, String(next)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const before = acknowledged.size
    const lines = createInterface(child.stdout)
    lines.on('line', (line) => acknowledged.add(Number(line)))
    await once(lines, 'line')
    await sleep(Math.random() * 200)
    child.kill('SIGKILL')
    await once(lines, 'close')
    t.ok(acknowledged.size > before)
    next = Math.max(...acknowledged) + 100

    const log = await openLog({ kind: 'embedded', dataDir })
    t.same(log.findings, [], 'a kill is no damage')
    const counts = new Map<number, number>()
    for (const partition of [0, 1])
      for (const value of await valuesOf(log, partition))
        counts.set(Number(value), (counts.get(Number(value)) ?? 0) + 1)
    t.same(
      [...acknowledged].filter((number) => counts.get(number) !== 3),
      [],
      'each batch once, and whole',
    )
    t.same(
      [...counts.values()].filter((count) => count !== 3),
      [],
      'nothing half',
    )
    await log.close()
  }
})

t.test('a lost tail of the WAL is named, and its offsets are not given again', async (t) => {
  const folder = t.testdir({ live: {} })
  const [live, copy] = [join(folder, 'live'), join(folder, 'copy')]
  const log = await open(t, live)
  await log.createTopic({ topic: 'numbers', partitions: 2 })
  await log.append([batchOf(['0', '1', '2'])])
  const intact = statSync(join(live, 'log.db-wal')).size
  await log.append([batchOf(['3', '4']), batchOf(['a'], 1)])
  await log.append([batchOf(['5'])])
  // By another process: this one would drop SQLite's locks with the first of the files that it closes.
  execFileSync('cp', ['-r', live, copy])
  const wal = readFileSync(join(copy, 'log.db-wal'))
  wal[intact + 1000] = (wal[intact + 1000] as number) ^ 1
  writeFileSync(join(copy, 'log.db-wal'), wal)

  const logged: string[] = []
  const error = (_: object, message: string) => void logged.push(message)
  const logger = { debug() {}, info() {}, warn() {}, error }
  const damaged = await openLog({ kind: 'embedded', dataDir: copy, logger })
  t.match(damaged.findings, [
    { code: 'CONNECT_CORRUPT', message: /last 2 commits/ },
    { code: 'CONNECT_CORRUPT', message: /"numbers", partition 0: offsets 3 to 5 / },
    { code: 'CONNECT_CORRUPT', message: /"numbers", partition 1: offsets 0 to 0 / },
  ])
  t.equal(logged.length, 3, 'and logged')
  t.same(await valuesOf(damaged), ['0', '1', '2'])
  t.same(
    await damaged.append([batchOf(['6']), batchOf(['b'], 1)]),
    [6, 1],
    'it goes on behind the loss',
  )
  t.same(await valuesOf(damaged), ['0', '1', '2', '6'], 'readers pass over the gap')
  await damaged.close()

  const again = await openLog({ kind: 'embedded', dataDir: copy })
  t.same(again.findings, [], 'named once')
  await again.close()

  for (const file of ['log.db', 'log.db-wal', 'log.db-shm'])
    rmSync(join(copy, file), { force: true })
  await t.rejects(
    openLog({ kind: 'embedded', dataDir: copy }),
    { code: 'CONNECT_CORRUPT', message: /missing or empty after 7 commits/ },
    'an empty log is not put in its place',
  )
})

t.test(
  'a flipped bit, and a row in the wrong place, are found by whoever reads them',
  async (t) => {
    const dataDir = t.testdir()
    const log = await openLog({ kind: 'embedded', dataDir })
    for (const value of ['first', 'needle-to-be-bent', 'third', 'fourth'])
      await log.append([batchOf([value])])
    await log.close()

    const file = join(dataDir, 'log.db')
    const bytes = readFileSync(file)
    bytes[bytes.indexOf('needle-to-be-bent')] = 'N'.charCodeAt(0)
    writeFileSync(file, bytes)
    const db = new DatabaseSync(file)
    db.exec('UPDATE batches SET id = id + 100 WHERE id & 3 = 3')
    db.close()

    const damaged = await open(t, dataDir)
    const at = (offset: number) => ({
      code: 'CONNECT_CORRUPT',
      message: new RegExp(`"numbers", partition 0.* ${offset} `),
    })
    const read = (from: number) => damaged.read(place, from, { records: 1 })
    t.equal(String((await read(0)).records[0]?.value), 'first')
    await t.rejects(read(1), at(1))
    t.equal(String((await read(2)).records[0]?.value), 'third')
    t.match(damaged.findings, [{ message: /"numbers", partition 0: offsets 3 to 3 .* missing/ }])
    t.match(await read(3), { records: [], next: 4 }, 'named at the open, and passed over')

    const consumer = await damaged.consumer({ topics: ['numbers'] })
    t.teardown(() => consumer.close())
    await t.rejects(async () => {
      for (let i = 0; i < 3; i++) await consumer.poll({ timeoutMs: 0, maxRecords: 1 })
    }, at(1))
    await consumer.seek(place, 2)
    t.equal(
      (await consumer.poll({ timeoutMs: 0, maxRecords: 1 })).length,
      1,
      'and passed over by a seek',
    )
  },
)

t.test('a data directory has one worker; others may look', async (t) => {
  const dataDir = t.testdir()
  const log = await open(t, dataDir)
  await log.append([batchOf(['seen'])])
  await t.rejects(openLog({ kind: 'embedded', dataDir }), {
    code: 'CONNECT_ERROR',
    message: new RegExp(`process ${process.pid}`),
  })
  const child = spawn(process.execPath, [appender, dataDir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const complaint = child.stderr.toArray()
  t.not((await once(child, 'close'))[0], 0)
  t.match(Buffer.concat(await complaint).toString(), /Another worker uses the data directory/)

  const look = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      numbersReader,
      dataDir,
      'numbers',
    ])
    return JSON.parse(stdout)
  }
  t.same(await look(), { values: ['seen'], ends: [{ partition: 0, earliest: 0, latest: 1 }] })
  await log.append([batchOf(['too'])])
  t.same((await look()).values, ['seen', 'too'])
  await log.close()
  t.same((await look()).values, ['seen', 'too'], 'also when the worker has stopped')
  t.same((await openAndClose(dataDir)).findings, [], 'the directory is free again')
})

async function openAndClose(dataDir: string) {
  const log = await openLog({ kind: 'embedded', dataDir })
  await log.close()
  return log
}

t.test('a directory that cannot be used is said so', async (t) => {
  const file = join(t.testdir({ file: 'text' }), 'file')
  await t.rejects(openLog({ kind: 'embedded', dataDir: file }), {
    code: 'CONNECT_ERROR',
    message: new RegExp(file),
  })
  const garbage = t.testdir({ 'log.db': 'x'.repeat(40_000) })
  await t.rejects(openLog({ kind: 'embedded', dataDir: garbage }), {
    code: 'CONNECT_CORRUPT',
    message: /log\.db/,
  })
})

t.test(
  'a full disk refuses calls with words, keeps what it acknowledged, and goes on',
  async (t) => {
    const mount = mkdtempSync(join(tmpdir(), 'tapline-small-'))
    t.teardown(() => rmSync(mount, { recursive: true, force: true }))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount], { stdio: 'pipe' })
    } catch (error) {
      if (process.env['REQUIRE_SERVERS'] === '1') throw error
      t.pass('skipped: mounting a tmpfs needs root', { skip: 'mounting a tmpfs needs root' })
      return
    }
    t.teardown(() => execFileSync('umount', ['-l', mount]))
    const ballast = join(mount, 'ballast')
    writeFileSync(ballast, Buffer.alloc(8 << 20, 1))
    const log = await openLog({ kind: 'embedded', dataDir: join(mount, 'data') })
    const acknowledged: string[] = []
    let refused:
      | { readonly batches: EncodedBatch[]; readonly values: string[]; readonly error: unknown }
      | undefined
    for (let i = 0; !refused && i < 100; i++) {
      const values = [`${i}-a`, `${i}-b`]
      const batches = values.map((value) => batchOf([value.padEnd(300_000)]))
      try {
        await log.append(batches)
        acknowledged.push(...values)
      } catch (error) {
        refused = { batches, values, error }
      }
    }
    t.match(refused?.error, { code: 'CONNECT_RETRIABLE', message: /full/, hint: /Free space/ })
    t.same(await valuesOf(log), acknowledged, 'nothing of the refused call, all of the others')
    const again = refused?.batches ?? []
    await t.rejects(log.append(again), { code: 'CONNECT_RETRIABLE' }, 'still full')

    rmSync(ballast)
    t.same(await log.append(again), [acknowledged.length, acknowledged.length + 1])
    acknowledged.push(...(refused?.values ?? []))
    t.same(await valuesOf(log), acknowledged)
    await log.close()
    const reopened = await openLog({ kind: 'embedded', dataDir: join(mount, 'data') })
    t.same(reopened.findings, [])
    t.same(await valuesOf(reopened), acknowledged)
    await reopened.close()
  },
)
