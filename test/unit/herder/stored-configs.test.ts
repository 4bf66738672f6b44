import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { configDef, defineSource, type Logger } from '../../../runtime/api/index.ts'
import { ConnectHerder } from '../../../runtime/herder/connect-herder.ts'
import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import { openLog } from '../../../runtime/log/open.ts'
import { declaredPlugins } from '../../../runtime/plugins/declared-plugins.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'
import { FakeWorker } from './fake-worker.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

const probeSource = defineSource({
  name: 'ProbeSource',
  doc: 'Reads a file that is never opened.',
  config: configDef({ file: { type: 'string', importance: 'high', doc: 'Which.' } }),
  open: () => ({ async *[Symbol.asyncIterator]() {} }),
})
const plugins = new PluginRegistry({ plugins: declaredPlugins(probeSource), broken: [] })

type StoredRecord = readonly [topic: 'configs' | 'statuses', key: string, value: string]

/** A herder on topics in which a Java worker of 4.3 left these. */
async function startOn(t: Test, records: readonly StoredRecord[]) {
  const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
  t.teardown(() => log.close())
  for (const topic of ['configs', 'statuses']) {
    await log.createTopic({ topic, partitions: 1, settings: { 'cleanup.policy': 'compact' } })
    const builder = new BatchBuilder({ topic, partition: 0 })
    for (const [where, key, value] of records)
      if (where === topic) builder.append(Buffer.from(key), Buffer.from(value), 0)
    if (builder.records > 0) await log.append([builder.build()])
  }
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
      config: { topic: 'configs' },
      offset: { topic: 'offsets', partitions: 5 },
      status: { topic: 'statuses', partitions: 5 },
    },
    worker: (hooks) => {
      worker = new FakeWorker(hooks)
      return worker
    },
  })
  t.teardown(() => herder.shutdown())
  await herder.start()
  return { herder, worker: worker as FakeWorker }
}

/** What is not there yet throws. */
async function until(isSo: () => boolean): Promise<void> {
  const is = () => {
    try {
      return isSo()
    } catch {
      return false
    }
  }
  for (const end = Date.now() + 10_000; !is(); await setTimeout(5))
    if (Date.now() > end) throw new Error(`it did not come to it: ${isSo}`)
}

const connector = (name: string, more: Record<string, string> = {}): StoredRecord => [
  'configs',
  `connector-${name}`,
  JSON.stringify({
    properties: { 'connector.class': 'tapline.ProbeSource', file: 'f', name, ...more },
  }),
]
const tasks = (name: string, more: Record<string, string> = {}): StoredRecord[] => [
  [
    'configs',
    `task-${name}-0`,
    JSON.stringify({
      properties: { 'task.class': 'com.acme.ProbeSourceTask', file: 'f', ...more },
    }),
  ],
  ['configs', `commit-${name}`, '{"tasks":1}'],
]

t.test('what a Java worker stored is understood and goes on', async (t) => {
  const { herder, worker } = await startOn(t, [
    [
      'configs',
      'session-key',
      '{"key":"c2VjcmV0","algorithm":"HmacSHA256","creation-timestamp":1}',
    ],
    connector('a'),
    ...tasks('a'),
    ['configs', 'tasks-fencing-a', '{"task-count":1}'],
    ['configs', 'logger-cluster-org.apache.kafka', '{"level":"DEBUG"}'],
    connector('p'),
    ...tasks('p'),
    ['configs', 'target-state-p', '{"state":"PAUSED"}'],
    [
      'statuses',
      'status-task-a-0',
      '{"state":"UNASSIGNED","trace":null,"worker_id":"java:8083","generation":7,"version":"4.3.1"}',
    ],
    [
      'statuses',
      'status-topic-t:connector-a',
      '{"topic":{"name":"t","connector":"a","task":0,"discoverTimestamp":1}}',
    ],
  ])
  await until(() => worker.tasks.has('a-0') && worker.tasks.has('p-0'))
  t.strictSame([...herder.names()].sort(), ['a', 'p'])
  t.equal(worker.tasks.get('p-0')?.target, 'PAUSED')
  await until(() => herder.status('a').tasks[0]?.state === 'RUNNING')
  t.equal(herder.status('a').tasks[0]?.worker_id, 'h:8083')
})

t.test(
  'a stored config that asks for what is not there FAILS in words, with its tasks',
  async (t) => {
    const asked = { 'connector.plugin.version': '1.0' }
    const { herder, worker } = await startOn(t, [
      connector('good'),
      ...tasks('good'),
      connector('bad', asked),
      ...tasks('bad', asked),
      connector('off', asked),
      ['configs', 'target-state-off', '{"state":"PAUSED","state.v2":"STOPPED"}'],
    ])
    await until(() => worker.tasks.has('good-0'))
    await until(() => herder.status('bad').tasks.length === 1)
    const { connector: own, tasks: failed } = herder.status('bad')
    for (const state of [own, ...failed]) {
      t.equal(state.state, 'FAILED')
      t.match(
        state.trace,
        /ConfigException: Setting connector\.plugin\.version is not available yet/,
      )
      t.match(state.trace, /Hint: Another worker stored this config/)
    }
    t.equal(herder.info('bad').config['connector.plugin.version'], '1.0', 'the config is kept')
    t.notOk(worker.tasks.has('bad-0'))
    await until(() => herder.status('off').connector.state === 'STOPPED')
    const put = { 'connector.class': 'ProbeSource', file: 'f' }
    await herder.putConfig('bad', put)
    await until(
      () => herder.status('bad').connector.state === 'RUNNING' && worker.tasks.has('bad-0'),
    )
  },
)
