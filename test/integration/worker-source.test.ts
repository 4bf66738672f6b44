import t from 'tap'
import { RetriableException } from '../../runtime/api/index.ts'
import { partitionForKey } from '../../runtime/log/partition.ts'
import { numbers, until, workerRig } from '../helpers/worker-rig.ts'

t.test('a source stores its records in order, and its offsets with them', async (t) => {
  const rig = await workerRig(t)
  await rig.start('count', { 'connector.class': 'ProbeSource', topic: 'numbers', count: '2500' })
  await until('all records', async () => (await rig.values('numbers')).length === 2500)
  t.strictSame(await rig.values('numbers'), numbers(2500))
  t.strictSame(await rig.store.read('count', { probe: 'count-0' }), { next: 2500 })
  await until('its acknowledgement', () =>
    rig.journal('count').some(({ call, next }) => call === 'acked' && next === 2500),
  )
  t.equal(rig.last('count')?.state, 'RUNNING', 'a source that has ended is RUNNING and idle')
  const acked = rig
    .journal('count')
    .filter(({ call }) => call === 'acked')
    .map(({ next }) => next ?? 0)
  t.strictSame(
    acked,
    [...acked].sort((a, b) => a - b),
    'acknowledgements come in order',
  )
})

t.test('a restart goes on exactly where it was stopped', async (t) => {
  const rig = await workerRig(t)
  const config = {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    count: '3000',
    batch: '10',
    'interval.ms': '1',
  }
  await rig.start('count', config)
  await until('some records', async () => (await rig.values('numbers')).length > 200)
  await rig.worker.stopTasks([{ connector: 'count', task: 0 }])
  const before = (await rig.values('numbers')).length
  t.ok(before < 3000)
  t.equal(
    rig.journal('count').filter(({ call }) => call === 'closed').length,
    1,
    'the generator was closed',
  )
  await rig.start('count', { ...config, batch: '500', 'interval.ms': '0' })
  await until('the rest', async () => (await rig.values('numbers')).length >= 3000)
  t.strictSame(await rig.values('numbers'), numbers(3000))
  const opens = rig.journal('count').filter(({ call }) => call === 'open')
  t.strictSame(
    opens.map(({ next }) => next),
    [0, before],
  )
})

t.test(
  'a source that asks for another try is opened again after the last acknowledged record',
  async (t) => {
    const rig = await workerRig(t)
    await rig.start('count', {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'retry',
      'trouble.at': '450',
    })
    await until('all records', async () => (await rig.values('numbers')).length >= 900)
    t.strictSame(await rig.values('numbers'), numbers(900))
    t.strictSame(
      rig
        .journal('count')
        .filter(({ call }) => call === 'open')
        .map(({ next }) => next),
      [0, 450],
    )
    t.notOk(rig.statuses.some(({ state }) => state === 'FAILED'))
    t.strictSame(rig.worker.troubles(), [])
  },
)

t.test(
  'a source that throws is FAILED with its trace, keeps what it gave before, and costs no other',
  async (t) => {
    const rig = await workerRig(t, { threads: 1 })
    await rig.start('other', {
      'connector.class': 'ProbeSource',
      topic: 'others',
      count: '100000',
      batch: '1',
      'interval.ms': '2',
    })
    await rig.start('count', {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'throw',
      'trouble.at': '333',
    })
    const { trace } = await rig.state('count', 'FAILED')
    t.match(trace, /Error: thrown at 333\n\s+at /)
    t.strictSame(await rig.values('numbers'), numbers(333))
    const before = (await rig.values('others')).length
    await until('the other goes on', async () => (await rig.values('others')).length > before + 5)
    t.equal(rig.last('other')?.state, 'RUNNING')
  },
)

