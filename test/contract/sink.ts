import t from 'tap'
import {
  type ConfigDef,
  ConfigException,
  type ConfigOf,
  parseConfig,
  type RawConfig,
  type SinkDefinition,
  type SinkRecord,
  type SinkTask,
} from '../../runtime/api/index.ts'
import { sinkContext } from '../helpers/sink-records.ts'

/** What the contract needs to know of one sink and its target. */
export interface SinkRig {
  readonly definition: SinkDefinition
  /** Configuration that writes idempotently, by record key where the target has keys. */
  readonly config: RawConfig
  /** Keys without which the sink cannot start. */
  readonly requiredKeys: readonly string[]
  /** The record of this number for this topic: same number, same bytes. `version` changes the value, not the key. */
  record(topic: string, offset: number, id: number, version?: number): SinkRecord
  /** A record that the sink itself can tell to be bad; undefined for a sink that takes anything. */
  badRecord?(topic: string, offset: number): SinkRecord
  /** Id → version of what the target holds for a topic. */
  read(topic: string): Promise<ReadonlyMap<number, number>>
  /** Takes the target down, as a crash would, and up again. Left out where there is none to take down. */
  readonly target?: { down(): Promise<void>; up(): Promise<void> }
  randomTopic(): string
}

/** Every sink keeps these promises (`connector.ts`); a test file calls this with its rig. */
export function sinkContract(name: string, rig: SinkRig): void {
  const { definition } = rig
  const tasks = new Set<SinkTask>()

  async function open(signal?: AbortSignal): Promise<SinkTask> {
    const config = parseConfig(definition.config, rig.config) as ConfigOf<ConfigDef>
    const task = await definition.open(config, sinkContext(signal))
    tasks.add(task)
    return task
  }

  async function deliver(task: SinkTask, records: readonly SinkRecord[]): Promise<void> {
    await task.put(records)
    await task.flush?.()
  }

  function batch(topic: string, ids: readonly number[], version = 1): SinkRecord[] {
    return ids.map((id, i) => rig.record(topic, i, id, version))
  }

  t.test(`${name} keeps the sink contract`, async (t) => {
    t.afterEach(async () => {
      for (const task of tasks) await task.stop?.()
      tasks.clear()
    })

    await t.test('writes what it was given', async (t) => {
      const topic = rig.randomTopic()
      await deliver(await open(), batch(topic, [1, 2, 3]))
      t.strictSame(
        await rig.read(topic),
        new Map([
          [1, 1],
          [2, 1],
          [3, 1],
        ]),
      )
    })

    await t.test('a batch that comes again changes nothing', async (t) => {
      const topic = rig.randomTopic()
      const task = await open()
      const records = [...batch(topic, [1, 2, 3]), rig.record(topic, 3, 2, 7)]
      await deliver(task, records)
      const once = await rig.read(topic)
      await deliver(task, records)
      await deliver(await open(), records)
      t.strictSame(await rig.read(topic), once)
      t.equal(once.get(2), 7, 'the last record of a key wins')
    })

    await t.test('does not change the records', async (t) => {
      const topic = rig.randomTopic()
      const records = batch(topic, [1, 2])
      const fresh = batch(topic, [1, 2])
      await deliver(await open(), records)
      t.strictSame(records, fresh)
    })

    await t.test('takes several topics in one batch', async (t) => {
      const topics = [rig.randomTopic(), rig.randomTopic()]
      const records = [0, 1, 2, 3].map((i) => rig.record(topics[i % 2] as string, i, i))
      await deliver(await open(), records)
      for (const topic of topics) t.equal((await rig.read(topic)).size, 2)
    })

    await t.test('one bad record of many is named, the others are written', async (t) => {
      if (!rig.badRecord) return
      const topic = rig.randomTopic()
      const task = await open()
      await deliver(task, batch(topic, [0]))
      const records = [rig.record(topic, 1, 1), rig.badRecord(topic, 2), rig.record(topic, 3, 3)]
      const error = await task.put(records).then(
        () => null,
        (error: { code: string; errors: Map<number, Error> }) => error,
      )
      t.equal(error?.code, 'CONNECT_BATCH')
      t.strictSame([...(error?.errors.keys() ?? [])], [1])
      await task.flush?.()
      t.strictSame([...(await rig.read(topic)).keys()].sort(), [0, 1, 3])
    })

    await t.test(
      'a target that is down is a RetriableException, then the same batch goes through',
      async (t) => {
        if (!rig.target) return
        const topic = rig.randomTopic()
        const task = await open()
        await deliver(task, batch(topic, [1]))
        await rig.target.down()
        try {
          await t.rejects(deliver(task, batch(topic, [1, 2])), { code: 'CONNECT_RETRIABLE' })
          await t.rejects(deliver(await open(), batch(topic, [1, 2])), {
            code: 'CONNECT_RETRIABLE',
          })
        } finally {
          await rig.target.up()
        }
        await deliver(task, batch(topic, [1, 2]))
        t.equal((await rig.read(topic)).size, 2)
      },
    )

    await t.test('what was flushed survives a crash of the target', async (t) => {
      if (!rig.target) return
      const topic = rig.randomTopic()
      await deliver(await open(), batch(topic, [1, 2, 3]))
      await rig.target.down()
      await rig.target.up()
      t.equal((await rig.read(topic)).size, 3)
    })

    await t.test('stop is harmless before anything was put, and twice', async (t) => {
      const task = await open()
      await t.resolves(async () => task.stop?.())
      await t.resolves(async () => task.stop?.())
    })

    await t.test(
      'each required key that is missing is a ConfigException that names it',
      async (t) => {
        for (const key of rig.requiredKeys) {
          const { [key]: _, ...rest } = rig.config
          t.throws(() => parseConfig(definition.config, rest), ConfigException)
          try {
            parseConfig(definition.config, rest)
          } catch (error) {
            t.strictSame(
              (error as ConfigException).problems.map(([name]) => name),
              [key],
            )
          }
        }
      },
    )
  })
}
