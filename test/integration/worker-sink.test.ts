import { writeFileSync } from 'node:fs'
import t from 'tap'
import { RetriableException } from '../../runtime/api/index.ts'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { type Entry, numbers, until, type WorkerRig, workerRig } from '../helpers/worker-rig.ts'

async function fill(
  rig: WorkerRig,
  topic: string,
  count: number,
  partition = 0,
  from = 0,
): Promise<void> {
  const builder = new BatchBuilder({ topic, partition })
  for (const number of numbers(count, from)) builder.append(null, number, Date.now())
  await rig.log.append([builder.build()])
}

const puts = (entries: readonly Entry[], call = 'put') =>
  entries.filter((entry) => entry.call === call).flatMap(({ records = [] }) => records)
const numberOf = (record: string) => record.slice(record.indexOf('=') + 1)

t.test(
  'a sink gets every record in order, in batches of its size, and commits what it flushed',
  async (t) => {
    const rig = await workerRig(t)
    await fill(rig, 'in', 1050)
    await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
    await until('the commit', async () => (await rig.committed('out'))['in-0'] === 1050)
    const entries = rig.journal('out')
    t.strictSame(puts(entries).map(numberOf), numbers(1050))
    t.ok(entries.every(({ records = [] }) => records.length <= 100))
    t.ok(entries.findIndex(({ call }) => call === 'flush') > 0)
    t.equal(rig.last('out')?.state, 'RUNNING')
    const text = await new Promise<string>((resolve) =>
      setTimeout(() => rig.metrics.render().then(resolve), 1200),
    )
    t.match(
      text,
      /kafka_connect_sink_task_metrics_sink_record_send_total\{connector="out",task="0"\} 1050/,
    )
    t.match(
      text,
      /kafka_connect_sink_task_metrics_sink_record_lag_max\{connector="out",task="0"\} 0/,
    )
  },
)

t.test('a restart goes on after the commit', async (t) => {
  const rig = await workerRig(t)
  await fill(rig, 'in', 300)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
  await until('all', () => puts(rig.journal('out')).length === 300)
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  t.strictSame(await rig.committed('out'), { 'in-0': 300 }, 'a stop commits')
  t.equal(rig.journal('out').at(-1)?.call, 'stop')
  await fill(rig, 'in', 100, 0, 300)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
  await until('the rest', () => puts(rig.journal('out')).length === 400)
  t.strictSame(puts(rig.journal('out')).map(numberOf), numbers(400))
})

t.test(
  'the same batch comes again after a retriable error; nothing of it is committed before',
  async (t) => {
    const rig = await workerRig(t, { commitMs: 20 })
    await fill(rig, 'in', 500)
    await rig.start('out', {
      'connector.class': 'ProbeSink',
      topics: 'in',
      trouble: 'retry',
      'trouble.every': '2',
      'trouble.times': '20',
    })
    const early: string[] = []
    await until('all', async () => {
      const committed = (await rig.committed('out'))['in-0'] ?? 0
      const put = puts(rig.journal('out')).length
      if (committed > put) early.push(`${committed} > ${put}`)
      return put === 500
    })
    t.strictSame(early, [])
    const entries = rig.journal('out').filter(({ call }) => call === 'put' || call === 'retry')
    entries.forEach((entry, i) => {
      if (entry.call === 'retry')
        t.strictSame(entries[i + 1]?.records, entry.records, 'the very same batch')
    })
    t.strictSame(puts(entries).map(numberOf), numbers(500))
  },
)

t.test('while the target is away the worker says what it tries', async (t) => {
  const rig = await workerRig(t)
  await fill(rig, 'in', 10)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in', trouble: 'retry' })
  await until('trouble', () => (rig.worker.troubles()[0]?.attempt ?? 0) > 2)
  t.match(rig.worker.troubles(), [
    { connector: 'out', task: 0, message: /Writing to the target: the target is away/ },
  ])
  t.equal(rig.last('out')?.state, 'RUNNING')
  const began = performance.now()
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  t.ok(performance.now() - began < 1500, 'a stop does not wait for the target')
  t.strictSame(await rig.committed('out'), {})
})

t.test('counted refusals of one batch are tried as often as the sink says', async (t) => {
  const rig = await workerRig(t)
  await fill(rig, 'in', 10)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in', trouble: 'counted' })
  const { trace } = await rig.state('out', 'FAILED')
  t.match(trace, /in-0@0-9: deadlock/)
  t.equal(
    rig.journal('out').filter(({ call }) => call === 'counted').length,
    4,
    'one try and three more',
  )
})

