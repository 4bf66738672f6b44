import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  ConnectException,
  configDef,
  defineSource,
  hideSecrets,
  type Logger,
  RetriableException,
} from '../../../runtime/api/index.ts'
import { ConnectHerder, type HerderOptions } from '../../../runtime/herder/connect-herder.ts'
import type { ConfigVariables, ConnectorStateInfo, State } from '../../../runtime/herder/herder.ts'
import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import type { Log } from '../../../runtime/log/log.ts'
import { openLog } from '../../../runtime/log/open.ts'
import { declaredPlugins } from '../../../runtime/plugins/declared-plugins.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'
import { StatusBackingStore } from '../../../runtime/storage/status-backing-store.ts'
import { FakeWorker } from './fake-worker.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

const probeSource = defineSource({
  name: 'ProbeSource',
  doc: 'Reads a file that is never opened.',
  config: configDef({ file: { type: 'string', importance: 'high', doc: 'Which.' } }),
  check: async () => ({}),
  open: () => ({ async *[Symbol.asyncIterator]() {} }),
})
const plugins = new PluginRegistry({ plugins: declaredPlugins(probeSource), broken: [] })
const config = { 'connector.class': 'ProbeSource', file: 'f', 'tasks.max': '2' }

interface Rig {
  readonly herder: ConnectHerder
  readonly worker: FakeWorker
}

async function openEmbeddedLog(t: Test): Promise<Log> {
  const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
  t.teardown(() => log.close())
  return log
}

async function start(t: Test, log: Log, more: Partial<HerderOptions> = {}): Promise<Rig> {
  let worker: FakeWorker | undefined
  const herder = new ConnectHerder({
    log,
    plugins,
    logger: silent,
    workerId: 'h:8083',
    rules: {
      converters: { key: 'JsonConverter', value: 'JsonConverter', header: 'SimpleHeaderConverter' },
      clients: { policy: 'All', kafka: null },
      createsTopics: true,
    },
    stores: {
      config: { topic: 'connect-configs' },
      offset: { topic: 'connect-offsets', partitions: 25 },
      status: { topic: 'connect-statuses', partitions: 5 },
    },
    worker: (hooks) => {
      worker = new FakeWorker(hooks)
      return worker
    },
    ...more,
  })
  t.teardown(() => herder.shutdown())
  await herder.start()
  return { herder, worker: worker as FakeWorker }
}

/** Waits until it is so; fails the test with what is there when it takes too long. */
async function until<T>(look: () => T, isSo: (seen: T) => boolean): Promise<T> {
  let seen: T | undefined
  let problem: unknown
  for (const end = Date.now() + 5_000; Date.now() < end; await setTimeout(5)) {
    try {
      seen = look()
      if (isSo(seen)) return seen
      problem = undefined
    } catch (error) {
      problem = error
    }
  }
  throw problem ?? new Error(`it did not come to it: ${JSON.stringify(seen)}`)
}

const states = ({ connector, tasks }: ConnectorStateInfo): State[] => [
  connector.state,
  ...tasks.map(({ state }) => state),
]

const shows = (herder: ConnectHerder, name: string, ...wanted: readonly State[]) =>
  until(
    () => herder.status(name),
    (status) => states(status).join() === wanted.join(),
  )

