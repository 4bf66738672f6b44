import { statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { openLog } from '../../../../runtime/log/open.ts'

async function open(t: Test, options: { dataDir?: string; maxBytes?: number } = {}) {
  const dataDir = options.dataDir ?? t.testdir()
  const log = await openLog({ kind: 'embedded', cleaningIntervalMs: 50, ...options, dataDir })
  t.teardown(() => log.close())
  return log
}

function batchOf(topic: string, partition: number, bytes = 10) {
  const builder = new BatchBuilder({ topic, partition })
  builder.append('key', 'x'.repeat(bytes), Date.now())
  return builder.build()
}

t.test(
  'a topic gets more partitions: what it has stays, who reads it gets the new ones',
  async (t) => {
    const dataDir = t.testdir()
    const log = await open(t, { dataDir })
    await log.createTopic({ topic: 'a', partitions: 2, settings: { 'retention.ms': '-1' } })
    await log.append([batchOf('a', 1)])
    const members = [
      await log.consumer({ group: 'g', topics: ['a'] }),
      await log.consumer({ topics: ['a'] }),
    ]
    for (const member of members) await member.poll({ timeoutMs: 50 })
    await t.rejects(log.append([batchOf('a', 3)]), {
      code: 'CONNECT_ERROR',
      message: /2 partitions/,
    })
    await log.createPartitions('a', 4)
    t.match(await log.describeTopic('a'), { partitions: 4, settings: { 'retention.ms': '-1' } })
    t.same(await log.append([batchOf('a', 3), batchOf('a', 1)]), [0, 1])
    for (const member of members) {
      const found: string[] = []
      for (let i = 0; i < 200 && found.length < 2; i++)
        for (const { partition, records } of await member.poll({ timeoutMs: 50 }))
          for (const { offset } of records) found.push(`${partition}:${offset}`)
      t.same(found.sort(), ['1:1', '3:0'])
      t.equal(member.assignment().length, 4)
      await member.close()
    }
    for (const partitions of [4, 3, 0, 4.5])
      await t.rejects(log.createPartitions('a', partitions), { code: 'CONNECT_ERROR' })
    await t.rejects(log.createPartitions('none', 4), { code: 'CONNECT_NOT_FOUND' })
    await log.close()
    const again = await open(t, { dataDir })
    t.same(again.findings, [])
    t.equal((await again.offsets('a'))[3]?.latest, 1)
  },
)

t.test('settings of a topic are altered, and the cleaner goes by the new ones', async (t) => {
  const dataDir = t.testdir()
  const log = await open(t, { dataDir })
  await log.createTopic({
    topic: 'a',
    settings: { 'retention.ms': '-1', 'max.message.bytes': '1' },
  })
  for (let i = 0; i < 10; i++) await log.append([batchOf('a', 0, 1000)])
  await log.alterTopic('a', { 'retention.bytes': '3000', 'retention.ms': null })
  const settings = { 'max.message.bytes': '1', 'retention.bytes': '3000' }
  t.same((await log.describeTopic('a'))?.settings, settings)
  const earliest = async () => (await log.offsets('a'))[0]?.earliest ?? 0
  for (let i = 0; i < 500 && (await earliest()) < 8; i++)
    await new Promise((r) => setTimeout(r, 20))
  t.equal(await earliest(), 7, 'three of 1,070 bytes hold what was asked for')
  for (const wrong of [
    { 'retention.ms': 'a week' },
    { 'retention.bytes': '' },
    { 'retention.ms': '-2' },
    { 'min.compaction.lag.ms': '1.5' },
    { 'cleanup.policy': 'compress' },
  ]) {
    await t.rejects(log.alterTopic('a', wrong), { code: 'CONNECT_ERROR', hint: /Give / })
    await t.rejects(log.createTopic({ topic: 'b', settings: wrong }), { code: 'CONNECT_ERROR' })
  }
  await log.alterTopic('a', { 'retention.ms': '9223372036854775807' })
  await t.rejects(log.alterTopic('none', {}), { code: 'CONNECT_NOT_FOUND' })
  await log.close()
  const again = await open(t, { dataDir })
  t.same((await again.describeTopic('a'))?.settings, {
    ...settings,
    'retention.ms': '9223372036854775807',
  })
})

t.test(
  'at its bound a directory takes no more records, but offsets, and goes on when there is room',
  async (t) => {
    const dataDir = t.testdir()
    const maxBytes = 8 << 20
    const log = await open(t, { dataDir, maxBytes })
    await log.createTopic({ topic: 'a' })
    let appended = 0
    const fill = async () => {
      for (; appended < 1000; appended++) await log.append([batchOf('a', 0, 100_000)])
    }
    await t.rejects(fill(), {
      code: 'CONNECT_RETRIABLE',
      message: /reached its bound of 8388608 bytes/,
      hint: /data\.max\.bytes/,
    })
    // The WAL was in the way at first: a caller tries again.
    await t.rejects(fill(), { code: 'CONNECT_RETRIABLE' })
    t.ok(appended > 40, `${appended} of 100 KB were taken`)
    const size = ['log.db', 'log.db-wal', 'log.db-shm', 'log.head']
      .map((file) => statSync(join(dataDir, file)).size)
      .reduce((a, b) => a + b)
    t.ok(size <= maxBytes, `${size} bytes`)
    t.equal((await log.offsets('a'))[0]?.latest, appended, 'all that was acknowledged is there')
    await log.transaction({
      append: [],
      groupOffsets: { group: 'g', offsets: [{ topic: 'a', partition: 0, offset: 5 }] },
    })
    t.equal((await log.groupOffsets('g'))[0]?.offset, 5)
    const before = appended
    await log.alterTopic('a', { 'retention.bytes': '1000000' })
    for (let i = 0; i < 500 && appended === before; i++) {
      await new Promise((r) => setTimeout(r, 20))
      await fill().catch(() => {})
    }
    t.ok(appended > before, 'it goes on by itself')
  },
)