t.test(
  'a record that the converter refuses FAILS the task with stage, topic and offset; what stands before it is stored',
  async (t) => {
    const rig = await workerRig(t)
    const config = {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'bad-record',
      'trouble.at': '250',
    }
    const json = { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' }
    await rig.start('count', { ...config, ...json })
    const { trace } = await rig.state('count', 'FAILED')
    t.match(trace, /Stage VALUE_CONVERTER refused the record/)
    t.match(trace, /"next":251/)
    t.match(trace, /topic numbers/)
    t.equal((await rig.values('numbers')).length, 250)
    t.strictSame(await rig.store.read('count', { probe: 'count-0' }), { next: 250 })
  },
)

t.test('records that a transformation drops count as delivered', async (t) => {
  const rig = await workerRig(t)
  await rig.start('count', {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    count: '300',
    transforms: 'drop',
    'transforms.drop.type': 'org.apache.kafka.connect.transforms.Filter',
  })
  await until(
    'the offset',
    async () => (await rig.store.read('count', { probe: 'count-0' }))?.['next'] === 300,
  )
  t.equal((await rig.values('numbers')).length, 0)
})

t.test(
  'a key chooses the partition as Kafka would, a record without one takes turns',
  async (t) => {
    const rig = await workerRig(t, { partitions: 3 })
    await rig.start('keyed', {
      'connector.class': 'ProbeSource',
      topic: 'keyed',
      count: '300',
      key: 'true',
    })
    await rig.start('free', {
      'connector.class': 'ProbeSource',
      topic: 'free',
      count: '900',
      batch: '100',
    })
    const count = async (topic: string) =>
      await Promise.all([0, 1, 2].map(async (p) => (await rig.values(topic, p)).length))
    await until('all', async () => (await count('keyed')).reduce((a, b) => a + b) === 300)
    await until('all', async () => (await count('free')).reduce((a, b) => a + b) === 900)
    const placed = await Promise.all([0, 1, 2].map((p) => rig.values('keyed', p)))
    for (const [partition, values] of placed.entries()) {
      t.ok(values.length > 50)
      t.ok(values.every((key) => partitionForKey(Buffer.from(key), 3) === partition))
    }
    t.strictSame(await count('free'), [300, 300, 300])
    for (const values of placed)
      t.strictSame(
        values,
        [...values].sort((a, b) => Number(a) - Number(b)),
        'in order within a partition',
      )
  },
)

t.test('pause leaves off pulling, resume goes on in the same life', async (t) => {
  const rig = await workerRig(t)
  const id = { connector: 'count', task: 0 }
  await rig.start('count', {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    count: '1000000',
    batch: '1',
    'interval.ms': '1',
  })
  await until('some records', async () => (await rig.values('numbers')).length > 20)
  rig.worker.setTaskTarget(id, 'PAUSED')
  await rig.state('count', 'PAUSED')
  await until('quiet', async () => {
    const before = rig.journal('count').length
    await new Promise((resolve) => setTimeout(resolve, 100))
    return rig.journal('count').length === before
  })
  const before = (await rig.values('numbers')).length
  rig.worker.setTaskTarget(id, 'STARTED')
  await rig.state('count', 'RUNNING')
  await until('more', async () => (await rig.values('numbers')).length > before)
  t.equal(rig.journal('count').filter(({ call }) => call === 'open').length, 1)
})

t.test('a task that is created paused opens nothing until it is resumed', async (t) => {
  const rig = await workerRig(t)
  await rig.start(
    'count',
    { 'connector.class': 'ProbeSource', topic: 'numbers', count: '10' },
    0,
    'PAUSED',
  )
  await rig.state('count', 'PAUSED')
  t.strictSame(rig.journal('count'), [])
  rig.worker.setTaskTarget({ connector: 'count', task: 0 }, 'STARTED')
  await until('all', async () => (await rig.values('numbers')).length === 10)
})

t.test(
  'a source that ignores its signal is cancelled at the deadline, and may be started again',
  async (t) => {
    const rig = await workerRig(t, { gracefulMs: 300 })
    const config = {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'deaf',
      'trouble.at': '300',
    }
    await rig.start('count', config)
    await until('deaf', () => rig.journal('count').some(({ call }) => call === 'deaf'))
    const began = performance.now()
    await rig.worker.stopTasks([{ connector: 'count', task: 0 }])
    const tookMs = performance.now() - began
    t.ok(tookMs >= 290 && tookMs < 2000, `${tookMs} ms`)
    t.ok(rig.lines.some(({ message }) => message.includes('did not stop in time')))
    await rig.start('count', { ...config, trouble: 'none' })
    await until('the rest', async () => (await rig.values('numbers')).length >= 900)
    t.strictSame(await rig.values('numbers'), numbers(900))
  },
)

t.test(
  'a source is pulled no further than the window allows while the log takes nothing',
  async (t) => {
    const rig = await workerRig(t, { threads: 0 })
    // The log of this worker accepts nothing until it is let go.
    const gate = Promise.withResolvers<void>()
    const transaction = rig.log.transaction.bind(rig.log)
    rig.log.transaction = async (...args) => {
      await gate.promise
      return transaction(...args)
    }
    await rig.start('count', {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '100000',
      batch: '100',
      bytes: '2000',
    })
    const pulled = () => rig.journal('count').filter(({ call }) => call === 'pull').length
    await until('the window is full', async () => {
      const before = pulled()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return before > 0 && pulled() === before
    })
    t.ok(pulled() * 100 * 2000 < 18e6, `${pulled() * 100} records of 2000 octets were pulled`)
    gate.resolve()
    await until(
      'all',
      async () => (await rig.store.read('count', { probe: 'count-0' }))?.['next'] === 100_000,
      60_000,
    )
  },
)

t.test(
  'a full log is asked again with the same records, in order, and the worker says so',
  async (t) => {
    const rig = await workerRig(t, { threads: 0 })
    const transaction = rig.log.transaction.bind(rig.log)
    let refusals = 5
    rig.log.transaction = async (...args) => {
      if (refusals-- > 0)
        throw new RetriableException('no space left on the device', { afterMs: 30 })
      return transaction(...args)
    }
    await rig.start('count', { 'connector.class': 'ProbeSource', topic: 'numbers', count: '2000' })
    await until('trouble', () => rig.worker.troubles().length > 0)
    t.match(rig.worker.troubles(), [{ message: /Writing to the log: no space left on the device/ }])
    await until('all', async () => (await rig.values('numbers')).length === 2000)
    t.strictSame(await rig.values('numbers'), numbers(2000))
    t.strictSame(rig.worker.troubles(), [])
    t.equal(rig.journal('count').filter(({ call }) => call === 'open').length, 1)
  },
)