t.test('a connector', async (t) => {
  const log = await openEmbeddedLog(t)
  const { herder, worker } = await start(t, log)

  await t.test('is created as it was sent, and runs with its tasks', async (t) => {
    const sent = { ...config, 'a.number': '1.0', big: '12345678901234567890' }
    t.strictSame(await herder.create('a', sent, 'RUNNING'), {
      name: 'a',
      config: { ...sent, name: 'a' },
      tasks: [],
      type: 'source',
    })
    t.match(await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING'), {
      name: 'a',
      type: 'source',
      connector: { worker_id: 'h:8083', version: '1.0' },
      tasks: [{ id: 0 }, { id: 1 }],
    })
    t.strictSame(herder.tasks('a'), [
      { id: { connector: 'a', task: 0 }, config: { part: '0', file: 'f' } },
      { id: { connector: 'a', task: 1 }, config: { part: '1', file: 'f' } },
    ])
    t.match(worker.tasks.get('a-1'), { connectorConfig: { big: '12345678901234567890' } })
    t.strictSame(herder.info('a').tasks, [
      { connector: 'a', task: 0 },
      { connector: 'a', task: 1 },
    ])
    t.match(herder.taskStatus({ connector: 'a', task: 1 }), { id: 1, state: 'RUNNING' })
  })

  await t.test('is refused when the name is taken or the config is wrong', async (t) => {
    await t.rejects(herder.create('a', config, 'RUNNING'), {
      code: 'CONNECT_ALREADY_EXISTS',
      message: 'Connector a already exists',
    })
    await t.rejects(herder.create('a', { 'connector.class': 'ProbeSource' }, 'RUNNING'), {
      code: 'CONNECT_BAD_REQUEST',
      message: [
        'Connector configuration is invalid and contains the following 1 error(s):',
        'Missing required configuration "file" which has no default value.',
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ].join('\n'),
    })
    await t.rejects(herder.create('b', { ...config, name: 'c' }, 'RUNNING'), {
      code: 'CONNECT_BAD_REQUEST',
      message: "Connector name configuration (c) doesn't match connector name in the URL (b)",
    })
    await t.rejects(herder.create('b', {}, 'RUNNING'), {
      code: 'CONNECT_BAD_REQUEST',
      message: 'Connector config {name} contains no connector type',
    })
    await t.rejects(herder.create('  ', config, 'RUNNING'), { code: 'CONNECT_BAD_REQUEST' })
    worker.findings = { file: 'cannot be read' }
    await t.rejects(herder.putConfig('b', config), { message: /\ncannot be read\n/ })
    worker.findings = {}
    t.strictSame(herder.names(), ['a'])
  })

  await t.test('gets its name trimmed', async (t) => {
    t.equal((await herder.create(' \n trim ', config, 'STOPPED')).name, 'trim')
    await herder.delete('trim')
  })

  await t.test('is created once by a thousand at once', async (t) => {
    const creates = Array.from({ length: 1000 }, () => herder.create('many', config, 'STOPPED'))
    const outcomes = await Promise.allSettled(creates)
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    t.ok(
      outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .every(({ reason }) => reason.code === 'CONNECT_ALREADY_EXISTS'),
    )
    await herder.delete('many')
  })

  await t.test('pauses and goes on, tasks in place', async (t) => {
    worker.calls.length = 0
    await herder.pause('a')
    await shows(herder, 'a', 'PAUSED', 'PAUSED', 'PAUSED')
    t.strictSame(worker.calls.sort(), ['PAUSED a-0', 'PAUSED a-1', 'start a PAUSED', 'stop a'])
    worker.calls.length = 0
    await herder.resume('a')
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
    await until(
      () => worker.calls.includes('tasks of a'),
      (asked) => asked,
    )
    t.notMatch(worker.calls.join(), /start a-|stop a-/)
  })

  await t.test('stops with its tasks gone, and comes back with new ones', async (t) => {
    await herder.stop('a')
    t.strictSame(herder.tasks('a'), [])
    await shows(herder, 'a', 'STOPPED')
    t.equal(worker.tasks.size, 0)
    await herder.stop('a')
    await herder.pause('a')
    await shows(herder, 'a', 'PAUSED')
    await herder.resume('a')
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  })

  await t.test('with another config makes new tasks, with a smaller number too', async (t) => {
    const put = await herder.putConfig('a', { ...config, file: 'g', 'tasks.max': '1' })
    t.equal(put.created, false)
    t.match(put.info, { config: { file: 'g', name: 'a' } })
    await shows(herder, 'a', 'RUNNING', 'RUNNING')
    t.match(worker.tasks.get('a-0')?.taskConfig, { file: 'g' })
    t.throws(() => herder.taskStatus({ connector: 'a', task: 1 }), {
      message: 'No status found for task a-1',
    })
  })

  await t.test('restarts its tasks when only a converter changed', async (t) => {
    const before = worker.tasks.get('a-0')
    await herder.putConfig('a', { ...config, file: 'g', 'tasks.max': '1', 'a.key': 'new' })
    await until(
      () => worker.tasks.get('a-0'),
      (task) => task !== undefined && task !== before,
    )
    t.equal(worker.tasks.get('a-0')?.connectorConfig['a.key'], 'new')
  })

  await t.test(
    'keeps its tasks when it is asked for them anew and they are the same',
    async (t) => {
      const before = worker.tasks.get('a-0')
      worker.calls.length = 0
      worker.hooks.onReconfigure('a')
      await until(
        () => worker.calls.includes('tasks of a'),
        (asked) => asked,
      )
      await herder.pause('a')
      await herder.resume('a')
      await shows(herder, 'a', 'RUNNING', 'RUNNING')
      t.equal(worker.tasks.get('a-0'), before)
      worker.taskCount = 3
      worker.hooks.onReconfigure('a')
      await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING', 'RUNNING')
      worker.taskCount = undefined
    },
  )

  await t.test('stays paused when it gets another config', async (t) => {
    await herder.pause('a')
    await shows(herder, 'a', 'PAUSED', 'PAUSED', 'PAUSED', 'PAUSED')
    await herder.putConfig('a', { ...config, file: 'h' })
    await until(
      () => worker.connectors.get('a')?.config['file'],
      (file) => file === 'h',
    )
    t.equal(herder.tasks('a')[0]?.config['file'], 'g')
    await herder.resume('a')
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
    t.equal(herder.tasks('a')[0]?.config['file'], 'h')
  })

  await t.test('is deleted with its tasks and statuses', async (t) => {
    await herder.delete('a')
    t.strictSame(herder.names(), [])
    await until(
      () => {
        try {
          return herder.status('a').connector.state
        } catch (error) {
          return (error as Error).message
        }
      },
      (seen) => seen === 'No status found for connector a',
    )
    t.equal(worker.tasks.size, 0)
    t.equal(worker.connectors.size, 0)
    worker.hooks.onStatus({ connector: 'a', task: 0, state: 'RUNNING' })
    await herder.create('other', config, 'RUNNING')
    await shows(herder, 'other', 'RUNNING', 'RUNNING', 'RUNNING')
    t.throws(() => herder.taskStatus({ connector: 'a', task: 0 }), { code: 'CONNECT_NOT_FOUND' })
  })

  await t.test('may be deleted and created again at once', async (t) => {
    for (let round = 0; round < 5; round++) {
      await herder.delete('other')
      await herder.create('other', { ...config, file: `${round}` }, 'RUNNING')
    }
    await until(
      () => worker.tasks.get('other-1')?.taskConfig['file'],
      (file) => file === '4',
    )
    t.ok(await shows(herder, 'other', 'RUNNING', 'RUNNING', 'RUNNING'))
  })

  await t.test('created paused or stopped has no tasks until it runs', async (t) => {
    await herder.create('p', config, 'PAUSED')
    await shows(herder, 'p', 'PAUSED')
    t.strictSame(herder.tasks('p'), [])
    await herder.create('s', config, 'STOPPED')
    await shows(herder, 's', 'STOPPED')
    await herder.resume('s')
    await shows(herder, 's', 'RUNNING', 'RUNNING', 'RUNNING')
  })

  await t.test('that is not there is not found, in words for each request', async (t) => {
    const id = { connector: 'gone', task: 0 }
    const all = { includeTasks: true, onlyFailed: false }
    const none = { includeTasks: false, onlyFailed: false }
    for (const [call, message] of [
      [async () => herder.info('gone'), 'Connector gone not found'],
      [async () => herder.tasks('gone'), 'Connector gone not found'],
      [async () => herder.status('gone'), 'No status found for connector gone'],
      [async () => herder.taskStatus(id), 'No status found for task gone-0'],
      [() => herder.delete('gone'), 'Connector gone not found'],
      [() => herder.pause('gone'), 'Unknown connector gone'],
      [() => herder.resume('gone'), 'Unknown connector gone'],
      [() => herder.stop('gone'), 'Unknown connector gone'],
      [() => herder.restart('gone', none), 'Unknown connector: gone'],
      [() => herder.restart('gone', all), 'Unknown connector: gone'],
      [() => herder.restartTask(id), 'Unknown connector: gone'],
      [() => herder.restartTask({ connector: 's', task: 9 }), 'Unknown task: s-9'],
    ] as const)
      await t.rejects(call() as Promise<unknown>, { code: 'CONNECT_NOT_FOUND', message })
  })
})

