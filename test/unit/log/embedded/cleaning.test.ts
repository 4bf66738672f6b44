import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import type { EncodedBatch, Log, TopicSettings } from '../../../../runtime/log/log.ts'
import { openLog } from '../../../../runtime/log/open.ts'

const place = { topic: 'kept', partition: 0 }
type Entry = readonly [key: string | null, value: string | null]

async function open(t: Test, settings: TopicSettings, dataDir = t.testdir()) {
  const log = await openLog({
    kind: 'embedded',
    dataDir,
    minCompactionRecords: 10,
    cleaningIntervalMs: 50,
  })
  t.teardown(() => log.close())
  await log.createTopic({ topic: 'kept', settings })
  return { log, dataDir }
}

function batchOf(entries: readonly Entry[], timestamp = Date.now()): EncodedBatch {
  const builder = new BatchBuilder(place)
  for (const [key, value] of entries) builder.append(key, value, timestamp)
  return builder.build()
}

async function contentOf(log: Log): Promise<[number, string, string | null][]> {
  const content: [number, string, string | null][] = []
  const [ends] = await log.offsets('kept')
  for (let from = ends?.earliest ?? 0; from < (ends?.latest ?? 0); ) {
    const { records, next } = await log.read(place, from, { records: 1e6 })
    for (const { offset, key, value } of records)
      content.push([offset, String(key), value && String(value)])
    from = next
  }
  return content
}

async function waitFor(isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await isDone()); await sleep(10))
    if (Date.now() > end) throw new Error('the cleaner did not get there in 20 s')
}

t.test(
  'compaction keeps the last value of each key, at its offset, and readers pass the gaps',
  async (t) => {
    const { log, dataDir } = await open(t, { 'cleanup.policy': 'compact' })
    // Four in a batch, so that some batches go whole and some in part.
    for (let i = 0; i < 20; i++)
      await log.append([
        batchOf(Array.from({ length: 4 }, (_, j) => [`k${(i * 4 + j) % 7}`, `${i * 4 + j}`])),
      ])
    await log.append([batchOf([[null, 'keyless']]), batchOf([['once', 'x']])])
    await log.append([batchOf(Array.from({ length: 80 }, (_, i) => [`k${i % 7}`, `${100 + i}`]))])
    await waitFor(async () => (await contentOf(log)).length <= 9)
    const content = await contentOf(log)
    t.same(content, [
      [80, 'null', 'keyless'],
      [81, 'once', 'x'],
      ...Array.from({ length: 7 }, (_, i) => [155 + i, `k${(73 + i) % 7}`, `${173 + i}`]),
    ])
    t.same(await log.offsets('kept'), [{ partition: 0, earliest: 0, latest: 162 }])
    t.same(await log.append([batchOf([['new', 'x']])]), [162])

    const consumer = await log.consumer({ topics: ['kept'] })
    t.teardown(() => consumer.close())
    const offsets: number[] = []
    while ((await consumer.lag()) > 0 || offsets.length === 0)
      for (const { records } of await consumer.poll({ timeoutMs: 100, maxRecords: 1 }))
        offsets.push(...records.map((record) => record.offset))
    t.same(offsets, [...content.map(([offset]) => offset), 162])
    t.equal(
      (await log.read(place, 100, { records: 1 })).records[0]?.offset,
      155,
      'from within a gap',
    )
    await log.close()
    const again = await openLog({ kind: 'embedded', dataDir, minCompactionRecords: 10 })
    t.same(again.findings, [])
    t.same((await contentOf(again)).slice(0, -1), content)
    await again.close()
  },
)

t.test('a tombstone outlives what it deletes, and goes after delete.retention.ms', async (t) => {
  const { log } = await open(t, { 'cleanup.policy': 'compact', 'delete.retention.ms': '0' })
  const filler = (from: number): Entry[] =>
    Array.from({ length: 30 }, (_, i) => [`f${from + i}`, 'x'])
  await log.append([batchOf([['gone', 'value']], 1000), batchOf([['gone', null]], 1000)])
  await log.append([batchOf(filler(0))])
  await waitFor(async () => (await contentOf(log))[0]?.[2] === null)
  t.same((await contentOf(log))[0], [1, 'gone', null])
  await log.append([batchOf([...filler(100), ...filler(200)])])
  await waitFor(async () => (await contentOf(log))[0]?.[0] === 2)
  t.equal((await contentOf(log)).length, 90)
})

t.test('what is younger than min.compaction.lag.ms stays', async (t) => {
  const { log } = await open(t, { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '3600000' })
  const old = Date.now() - 7_200_000
  const same: Entry[] = Array.from({ length: 20 }, (_, i) => ['k', `${i}`])
  await log.append([batchOf(same, old), batchOf(same)])
  await waitFor(async () => (await contentOf(log)).length <= 21)
  const content = await contentOf(log)
  t.equal(content.length, 21, 'one of the old, all of the young')
  t.equal(content[0]?.[0], 19)
})

t.test(
  'a topic past its retention.bytes loses its oldest batches, and no offset comes twice',
  async (t) => {
    const { log } = await open(t, { 'retention.bytes': '20000', 'cleanup.policy': 'delete' })
    for (let i = 0; i < 100; i++) await log.append([batchOf([[null, 'x'.repeat(1000)]])])
    const earliest = async () => (await log.offsets('kept'))[0]?.earliest ?? 0
    // 19 batches of 1,070 bytes are the fewest that hold what was asked for.
    await waitFor(async () => (await earliest()) >= 81)
    t.equal(await earliest(), 81)
    t.equal(
      (await log.read(place, 'earliest', { records: 1 })).records[0]?.offset,
      await earliest(),
    )
    t.equal((await log.read(place, 3, { records: 1 })).records[0]?.offset, await earliest())
    t.same(await log.append([batchOf([[null, 'next']])]), [100])
  },
)

t.test('a topic past its retention.ms is emptied, and goes on at its next offset', async (t) => {
  const { log } = await open(t, { 'retention.ms': '1000' })
  await log.append([batchOf([[null, 'old']], 1)])
  await waitFor(async () => (await log.offsets('kept'))[0]?.earliest === 1)
  t.same(await contentOf(log), [])
  t.same(await log.append([batchOf([[null, 'young']])]), [1])
})

t.test('the rows of a deleted topic go away', async (t) => {
  const { log, dataDir } = await open(t, {})
  for (let i = 0; i < 20; i++) await log.append([batchOf([[null, 'x'.repeat(500_000)]])])
  await log.deleteTopic('kept')
  const db = new DatabaseSync(join(dataDir, 'log.db'), { readOnly: true })
  t.teardown(() => db.close())
  await waitFor(async () => db.prepare('SELECT count(*) AS n FROM batches').get()?.['n'] === 0)
  await waitFor(async () => db.prepare('SELECT count(*) AS n FROM deleted').get()?.['n'] === 0)
  await log.createTopic({ topic: 'kept' })
  t.same(await log.offsets('kept'), [{ partition: 0, earliest: 0, latest: 0 }])
})
