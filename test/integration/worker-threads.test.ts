import t from 'tap'
import { numbers, until, workerRig } from '../helpers/worker-rig.ts'

const endless = {
  'connector.class': 'ProbeSource',
  count: '1000000',
  batch: '1',
  'interval.ms': '2',
}

t.test(
  'an error that nobody catches FAILS its task; the neighbour in the same thread starts elsewhere and loses nothing',
  async (t) => {
    const rig = await workerRig(t, { threads: 1 })
    await rig.start('other', { ...endless, topic: 'others' })
    await until('the other runs', async () => (await rig.values('others')).length > 10)
    await rig.start('count', {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'crash',
      'trouble.at': '100',
    })
    const { trace } = await rig.state('count', 'FAILED')
    t.match(trace, /The thread of the task died: nobody catches this/)
    t.match(trace, /Caused by: Error: nobody catches this\n\s+at /)
    const before = (await rig.values('others')).length
    await until('the other goes on', async () => (await rig.values('others')).length > before + 10)
    const values = await rig.values('others')
    t.strictSame(values, numbers(values.length), 'each once and in order')
    t.equal(rig.journal('other').filter(({ call }) => call === 'open').length, 2)
    t.notOk(
      rig.statuses.some(({ connector, state }) => connector === 'other' && state === 'FAILED'),
    )
    t.strictSame(await rig.values('numbers'), numbers(100))
  },
)

t.test('a task that eats the memory of its thread is FAILED and the worker lives', async (t) => {
  const rig = await workerRig(t)
  await rig.start('count', {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    count: '900',
    trouble: 'out-of-memory',
    'trouble.at': '100',
  })
  await until('FAILED', () => rig.last('count')?.state === 'FAILED', 60_000)
  t.match(rig.last('count')?.trace, /The thread of the task died: .*memory/)
  await rig.worker.stopTasks([{ connector: 'count', task: 0 }])
  await rig.start('count', { 'connector.class': 'ProbeSource', topic: 'numbers', count: '900' })
  await until('all', async () => (await rig.values('numbers')).length === 900)
})

t.test(
  'a task that spins is ended with its thread at the deadline; its neighbour goes on elsewhere',
  async (t) => {
    const rig = await workerRig(t, { threads: 1, gracefulMs: 300 })
    await rig.start('other', { ...endless, topic: 'others' })
    await until('the other runs', async () => (await rig.values('others')).length > 10)
    await rig.start('count', {
      'connector.class': 'ProbeSource',
      topic: 'numbers',
      count: '900',
      trouble: 'spin',
      'trouble.at': '0',
    })
    await until('it spins', () => rig.journal('count').some(({ call }) => call === 'open'))
    await rig.worker.stopTasks([{ connector: 'count', task: 0 }])
    const before = (await rig.values('others')).length
    await until('the other goes on', async () => (await rig.values('others')).length > before + 10)
    const values = await rig.values('others')
    t.strictSame(values, numbers(values.length))
    t.equal(rig.last('other')?.state, 'RUNNING')
  },
)

t.test('tasks run in the main thread when there are to be no threads', async (t) => {
  const rig = await workerRig(t, { threads: 0 })
  await rig.start('count', { 'connector.class': 'ProbeSource', topic: 'numbers', count: '500' })
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'numbers' })
  await until('all', async () => (await rig.committed('out'))['numbers-0'] === 500)
  await rig.worker.stopTasks([
    { connector: 'count', task: 0 },
    { connector: 'out', task: 0 },
  ])
  t.equal(rig.journal('out').at(-1)?.call, 'stop')
})

t.test('a shutdown stops everything and commits', async (t) => {
  const rig = await workerRig(t, { commitMs: 60_000 })
  await rig.start('count', { 'connector.class': 'ProbeSource', topic: 'numbers', count: '500' })
  await rig.start('out', { 'connector.class': 'ProbeSink', topics: 'numbers' })
  await until('all', () => rig.journal('out').flatMap(({ records = [] }) => records).length === 500)
  await rig.worker.shutdown()
  t.strictSame(await rig.committed('out'), { 'numbers-0': 500 })
  t.ok(rig.journal('count').some(({ call }) => call === 'closed'))
})