t.test('failures and restarts', async (t) => {
  const log = await openEmbeddedLog(t)
  const { herder, worker } = await start(t, log)
  await herder.create('a', config, 'RUNNING')
  await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  const only = (includeTasks: boolean, onlyFailed: boolean) => ({ includeTasks, onlyFailed })

  await t.test('a task that fails costs no other, and shows its trace', async (t) => {
    worker.fail({ connector: 'a', task: 1 })
    const status = await shows(herder, 'a', 'RUNNING', 'RUNNING', 'FAILED')
    t.equal(status.tasks[1]?.trace, 'Error: bad record')
  })

  await t.test('what failed can be restarted alone', async (t) => {
    worker.calls.length = 0
    const answer = await herder.restart('a', only(true, true))
    t.match(answer, { connector: { state: 'RUNNING' }, tasks: [{}, { state: 'RESTARTING' }] })
    t.equal(answer?.tasks[0]?.state, 'RUNNING')
    t.notOk(answer?.tasks[1] && 'trace' in answer.tasks[1])
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
    t.strictSame(worker.calls, ['stop a-1', 'start a-1 STARTED'])
  })

  await t.test('nothing failed: nothing is restarted', async (t) => {
    worker.calls.length = 0
    const answer = await herder.restart('a', only(true, true))
    t.strictSame(states(answer as ConnectorStateInfo), ['RUNNING', 'RUNNING', 'RUNNING'])
    await herder.restart('a', only(false, true))
    await herder.pause('a')
    await shows(herder, 'a', 'PAUSED', 'PAUSED', 'PAUSED')
    t.notMatch(worker.calls.join(), /stop a-/)
    await herder.resume('a')
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  })

  await t.test('all of it is restarted on demand', async (t) => {
    const before = worker.tasks.get('a-0')
    const answer = await herder.restart('a', only(true, false))
    t.strictSame(states(answer as ConnectorStateInfo), ['RESTARTING', 'RESTARTING', 'RESTARTING'])
    await until(
      () => worker.tasks.get('a-0'),
      (task) => task !== undefined && task !== before,
    )
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  })

  await t.test('the connector alone is restarted, and says so when it fails', async (t) => {
    worker.calls.length = 0
    t.equal(await herder.restart('a', only(false, false)), null)
    t.strictSame(worker.calls, ['stop a', 'start a STARTED', 'tasks of a'])
    worker.failing.add('a')
    await t.rejects(herder.restart('a', only(false, false)), {
      code: 'CONNECT_ERROR',
      message: 'Failed to start connector: a',
    })
    const status = await shows(herder, 'a', 'FAILED', 'RUNNING', 'RUNNING')
    t.equal(status.connector.trace, 'Error: boom')
  })

  await t.test('a failed connector is not paused or resumed, its tasks are', async (t) => {
    await herder.pause('a')
    await shows(herder, 'a', 'FAILED', 'PAUSED', 'PAUSED')
    await herder.resume('a')
    t.ok(await shows(herder, 'a', 'FAILED', 'RUNNING', 'RUNNING'))
  })

  await t.test('a failed connector can be stopped', async (t) => {
    await herder.stop('a')
    await shows(herder, 'a', 'STOPPED')
    worker.failing.clear()
    await herder.resume('a')
    t.ok(await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING'))
  })

  await t.test('a task is restarted, and says so when it cannot start', async (t) => {
    await herder.restartTask({ connector: 'a', task: 1 })
    worker.failing.add('a-1')
    await t.rejects(herder.restartTask({ connector: 'a', task: 1 }), {
      message: 'Failed to start task: a-1',
    })
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'FAILED')
    worker.failing.clear()
    await herder.restartTask({ connector: 'a', task: 1 })
    await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  })

  await t.test('a connector whose start fails makes no tasks', async (t) => {
    worker.failing.add('f')
    await herder.create('f', config, 'RUNNING')
    await shows(herder, 'f', 'FAILED')
    t.strictSame(herder.tasks('f'), [])
  })

  await t.test('task configs are tried again while a system is down', async (t) => {
    worker.troubles.push(new RetriableException('database down'))
    await herder.create('r', config, 'RUNNING')
    t.ok(await shows(herder, 'r', 'RUNNING', 'RUNNING', 'RUNNING'))
  })

  await t.test('a connector that cannot make task configs fails with the reason', async (t) => {
    worker.troubles.push(new ConnectException('no such table'))
    await herder.create('x', config, 'RUNNING')
    const status = await shows(herder, 'x', 'FAILED')
    t.match(status.connector.trace, /no such table/)
  })

  await t.test('a connector that hangs in its start holds up no other', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.gate = promise
    await herder.create('slow', config, 'RUNNING')
    worker.gate = Promise.resolve()
    await herder.create('quick', config, 'RUNNING')
    await shows(herder, 'quick', 'RUNNING', 'RUNNING', 'RUNNING')
    t.throws(() => herder.status('slow'), { message: 'No status found for connector slow' })
    resolve()
    await shows(herder, 'slow', 'RUNNING', 'RUNNING', 'RUNNING')
  })
})

