import t from 'tap'
import type { Consumer, Log, PollOptions, TopicOffset } from '../../../runtime/log/log.ts'
import { TaskMeter } from '../../../runtime/metrics/task-counts.ts'
import { SinkFeed } from '../../../runtime/worker/sink-feed.ts'
import { SinkOffsets } from '../../../runtime/worker/sink-offsets.ts'

t.test('partitions that go while a read ends are not rewound', async (t) => {
  const [kept, gone] = [0, 1].map((partition) => ({ topic: 't', partition })) as [never, never]
  const offsets = new SinkOffsets()
  offsets.assign(kept, 5)
  offsets.assign(gone, 7)
  const seeks: TopicOffset[] = []
  const consumer = {
    poll: async ({ signal }: PollOptions) => {
      await new Promise((woken) => signal?.addEventListener('abort', woken))
      // What a rebalance does within a poll.
      offsets.forget([gone])
      offsets.assign(kept, 3)
      return []
    },
    seek: async (place: { topic: string; partition: number }, to: number) =>
      void seeks.push({ ...place, offset: to }),
  } as Partial<Consumer> as Consumer
  const log = { consumer: async () => consumer } as Partial<Log> as Log
  const most = { maxRecords: 10, maxBytes: 10 }
  const feed = await SinkFeed.open(log, { topics: ['t'] }, new TaskMeter(() => {}), most)
  feed.prefetch(60_000)
  await feed.rewind(() => offsets.delivered())
  t.same(seeks, [{ topic: 't', partition: 0, offset: 3 }])
})