t.test(
  'any other error FAILS the task with the range, after what was put before is committed',
  async (t) => {
    const rig = await workerRig(t, { commitMs: 60_000 })
    await fill(rig, 'in', 250)
    await rig.start('out', {
      'connector.class': 'ProbeSink',
      topics: 'in',
      trouble: 'throw',
      'trouble.every': '3',
    })
    const { trace } = await rig.state('out', 'FAILED')
    t.match(trace, /in-0@200-249: the target is not amused/)
    t.match(trace, /Caused by: Error: the target is not amused/)
    await until('stop', () => rig.journal('out').at(-1)?.call === 'stop')
    t.strictSame(await rig.committed('out'), { 'in-0': 200 })
  },
)

t.test('a record that cannot be converted FAILS the task at its very offset', async (t) => {
  const rig = await workerRig(t)
  await fill(rig, 'in', 150)
  const builder = new BatchBuilder({ topic: 'in', partition: 0 })
  builder.append(null, '{"broken', Date.now())
  await rig.log.append([builder.build()])
  await fill(rig, 'in', 10, 0, 151)
  await rig.start('out', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
  })
  const { trace } = await rig.state('out', 'FAILED')
  t.match(trace, /Stage VALUE_CONVERTER refused the record at in-0@150/)
  t.equal(puts(rig.journal('out')).length, 150)
  await until('stop', () => rig.journal('out').at(-1)?.call === 'stop')
  t.strictSame(await rig.committed('out'), { 'in-0': 150 })
})

t.test(
  'records that a transformation drops are committed, and put is never called with nothing',
  async (t) => {
    const rig = await workerRig(t)
    await fill(rig, 'in', 100)
    await rig.start('out', {
      'connector.class': 'ProbeSink',
      topics: 'in',
      transforms: 'drop',
      'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
    })
    await until('the commit', async () => (await rig.committed('out'))['in-0'] === 100)
    t.equal(rig.journal('out').filter(({ call }) => call === 'put').length, 0)
  },
)

t.test('what a refused flush lost comes again', async (t) => {
  const rig = await workerRig(t, { commitMs: 50 })
  await fill(rig, 'in', 50)
  await rig.start('out', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    trouble: 'flush',
    'trouble.times': '1',
  })
  await until('the commit', async () => (await rig.committed('out'))['in-0'] === 50)
  const calls = rig.journal('out').map(({ call }) => call)
  t.ok(calls.includes('flush refused'))
  t.strictSame(puts(rig.journal('out')).map(numberOf), [...numbers(50), ...numbers(50)])
})

t.test('pause holds the records back and commits; resume goes on', async (t) => {
  const rig = await workerRig(t, { commitMs: 60_000 })
  const id = { connector: 'out', task: 0 }
  await fill(rig, 'in', 100)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
  await until('all', () => puts(rig.journal('out')).length === 100)
  rig.worker.setTaskTarget(id, 'PAUSED')
  await rig.state('out', 'PAUSED')
  t.strictSame(await rig.committed('out'), { 'in-0': 100 })
  await fill(rig, 'in', 100, 0, 100)
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.equal(puts(rig.journal('out')).length, 100)
  const lag = /sink_record_lag_max\{connector="out",task="0"\} (\d+)/
  await until('the lag', async () => lag.exec(await rig.metrics.render())?.[1] === '100')
  rig.worker.setTaskTarget(id, 'STARTED')
  await until('the rest', () => puts(rig.journal('out')).length === 200)
  t.strictSame(puts(rig.journal('out')).map(numberOf), numbers(200))
})

t.test(
  'two tasks share the partitions; one that comes later takes over without loss or disorder',
  async (t) => {
    const rig = await workerRig(t, { partitions: 4, commitMs: 100 })
    await rig.log.createTopic({ topic: 'in', partitions: 4 })
    for (const partition of [0, 1, 2, 3]) await fill(rig, 'in', 500, partition)
    const config = {
      'connector.class': 'ProbeSink',
      topics: 'in',
      'batch.size': '20',
      'tasks.max': '2',
    }
    await rig.start('out', config, 0)
    await until('some', () => puts(rig.journal('out')).length > 200)
    await rig.start('out', config, 1)
    await until('shared', () =>
      rig.journal('out').some(({ call, task }) => call === 'assigned' && task === 1),
    )
    for (const partition of [0, 1, 2, 3]) await fill(rig, 'in', 500, partition, 500)
    await until('all', async () =>
      Object.values(await rig.committed('out')).every((offset) => offset === 1000),
    )
    const entries = rig.journal('out')
    const revoked = entries
      .filter(({ call }) => call === 'revoked')
      .flatMap(({ partitions = [] }) => partitions)
    t.equal(revoked.length, 2)
    for (const partition of [0, 1, 2, 3]) {
      const seen = puts(entries)
        .filter((record) => record.startsWith(`in-${partition}@`))
        .map(numberOf)
      t.strictSame(seen, numbers(1000), `partition ${partition}: each once and in order`)
    }
    const of = (task: number) =>
      new Set(
        puts(entries.filter((entry) => entry.task === task)).map((record) => record.split('@')[0]),
      )
    t.equal(of(1).size, 2)
    await rig.worker.stopTasks([{ connector: 'out', task: 1 }])
    for (const partition of [0, 1, 2, 3]) await fill(rig, 'in', 10, partition, 1000)
    await until('task 0 has all again', async () =>
      Object.values(await rig.committed('out')).every((offset) => offset === 1010),
    )
  },
)