t.test('a restart of the worker', async (t) => {
  const log = await openEmbeddedLog(t)

  await t.test('finds everything as it was, after an end in order', async (t) => {
    const { herder, worker } = await start(t, log)
    await herder.create('run', config, 'RUNNING')
    await herder.create('pause', config, 'RUNNING')
    await herder.create('stop', config, 'STOPPED')
    await shows(herder, 'run', 'RUNNING', 'RUNNING', 'RUNNING')
    await shows(herder, 'pause', 'RUNNING', 'RUNNING', 'RUNNING')
    await herder.pause('pause')
    await shows(herder, 'pause', 'PAUSED', 'PAUSED', 'PAUSED')
    await shows(herder, 'stop', 'STOPPED')
    worker.fail({ connector: 'run', task: 0 })
    await shows(herder, 'run', 'RUNNING', 'FAILED', 'RUNNING')
    await herder.shutdown()
    t.equal(worker.calls.at(-1), 'shutdown')
    t.strictSame(states(herder.status('run')), ['UNASSIGNED', 'FAILED', 'UNASSIGNED'])
    t.strictSame(states(herder.status('pause')), ['UNASSIGNED', 'UNASSIGNED', 'UNASSIGNED'])
    t.strictSame(states(herder.status('stop')), ['UNASSIGNED'])
    await t.rejects(herder.pause('run'), { message: 'Worker is shutting down' })
  })

  await t.test('starts nothing any more once the end has begun', async (t) => {
    const { herder, worker } = await start(t, log)
    await shows(herder, 'run', 'RUNNING', 'RUNNING', 'RUNNING')
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.gate = promise
    await herder.putConfig('run', { ...config, 'a.key': 'newer' })
    await herder.putConfig('run', config)
    const restarting = t.rejects(herder.restartTask({ connector: 'run', task: 0 }), {
      message: 'Worker is shutting down',
    })
    await herder.shutdown()
    await restarting
    const calls = worker.calls.length
    resolve()
    await setTimeout(20)
    t.strictSame(worker.calls.slice(calls), [])
  })

  await t.test('starts what is stored, with its tasks and target states', async (t) => {
    const { herder, worker } = await start(t, log)
    await shows(herder, 'run', 'RUNNING', 'RUNNING', 'RUNNING')
    await shows(herder, 'pause', 'PAUSED', 'PAUSED', 'PAUSED')
    await shows(herder, 'stop', 'STOPPED')
    t.strictSame(worker.tasks.get('run-1'), {
      id: { connector: 'run', task: 1 },
      connectorConfig: { ...config, name: 'run' },
      taskConfig: { part: '1', file: 'f' },
      target: 'STARTED',
    })
    t.equal((await herder.health()).status, 'healthy')
  })

  await t.test('goes on from any write, as after a kill', async (t) => {
    const texts = await log.read({ topic: 'connect-configs', partition: 0 }, 'earliest', {
      records: 1000,
    })
    t.ok(texts.records.length > 10)
    for (let kept = 1; kept < texts.records.length; kept += 3) {
      const cut = await openLog({ kind: 'embedded', dataDir: t.testdir() })
      const builder = new BatchBuilder({ topic: 'connect-configs', partition: 0 })
      for (const { key, value } of texts.records.slice(0, kept)) {
        builder.append(Buffer.from(key ?? ''), value && Buffer.from(value), 0)
      }
      await cut.createTopic({ topic: 'connect-configs', settings: { 'cleanup.policy': 'compact' } })
      await cut.append([builder.build()])
      const { herder, worker } = await start(t, cut)
      for (const name of herder.names()) {
        const { config: stored } = herder.info(name)
        const wanted = worker.connectors.get(name)?.target ?? 'STARTED'
        const tasks = wanted === 'STARTED' ? Number(stored['tasks.max']) : herder.tasks(name).length
        await until(
          () => herder.tasks(name).length,
          (count) => count === tasks,
        )
        await until(
          () => [...worker.tasks.keys()].filter((each) => each.startsWith(`${name}-`)).length,
          (count) => count === tasks,
        )
      }
      await herder.shutdown()
      await cut.close()
    }
  })

  await t.test('forgets statuses of what is no more', async (t) => {
    const { herder } = await start(t, log)
    const topic = { topic: 'connect-statuses', partitions: 5 }
    const statuses = new StatusBackingStore(log, silent, topic)
    await statuses.start()
    const status = { state: 'RUNNING', trace: null, workerId: 'x', generation: 0 } as const
    statuses.put({ connector: 'ghost', task: null }, status)
    statuses.put({ connector: 'ghost', task: 3 }, status)
    statuses.put({ connector: 'run', task: 7 }, status)
    await statuses.flush()
    await herder.shutdown()
    const { herder: next } = await start(t, log)
    await shows(next, 'run', 'RUNNING', 'RUNNING', 'RUNNING')
    await until(
      () => statuses.connectors(),
      (names) => !names.includes('ghost'),
    )
    await statuses.stop()
  })
})