t.test('a class that is not there is refused, a config that is wrong FAILS in words', async (t) => {
  const rig = await workerRig(t)
  await t.rejects(rig.start('none', { 'connector.class': 'NoSuchSource' }), {
    code: 'CONNECT_BAD_REQUEST',
  })
  await rig.start('wrong', { 'connector.class': 'ProbeSource', topic: 'numbers', count: 'many' })
  const { trace } = await rig.state('wrong', 'FAILED')
  t.match(trace, /Invalid value many for configuration count: Not a number of type LONG/)
})

t.test('a secret of the config is in no trace and no line', async (t) => {
  const rig = await workerRig(t)
  await rig.start('count', {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    trouble: 'throw',
    'probe.password': 'thrown at 0',
  })
  const { trace } = await rig.state('count', 'FAILED')
  t.match(trace, /\[hidden\]/)
  t.notMatch(trace, /thrown at 0/)
  t.notMatch(JSON.stringify(rig.lines), /thrown at 0/)
})

t.test("a connector's own half", async (t) => {
  const rig = await workerRig(t)
  const config = { 'connector.class': 'ProbeSource', topic: 'numbers' }
  const { worker } = rig

  await t.test(
    'is RUNNING once its config is validated, and says how the work is shared out',
    async (t) => {
      await worker.startConnector('count', { ...config, 'tasks.max': '3', tasks: '3' }, 'STARTED')
      t.match(rig.last('count', null), { state: 'RUNNING', version: String })
      const tasks = await worker.taskConfigs('count')
      t.strictSame(tasks[2], {
        ...config,
        'tasks.max': '3',
        tasks: '3',
        number: '2',
        'task.class': 'tapline.ProbeSourceTask',
      })
      t.equal(tasks.length, 3)
    },
  )

  await t.test('is FAILED when its config is wrong, alone or across keys', async (t) => {
    await worker.startConnector('wrong', { ...config, batch: 'x' }, 'STARTED')
    t.match(rig.last('wrong', null), { state: 'FAILED', trace: /Not a number of type INT/ })
    await worker.startConnector('wrong', { ...config, topic: 'refused' }, 'STARTED')
    t.match(rig.last('wrong', null), { state: 'FAILED', trace: /refused by the probe/ })
  })

  await t.test('is not asked while it is paused or stopped', async (t) => {
    await worker.startConnector('still', { ...config, topic: 'refused' }, 'PAUSED')
    t.equal(rig.last('still', null)?.state, 'PAUSED')
    await worker.startConnector('still', { ...config, topic: 'refused' }, 'STOPPED')
    t.equal(rig.last('still', null)?.state, 'STOPPED')
  })

  await t.test('is FAILED when it makes more tasks than it may', async (t) => {
    await worker.startConnector('many', { ...config, tasks: '2' }, 'STARTED')
    await t.rejects(worker.taskConfigs('many'), /has generated 2 tasks, which is greater than 1/)
    t.equal(rig.last('many', null)?.state, 'FAILED')
    await worker.startConnector(
      'many',
      { ...config, tasks: '2', 'tasks.max.enforce': 'false' },
      'STARTED',
    )
    t.equal((await worker.taskConfigs('many')).length, 2)
  })

  await t.test('a sink has as many tasks as it may by default', async (t) => {
    await worker.startConnector(
      'out',
      { 'connector.class': 'ProbeSink', topics: 'in', 'tasks.max': '4' },
      'STARTED',
    )
    t.equal((await worker.taskConfigs('out')).length, 4)
  })

  await t.test('asks for other tasks when it sees a reason', async () => {
    await worker.startConnector('watching', { ...config, topic: 'watched' }, 'STARTED')
    await until('asked', () => rig.reconfigured.includes('watching'))
    await worker.stopConnector('watching')
  })

  await t.test('tries the connection', async (t) => {
    t.strictSame(await worker.check('ProbeSource', { topic: 'numbers' }), {})
    t.strictSame(await worker.check('ProbeSource', { topic: 'unreachable' }), {
      topic: 'Nobody answers there.',
    })
  })
})
