import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ConnectException, type Logger, RetriableException } from '../../../runtime/api/index.ts'
import type { EncodedBatch, Log } from '../../../runtime/log/log.ts'
import { TaskMeter } from '../../../runtime/metrics/task-counts.ts'
import type { SourceOffset } from '../../../runtime/worker/record-draft.ts'
import { SubmittedRecords } from '../../../runtime/worker/submitted-records.ts'
import type { TaskContext } from '../../../runtime/worker/task-context.ts'
import { TaskControl } from '../../../runtime/worker/task-control.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A fake log without transactions: what was appended, in order. `troubles`: what the next appends throw. */
function rig(options: { holdMs?: number } = {}) {
  const appended: { log: string; batches: readonly EncodedBatch[] }[] = []
  const troubles: Error[] = []
  const logOf = (name: string) =>
    ({
      isTransactional: false,
      describeTopic: async (topic: string) => ({ topic, partitions: 1, settings: {} }),
      append: async (batches: readonly EncodedBatch[]) => {
        await sleep(options.holdMs ?? 0)
        appended.push({ log: name, batches })
        const trouble = troubles.shift()
        if (trouble) throw trouble
        return batches.map(() => 0)
      },
    }) as Partial<Log> as Log
  const context: TaskContext = {
    id: { connector: 'c', task: 0 },
    log: logOf('connector'),
    workerLog: logOf('worker'),
    logger: silent,
    control: new TaskControl('STARTED'),
    meter: new TaskMeter(() => {}),
    reportState() {},
    reportTrouble() {},
    enter() {},
    clean: (text) => text,
  }
  const acked: SourceOffset[] = []
  const submitted = new SubmittedRecords(context, 'offsets', (offsets) => {
    acked.push(...offsets)
  })
  const pull = (n: number) => {
    submitted.draft.append('t', 0, null, `${n}`, 1, undefined)
    submitted.draft.advance({ file: 'f' }, { n })
    submitted.send()
  }
  const positions = () => acked.map(({ offset }) => offset['n'])
  return { appended, troubles, context, submitted, pull, acked, positions }
}

t.test(
  'records go through the clients of the connector, offsets behind them through those of the worker',
  async (t) => {
    const { appended, submitted, pull, positions } = rig()
    pull(1)
    await submitted.drained()
    t.strictSame(
      appended.map(({ log, batches }) => [log, batches[0]?.topic]),
      [
        ['connector', 't'],
        ['worker', 'offsets'],
      ],
    )
    t.strictSame(positions(), [1])
  },
)

t.test(
  'the very same batches come again until the log takes them; offsets wait for them',
  async (t) => {
    const { appended, troubles, submitted, pull } = rig()
    troubles.push(
      new RetriableException('away', { afterMs: 1 }),
      new RetriableException('away', { afterMs: 1 }),
    )
    pull(1)
    await submitted.drained()
    t.equal(appended.length, 4)
    t.equal(appended[0]?.batches, appended[2]?.batches)
    t.equal(appended[0]?.batches[0], appended[2]?.batches[0])
    t.equal(appended[3]?.log, 'worker')
  },
)

t.test(
  'offsets that come while others are written go together, the latest of each partition',
  async (t) => {
    const { appended, submitted, pull, positions } = rig({ holdMs: 2 })
    for (let n = 1; n <= 50; n++) {
      pull(n)
      await sleep(2)
    }
    await submitted.drained()
    const writes = appended.filter(({ log }) => log === 'worker')
    t.ok(writes.length >= 2 && writes.length < 25, `${writes.length} writes`)
    t.ok(writes.every(({ batches }) => batches.length === 1 && batches[0]?.records === 1))
    t.equal(positions().at(-1), 50)
  },
)

t.test('a refusal is known at once, also when no more records come', async (t) => {
  for (const good of [0, 1]) {
    const { troubles, submitted, pull, acked } = rig()
    const refusal = new ConnectException('too large')
    submitted.draft.append('t', 0, null, 'x', 1, undefined)
    troubles.push(...(good ? [undefined as unknown as Error] : []), refusal)
    pull(1)
    while (!submitted.failure.aborted) await sleep(1)
    t.equal(submitted.failure.reason, refusal)
    await t.rejects(submitted.drained(), refusal)
    t.strictSame(acked, [], 'nothing is acknowledged whose offset is not stored')
  }
})