t.test('offsets of a stopped source are changed by hand', async (t) => {
  const log = await openEmbeddedLog(t)
  const { herder, worker } = await start(t, log)
  await herder.create('a', config, 'RUNNING')
  await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING')
  const partition = { file: 'f' }
  const offset = { position: 2n ** 60n }
  const stopped = { code: 'CONNECT_BAD_REQUEST', message: /must be in the STOPPED state/ }
  t.strictSame(await herder.offsets('a'), [])
  await t.rejects(herder.offsets('nobody'), { message: 'Connector nobody not found' })
  await t.rejects(herder.alterOffsets('nobody', []), { message: 'Connector nobody not found' })
  await t.rejects(herder.alterOffsets('a', [{ partition, offset }]), stopped)
  await t.rejects(herder.resetOffsets('a'), stopped)
  await herder.pause('a')
  await t.rejects(herder.resetOffsets('a'), stopped)

  worker.calls.length = 0
  await herder.stop('a')
  t.match(await herder.alterOffsets('a', [{ partition, offset }]), /framework-managed .* altered/)
  t.match(worker.calls.join(), /stop a-0,stop a-1.*alter a 1/, 'when its tasks have ended')
  t.strictSame(await herder.offsets('a'), [{ partition, offset }])
  await t.rejects(herder.alterOffsets('a', [{ offset }]), { code: 'CONNECT_BAD_REQUEST' })
  await t.rejects(herder.alterOffsets('a', [{ partition, offset: { position: [] as never } }]), {
    message:
      'Offsets may only contain primitive types as values, but field position contains ARRAY',
  })
  worker.ownsOffsets = true
  const done = 'The offsets for this connector have been altered successfully'
  const twice = [{ partition, offset }, { partition }]
  t.equal(await herder.alterOffsets('a', twice), done)
  t.strictSame(await herder.offsets('a'), [], 'of the same partition twice the last counts')

  await herder.alterOffsets('a', [{ partition, offset }])
  worker.troubles.push(new TypeError('boom'), new ConnectException('not this one'))
  await t.rejects(herder.resetOffsets('a'), {
    message: 'Failed to modify offsets for source connector a',
    hint: 'boom',
  })
  await t.rejects(herder.resetOffsets('a'), { message: 'not this one' })
  t.strictSame(await herder.offsets('a'), [{ partition, offset }], 'what refuses changes nothing')
  t.match(await herder.resetOffsets('a'), /reset successfully/)
  t.strictSame(await herder.offsets('a'), [])
})