t.test(
  'a partition that is taken away during retries is not put again by the old task',
  async (t) => {
    const rig = await workerRig(t, { partitions: 2, commitMs: 100 })
    await rig.log.createTopic({ topic: 'in', partitions: 2 })
    for (const partition of [0, 1]) await fill(rig, 'in', 50, partition)
    const config = { 'connector.class': 'ProbeSink', topics: 'in', 'tasks.max': '2' }
    await rig.start('out', { ...config, trouble: 'retry' }, 0)
    await until(
      'trouble',
      () => rig.journal('out').filter(({ call }) => call === 'retry').length > 3,
    )
    await rig.start('out', config, 1)
    await until(
      'the other task does its part',
      () => puts(rig.journal('out').filter(({ task }) => task === 1)).length === 50,
    )
    const entries = rig.journal('out')
    const at = entries.findLastIndex(({ call, task }) => call === 'revoked' && task === 0)
    t.ok(at > 0)
    const gone =
      entries[at]?.partitions?.map(({ topic, partition }) => `${topic}-${partition}@`) ?? []
    t.equal(gone.length, 1)
    await until('it goes on trying', () => rig.journal('out').length > entries.length + 2)
    const later = puts(
      rig
        .journal('out')
        .slice(at)
        .filter(({ task }) => task === 0),
      'retry',
    )
    t.ok(later.length > 0)
    t.notOk(later.some((record) => gone.some((prefix) => record.startsWith(prefix))))
  },
)

t.test('topics.regex takes topics that appear later', async (t) => {
  const rig = await workerRig(t)
  await rig.start('out', { 'connector.class': 'ProbeSink', 'topics.regex': 'in-\\d+' })
  await rig.state('out', 'RUNNING')
  await fill(rig, 'in-1', 5)
  await fill(rig, 'other', 5)
  await until('the first', () => puts(rig.journal('out')).length === 5)
  await fill(rig, 'in-22', 5)
  await until('the second', () => puts(rig.journal('out')).length === 10)
})

t.test('a sink waits for company as long as it says, and no longer', async (t) => {
  const rig = await workerRig(t)
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in', 'wait.ms': '400' })
  await rig.log.createTopic({ topic: 'in' })
  await until('assigned', () => rig.journal('out').some(({ call }) => call === 'assigned'))
  for (let i = 0; i < 5; i++) await fill(rig, 'in', 1, 0, i)
  await until('all', () => puts(rig.journal('out')).length === 5)
  t.equal(rig.journal('out').filter(({ call }) => call === 'put').length, 1)
})

t.test(
  'a put that never ends is cancelled at the deadline, and its partitions are free',
  async (t) => {
    const rig = await workerRig(t, { gracefulMs: 300 })
    await fill(rig, 'in', 10)
    await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in', trouble: 'block' })
    await until('blocked', () => rig.journal('out').some(({ call }) => call === 'block'))
    await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
    t.strictSame(await rig.committed('out'), {})
    await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
    await until('put by the next', () => puts(rig.journal('out')).length === 10)
  },
)

t.test(
  'a sink that heeds its signal ends at the deadline; what it did not finish is not committed',
  async (t) => {
    const rig = await workerRig(t, { gracefulMs: 300 })
    writeFileSync(rig.journalFile('out'), '')
    await fill(rig, 'in', 10)
    await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in', trouble: 'late' })
    await until('late', () => rig.journal('out').some(({ call }) => call === 'late'))
    await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
    await until('stop', () => rig.journal('out').at(-1)?.call === 'stop')
    t.strictSame(await rig.committed('out'), {})
  },
)

t.test(
  'a log that cannot be read for a while costs nothing: what was not delivered is read again',
  async (t) => {
    const rig = await workerRig(t, { threads: 0 })
    await fill(rig, 'in', 1000)
    const open = rig.log.consumer.bind(rig.log)
    let polls = 0
    rig.log.consumer = async (options) => {
      const consumer = await open(options)
      const poll = consumer.poll.bind(consumer)
      consumer.poll = async (limits) => {
        const fetched = await poll(limits)
        // What was read is lost on the way.
        if (++polls % 3 === 0) throw new RetriableException('the log is away', { afterMs: 5 })
        return fetched
      }
      return consumer
    }
    await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'in' })
    await until('the commit', async () => (await rig.committed('out'))['in-0'] === 1000)
    await fill(rig, 'in', 1000, 0, 1000)
    await until('the commit', async () => (await rig.committed('out'))['in-0'] === 2000)
    t.strictSame(puts(rig.journal('out')).map(numberOf), numbers(2000))
  },
)
