import t from 'tap'
import { openLog } from '../../runtime/log/open.ts'
import { logContract } from './log.ts'
import { batchOf } from './log-rig.ts'

logContract('the embedded log', {
  async open(t) {
    const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
    t.teardown(() => log.close())
    return log
  },
})

t.test('a batch that was handed over to the writer is refused a second time', async (t) => {
  const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
  t.teardown(() => log.close())
  const batch = batchOf({ topic: 'once', partition: 0 }, 0, 1)
  await log.append([batch])
  await t.rejects(log.append([batch]), { code: 'CONNECT_ERROR', hint: /once/ })
  t.same(await log.offsets('once'), [{ partition: 0, earliest: 0, latest: 1 }])
})

t.test('an append to a missing topic makes it, unless the log may not', async (t) => {
  const options = { kind: 'embedded', dataDir: t.testdir(), defaultPartitions: 3 } as const
  const log = await openLog(options)
  await log.append([batchOf({ topic: 'made', partition: 2 }, 0, 1)])
  t.equal((await log.describeTopic('made'))?.partitions, 3)
  await log.close()
  const strict = await openLog({ ...options, autoCreateTopics: false })
  t.teardown(() => strict.close())
  const batch = batchOf({ topic: 'not-made', partition: 0 }, 0, 1)
  await t.rejects(strict.append([batch]), { code: 'CONNECT_ERROR', message: /not-made/ })
  t.equal(await strict.describeTopic('not-made'), null)
})