t.test('nothing is started while offsets are changed', async (t) => {
  const { herder, worker } = await start(t, await openEmbeddedLog(t))
  await herder.create('a', config, 'STOPPED')
  await shows(herder, 'a', 'STOPPED')
  const gate = Promise.withResolvers<void>()
  worker.alterGate = gate.promise
  worker.calls.length = 0
  const altered = herder.resetOffsets('a')
  await until(
    () => worker.calls.join(),
    (calls) => calls === 'alter a 0',
  )
  await herder.resume('a')
  await setTimeout(50)
  t.equal(worker.calls.join(), 'alter a 0')
  gate.resolve()
  await altered
  t.ok(await shows(herder, 'a', 'RUNNING', 'RUNNING', 'RUNNING'))
})

t.test('some keys of a config are changed, on top of what is there by then', async (t) => {
  const { herder, worker } = await start(t, await openEmbeddedLog(t))
  await t.rejects(herder.patchConfig('a', {}), { message: 'Connector a not found' })
  await herder.create('a', { ...config, extra: 'x', other: 'y' }, 'PAUSED')
  const info = await herder.patchConfig('a', { extra: null, file: 'g', none: null })
  t.strictSame(info.config, { ...config, name: 'a', file: 'g', other: 'y' })
  t.equal((await shows(herder, 'a', 'PAUSED')).connector.state, 'PAUSED', 'it stays paused')
  for (const patch of [{ file: null }, { 'tasks.max': 'many' }, { name: 'b' }, { name: null }])
    await t.rejects(herder.patchConfig('a', patch), { code: 'CONNECT_BAD_REQUEST' })
  t.strictSame(herder.info('a').config, info.config, 'what is refused changes nothing')

  const gate = Promise.withResolvers<void>()
  worker.checkGate = gate.promise
  const patched = herder.patchConfig('a', { file: 'h' })
  worker.checkGate = Promise.resolve()
  await herder.putConfig('a', { ...config, other: 'z' })
  gate.resolve()
  t.match((await patched).config, { file: 'h', other: 'z' }, 'a PUT that came meanwhile counts')
})

