import t, { type Test } from 'tap'
import type { Logger } from '../../../runtime/api/index.ts'
import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import type { Log } from '../../../runtime/log/log.ts'
import { openLog } from '../../../runtime/log/open.ts'
import type { ConfigChange } from '../../../runtime/storage/cluster-config.ts'
import { CompactedTopic, type StoreRecord } from '../../../runtime/storage/compacted-topic.ts'
import { ConfigBackingStore } from '../../../runtime/storage/config-backing-store.ts'
import { OffsetBackingStore } from '../../../runtime/storage/offset-backing-store.ts'
import { offsetBatches } from '../../../runtime/storage/offset-records.ts'
import { StatusBackingStore } from '../../../runtime/storage/status-backing-store.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

async function embeddedLog(t: Test): Promise<Log> {
  const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
  t.teardown(() => log.close())
  return log
}

async function configStore(t: Test, log: Log): Promise<[ConfigBackingStore, ConfigChange[]]> {
  const changes: ConfigChange[] = []
  const store = new ConfigBackingStore(log, silent, { topic: 'configs' }, (change) =>
    changes.push(change),
  )
  t.teardown(() => store.stop())
  await store.start()
  return [store, changes]
}

async function textOf(log: Log, topic: string, partition = 0): Promise<(string | null)[][]> {
  const { records } = await log.read({ topic, partition }, 'earliest', { records: 1000 })
  return records.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null])
}

const status = { state: 'RUNNING', trace: null, workerId: 'h:1', generation: 0 } as const

t.test('a config store', async (t) => {
  const log = await embeddedLog(t)
  const [store, changes] = await configStore(t, log)

  await t.test('makes its topic compacted and with one partition', async (t) => {
    t.match(await log.describeTopic('configs'), {
      partitions: 1,
      settings: { 'cleanup.policy': 'compact' },
    })
  })

  await t.test('has what was written when the write is over', async (t) => {
    await store.putConnector('a', { 'connector.class': 'X', n: '1.0' }, 'PAUSED')
    t.match(store.connector('a'), {
      config: { 'connector.class': 'X', n: '1.0' },
      target: 'PAUSED',
    })
    await store.putTasks('a', [{ part: '0' }, { part: '1' }])
    t.strictSame(store.connector('a')?.tasks, [{ part: '0' }, { part: '1' }])
    await store.putStopped('a')
    t.match(store.connector('a'), { target: 'STOPPED', tasks: [] })
  })

  await t.test('writes each step in the order that Kafka Connect writes', async (t) => {
    t.strictSame(await textOf(log, 'configs'), [
      ['target-state-a', '{"state":"PAUSED","state.v2":"PAUSED"}'],
      ['connector-a', '{"properties":{"connector.class":"X","n":"1.0"}}'],
      ['task-a-0', '{"properties":{"part":"0"}}'],
      ['task-a-1', '{"properties":{"part":"1"}}'],
      ['commit-a', '{"tasks":2}'],
      ['commit-a', '{"tasks":0}'],
      ['target-state-a', '{"state":"PAUSED","state.v2":"STOPPED"}'],
    ])
  })

  await t.test('tells of changes, restart requests among them', async (t) => {
    changes.length = 0
    await store.putRestart({ connector: 'a', includeTasks: true, onlyFailed: false })
    await store.putTarget('a', 'STARTED')
    t.strictSame(changes, [
      { type: 'restart', request: { connector: 'a', includeTasks: true, onlyFailed: false } },
      { type: 'target', connector: 'a' },
    ])
  })

  await t.test('skips what it cannot read', async (t) => {
    const builder = new BatchBuilder({ topic: 'configs', partition: 0 })
    builder.append('connector-a', 'no json', 0)
    builder.append(null, '{}', 0)
    builder.append('task-a-0', '[]', 0)
    await log.append([builder.build()])
    await store.putTarget('a', 'PAUSED')
    t.match(store.connector('a'), { config: { n: '1.0' }, target: 'PAUSED' })
  })

  await t.test('is the same after a restart, without telling of old changes', async (t) => {
    const [again, changes] = await configStore(t, log)
    t.strictSame(again.connector('a'), store.connector('a'))
    t.strictSame(changes, [])
  })

  await t.test('forgets a connector with all that belongs to it', async (t) => {
    await store.removeConnector('a')
    t.equal(store.connector('a'), undefined)
    t.strictSame(store.connectors(), [])
    await store.putConnector('a', { n: '2' })
    t.match(store.connector('a'), { target: 'STARTED', tasks: [], applied: null })
  })
})

