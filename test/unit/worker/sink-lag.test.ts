import t from 'tap'
import { NotFoundException } from '../../../runtime/api/index.ts'
import type { Log } from '../../../runtime/log/log.ts'
import { SinkLag } from '../../../runtime/worker/sink-lag.ts'
import { SinkOffsets } from '../../../runtime/worker/sink-offsets.ts'

t.test('a topic that was deleted meanwhile has no lag, the others have', async (t) => {
  const log = {
    offsets: async (topic: string) => {
      if (topic === 'gone') throw new NotFoundException('There is no topic "gone"')
      return [{ partition: 0, earliest: 0, latest: 30 }]
    },
  } as Partial<Log> as Log
  const offsets = new SinkOffsets()
  offsets.assign({ topic: 'gone', partition: 0 }, 5)
  offsets.assign({ topic: 'there', partition: 0 }, 10)
  t.equal(await new SinkLag(log, offsets).measure(), 20)
})