t.test('topics that tasks used are kept until they are reset', async (t) => {
  const log = await openEmbeddedLog(t)
  const { herder, worker } = await start(t, log)
  const used = (topics: string[], connector = 'a') =>
    worker.hooks.onTopics({ connector, task: 0 }, topics)
  const shown = (wanted: string) =>
    until(
      () => herder.connectorTopics('a').toSorted().join(),
      (topics) => topics === wanted,
    )
  await herder.create('a', config, 'RUNNING')
  used(['t', 'u'])
  used(['late'], 'gone')
  await shown('t,u')
  t.strictSame(herder.connectorTopics('gone'), [])
  used(['t', 'v'])
  await shown('t,u,v')
  await herder.resetTopics('a')
  t.strictSame(herder.connectorTopics('a'), [])
  await herder.resetTopics('nobody')
  used(['v'])
  await shown('v')
  const { partitions } = (await log.describeTopic('connect-statuses')) ?? { partitions: 0 }
  const keys: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const place = { topic: 'connect-statuses', partition }
    const { records } = await log.read(place, 'earliest', { records: 1000 })
    keys.push(...records.map(({ key, value }) => `${key}${value === null ? ' gone' : ''}`))
  }
  const count = (key: string) => keys.filter((each) => each === key).length
  t.equal(count('status-topic-t:connector-a'), 1, 'what is known is not written again')
  t.equal(count('status-topic-t:connector-a gone'), 1)

  await herder.delete('a')
  await shown('')
  t.strictSame(herder.connectorTopics('a'), [], 'a connector of the same name begins anew')
})