t.test('a store topic that would lose records stops the worker', async (t) => {
  const log = await embeddedLog(t)
  const start = (topic: string) => {
    const store = new ConfigBackingStore(log, silent, { topic }, () => {})
    t.teardown(() => store.stop())
    return store.start()
  }
  await log.createTopic({ topic: 'deleting', settings: { 'cleanup.policy': 'delete' } })
  await t.rejects(start('deleting'), {
    message:
      "Topic 'deleting' supplied via the 'config.storage.topic' property is required to have 'cleanup.policy=compact' to guarantee consistency and durability of connector configurations, but found the topic currently has 'cleanup.policy=delete'. Continuing would likely result in eventually losing connector configurations and problems restarting this Connect cluster in the future. Change the 'config.storage.topic' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.",
  })
  await log.createTopic({ topic: 'plain' })
  await t.rejects(start('plain'), { message: /'cleanup\.policy=delete'/ })
  const settings = { 'cleanup.policy': 'compact' }
  await log.createTopic({ topic: 'wide', partitions: 3, settings })
  await t.rejects(start('wide'), {
    message:
      "Topic 'wide' supplied via the 'config.storage.topic' property is required to have a single partition in order to guarantee consistency of connector configurations, but found 3 partitions.",
  })
})

t.test('an offset store reads what tasks wrote, up to the moment of the question', async (t) => {
  const log = await embeddedLog(t)
  const store = new OffsetBackingStore(log, silent, { topic: 'offsets', partitions: 25 })
  t.teardown(() => store.stop())
  await store.start()
  const write = (connector: string, file: string, offset: { at: bigint } | null) =>
    log.append(offsetBatches('offsets', 25, connector, [{ partition: { file }, offset }], 0))

  t.equal(await store.read('c', { file: 'a' }), null)
  await write('c', 'a', { at: 1n })
  await write('other', 'a', { at: 7n })
  await write('c', 'a', { at: 2n ** 60n })
  t.strictSame(await store.read('c', { file: 'a' }), { at: 2n ** 60n })
  await write('c', 'a', null)
  t.equal(await store.read('c', { file: 'a' }), null)
  t.strictSame(await store.read('other', { file: 'a' }), { at: 7 })

  const builder = new BatchBuilder({ topic: 'offsets', partition: 3 })
  builder.append('no key of ours', '{}', 0)
  builder.append('["c",{"nested":{"a":[1]}}]', '{"at":1}', 0)
  builder.append('["c", {"f":1.0,"g":"\\uD83D\\uDE00"}]', '{"at":3}', 0)
  await log.append([builder.build()])
  t.strictSame(await store.read('other', { file: 'a' }), { at: 7 }, 'a foreign record is skipped')
  t.strictSame(await store.read('c', { f: 1, g: '😀' }), { at: 3 }, 'whoever wrote it')
})