t.test('a level for the cluster reaches the workers that run, and no later one', async (t) => {
  const log = await openEmbeddedLog(t)
  const sets: string[][] = []
  const loggers = {
    all: () => ({}),
    level: () => undefined,
    set: (...call: string[]) => {
      sets.push(call)
      return []
    },
  }
  const { herder } = await start(t, log, { loggers })
  await herder.setLoggerLevel('a.b', 'DEBUG')
  t.strictSame(sets, [['a.b', 'DEBUG']])
  const { records } = await log.read({ topic: 'connect-configs', partition: 0 }, 'earliest', {
    records: 10,
  })
  t.match(
    records.map(({ key, value }) => `${key} ${value}`),
    ['logger-cluster-a.b {"level":"DEBUG"}'],
  )
  await start(t, log, { loggers })
  t.equal(sets.length, 1)
})

t.test(
  'references to config providers are stored, and resolved for the worker alone',
  async (t) => {
    const log = await openEmbeddedLog(t)
    let secret: string | undefined = 'resolved-secret'
    const reference = `\${p:x}`
    const isReference = (value: string) => value.includes(reference)
    const variables: ConfigVariables = {
      isReference,
      resolve: (sent) => {
        if (!Object.values(sent).some((value) => value !== null && isReference(value))) return sent
        if (secret === undefined) throw new ConnectException('no secrets today')
        const found = secret
        const texts = Object.entries(sent).map(([key, value]) => [
          key,
          value?.replace(reference, found) ?? null,
        ])
        return Object.fromEntries(texts)
      },
    }
    const { herder, worker } = await start(t, log, { variables })
    const sent = { ...config, file: `/a/${reference}`, 'tasks.max': '1' }
    const info = await herder.create('a', sent, 'RUNNING')
    t.equal(info.config['file'], `/a/${reference}`)
    await shows(herder, 'a', 'RUNNING', 'RUNNING')
    t.equal(worker.connectors.get('a')?.config['file'], '/a/resolved-secret')
    t.equal(worker.tasks.get('a-0')?.connectorConfig['file'], '/a/resolved-secret')
    t.equal(worker.tasks.get('a-0')?.taskConfig['file'], '/a/resolved-secret')
    t.equal(herder.tasks('a')[0]?.config['file'], `/a/${reference}`, 'task configs hold it too')
    const { records } = await log.read({ topic: 'connect-configs', partition: 0 }, 'earliest', {
      records: 100,
    })
    t.notMatch(records.map(({ value }) => `${value}`).join(), /resolved-secret/)

    hideSecrets(['resolved-secret'])
    const wrong = { ...sent, 'tasks.max': reference }
    const infos = await herder.validate('ProbeSource', wrong)
    const shown = infos.configs.find(({ value }) => value.name === 'tasks.max')
    t.match(shown?.value, { value: reference, errors: [/^Invalid value \[hidden\]/] })
    t.notMatch(JSON.stringify(infos), /resolved-secret/)

    secret = undefined
    await t.rejects(herder.putConfig('a', sent), { message: 'no secrets today' })
    await herder.restart('a', { includeTasks: true, onlyFailed: false })
    const failed = await shows(herder, 'a', 'FAILED', 'FAILED')
    t.match(failed.connector.trace, /no secrets today/)
    secret = 'another-secret'
    await herder.restart('a', { includeTasks: true, onlyFailed: false })
    await shows(herder, 'a', 'RUNNING', 'RUNNING')
    t.equal(worker.tasks.get('a-0')?.connectorConfig['file'], '/a/another-secret')
  },
)