t.test('a status store', async (t) => {
  const log = await embeddedLog(t)
  const open = async (t: Test, through: Log = log) => {
    const store = new StatusBackingStore(through, silent, { topic: 'statuses', partitions: 5 })
    t.teardown(() => store.stop())
    await store.start()
    return store
  }

  await t.test('has the last status of each owner, by number, until it is no more', async (t) => {
    const store = await open(t)
    for (const task of [10, 2, 0]) store.put({ connector: 'a', task }, status)
    store.put({ connector: 'a', task: null }, { ...status, state: 'PAUSED' })
    store.put({ connector: 'a', task: 2 }, { ...status, state: 'FAILED', trace: 'boom' })
    await store.flush()
    t.equal(store.connector('a')?.state, 'PAUSED')
    t.strictSame(
      store.tasks('a').map(([task, { state, trace }]) => [task, state, trace]),
      [
        [0, 'RUNNING', null],
        [2, 'FAILED', 'boom'],
        [10, 'RUNNING', null],
      ],
    )
    store.put({ connector: 'a', task: 2 }, null)
    await store.flush()
    t.equal(store.task('a', 2), undefined)
    for (const task of [null, 0, 10]) store.put({ connector: 'a', task }, null)
    await store.flush()
    t.strictSame(store.connectors(), [])
  })

  await t.test('does not believe that a running task was given up by another worker', async (t) => {
    const store = await open(t)
    const owner = { connector: 'b', task: 0 }
    store.put(owner, { ...status, workerId: 'h:2', generation: 4 })
    store.put({ connector: 'b', task: 1 }, status)
    await store.flush()
    store.put(owner, { ...status, state: 'UNASSIGNED', generation: 4 })
    store.put({ connector: 'b', task: 1 }, { ...status, state: 'UNASSIGNED' })
    await store.flush()
    t.equal(store.task('b', 0)?.state, 'RUNNING')
    t.equal(store.task('b', 1)?.state, 'UNASSIGNED', 'its own worker may say so')
  })

  await t.test('writes a status again that the log refused, unless a newer one came', async (t) => {
    let refusals = 2
    const full = new Proxy(log, {
      get(target, name) {
        if (name === 'append' && refusals > 0) {
          return async () => {
            refusals--
            throw new Error('disk full')
          }
        }
        const member = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const store = await open(t, full)
    store.put({ connector: 'c', task: null }, status)
    store.put({ connector: 'c', task: 0 }, status)
    store.put({ connector: 'c', task: null }, { ...status, state: 'PAUSED' })
    await store.flush()
    t.equal(refusals, 0)
    t.equal(store.connector('c')?.state, 'PAUSED')
    t.equal(store.task('c', 0)?.state, 'RUNNING')
  })

  await t.test('stops while the log refuses', async (t) => {
    const broken = new Proxy(log, {
      get(target, name) {
        if (name === 'append') return () => Promise.reject(new Error('disk full'))
        const member = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const store = await open(t, broken)
    store.put({ connector: 'd', task: null }, status)
    await t.resolves(store.stop())
  })
})

t.test('a compacted topic', async (t) => {
  const log = await embeddedLog(t)
  const purpose = { property: 'p', holds: 'things' }
  const open = async (t: Test, through: Log, topic: string) => {
    const read: StoreRecord[] = []
    const store = new CompactedTopic(through, silent, topic, (record) => read.push(record))
    t.teardown(() => store.stop())
    await store.start({ topic, partitions: 3 }, purpose)
    return { store, read }
  }

  await t.test('puts entries of one write in order, each key in its own partition', async (t) => {
    const { store, read } = await open(t, log, 'one')
    await store.append(Array.from({ length: 30 }, (_, n) => ({ key: `k${n % 10}`, value: `${n}` })))
    t.equal(read.length, 30)
    for (const key of ['k0', 'k1', 'k9']) {
      const of = read.filter((record) => record.key === key)
      t.equal(new Set(of.map(({ partition }) => partition)).size, 1)
      t.strictSame(
        of.map(({ value }) => Number(value)),
        [0, 10, 20].map((n) => n + Number(key.slice(1))),
      )
    }
  })

  await t.test('goes on where it was when reading failed', async (t) => {
    let failures = 0
    const flaky = new Proxy(log, {
      get(target, name) {
        if (name === 'consumer') {
          return async (options: Parameters<Log['consumer']>[0]) => {
            const consumer = await target.consumer(options)
            const poll = consumer.poll.bind(consumer)
            consumer.poll = async (polling) => {
              const fetched = await poll(polling)
              if (fetched.some(({ records }) => records.some((r) => `${r.value}` === 'trip'))) {
                if (failures++ === 0) throw new Error('cable cut')
              }
              return fetched
            }
            return consumer
          }
        }
        const member = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const { store, read } = await open(t, flaky, 'flaky')
    await store.append([{ key: 'a', value: 'before' }])
    await store.append([{ key: 'a', value: 'trip' }])
    await store.append([{ key: 'a', value: 'after' }])
    t.equal(failures, 2)
    t.strictSame(
      read.map(({ value }) => value),
      ['before', 'trip', 'after'],
    )
  })

  await t.test('refuses to be written when it is closed', async (t) => {
    const { store } = await open(t, log, 'closed')
    await store.stop()
    await t.rejects(store.append([{ key: 'a', value: '1' }]), {
      message: 'Topic closed is no longer followed',
    })
  })
})

t.test(
  'offsets that are changed by hand are changed under every key the topic has of them',
  async (t) => {
    const log = await embeddedLog(t)
    const topic = 'hand'
    const open = async () => {
      const store = new OffsetBackingStore(log, silent, { topic, partitions: 5 })
      t.teardown(() => store.stop())
      await store.start()
      return store
    }
    const store = await open()
    // As another writer spells it: the very bytes are the key.
    const foreign = '["c", {"file": "\\u00e9"}]'
    const append = async (key: string, value: string) => {
      const builder = new BatchBuilder({ topic, partition: 0 })
      builder.append(Buffer.from(key), value, 0)
      await log.append([builder.build()])
    }
    await append(foreign, '{"position":1}')
    await append('["other",{"file":"x"}]', '{"position":9}')
    const partition = { file: 'é' }
    t.strictSame(await store.all('c'), [{ partition, offset: { position: 1 } }])

    await store.write('c', [{ partition, offset: { position: 2n ** 60n } }])
    t.strictSame(await store.read('c', partition), { position: 2n ** 60n })
    t.strictSame(await (await open()).all('c'), [{ partition, offset: { position: 2n ** 60n } }])
    await store.write('c', [{ partition, offset: null }])
    t.strictSame(await store.all('c'), [])
    const again = await open()
    t.strictSame(await again.all('c'), [], 'in whatever order the partitions are read')
    t.strictSame(await again.all('other'), [{ partition: { file: 'x' }, offset: { position: 9 } }])
    await store.write('c', [])
  },
)
