import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  type OffsetMap,
  parseConfig,
  type RawConfig,
  type SourceContext,
  type SourceDefinition,
  type SourceRecord,
  type SourceTask,
} from '../../runtime/api/index.ts'

/** A system for one test, empty at first. */
export interface SourceSystem {
  /** Raw configuration of a task that reads it. */
  readonly config: RawConfig
  /** Adds so many records behind those that are there. */
  add(count: number): Promise<void>
  /** Which of the added ones a record is: 0, 1, 2 … */
  identify(record: SourceRecord): number
  /** Breaks the connection once. */
  interrupt?(): Promise<void>
}

export interface SourceRig {
  readonly definition: SourceDefinition
  prepare(t: Test): Promise<SourceSystem>
  /** False for a source that reads what there is and ends: what is added later is another life's. Default true. */
  readonly follows?: boolean
  /** More records than any batch may hold. Default 20,000. */
  readonly many?: number
}

const limitMs = 20_000

/** What every source owes its host, whatever system it reads. */
export function sourceContract(name: string, rig: SourceRig): void {
  const { definition, follows = true, many = 20_000 } = rig

  t.test(`${name} keeps the source contract`, async (t) => {
    await t.test('gives each record once and in order', async (t) => {
      const system = await rig.prepare(t)
      await system.add(250)
      const life = await begin(t, definition, system.config)
      t.strictSame(identified(system, await life.take(250)), range(0, 250))
    })

    await t.test('goes on after the stored offset, wherever that is', async (t) => {
      const system = await rig.prepare(t)
      await system.add(50)
      const first = await begin(t, definition, system.config)
      const records = await first.take(50)
      await first.end()
      for (const at of [0, 1, 24, 48]) {
        const { sourcePartition, sourceOffset } = records[at] as SourceRecord
        const life = await begin(t, definition, system.config, [[sourcePartition, sourceOffset]])
        const rest = identified(system, await life.take(49 - at))
        await life.end()
        t.strictSame(rest, range(at + 1, 50), `after record ${at}`)
      }
    })

    await t.test(
      'names its partitions the same way in every life, and keeps to what JSON holds',
      async (t) => {
        const system = await rig.prepare(t)
        await system.add(10)
        const lives = []
        for (let i = 0; i < 2; i++) {
          const life = await begin(t, definition, system.config)
          lives.push((await life.take(10)).map(({ sourcePartition }) => keyOf(sourcePartition)))
          await life.end()
        }
        t.strictSame(lives[0], lives[1])
        const life = await begin(t, definition, system.config)
        for (const { sourceOffset } of await life.take(10)) {
          for (const value of Object.values(sourceOffset)) {
            t.ok(value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value))
          }
        }
      },
    )

    await t.test('hands on a short batch at once', async (t) => {
      const system = await rig.prepare(t)
      await system.add(1)
      const life = await begin(t, definition, system.config)
      const began = performance.now()
      t.strictSame(identified(system, await life.take(1)), [0])
      t.ok(performance.now() - began < 5000)
      if (!follows) return
      await system.add(1)
      t.strictSame(identified(system, await life.take(1)), [1])
    })

    await t.test('splits much into batches, and reads no further than it is pulled', async (t) => {
      const system = await rig.prepare(t)
      await system.add(many)
      const life = await begin(t, definition, system.config)
      const [first = []] = await life.batches(1)
      t.ok(first.length > 0 && first.length < many, `${first.length} of ${many} records in a batch`)
      await sleep(50)
      const rest = await life.take(many - first.length)
      t.equal(system.identify(rest.at(-1) as SourceRecord), many - 1)
    })

    await t.test('ends when told to stop, even with nothing to read', async (t) => {
      const system = await rig.prepare(t)
      await system.add(1)
      const life = await begin(t, definition, system.config)
      await life.take(1)
      const waiting = life.next()
      await sleep(50)
      life.stop()
      const end = await Promise.race([
        waiting.then(({ done }) => done, isAbort),
        sleep(5000, 'still waiting', { ref: false }),
      ])
      t.equal(end, true)
    })

    await t.test('leaves nothing open', async (t) => {
      const system = await rig.prepare(t)
      await system.add(5)
      const before = resources()
      const life = await begin(t, definition, system.config)
      await life.take(5)
      await life.end()
      await sleep(50)
      t.strictSame(surplus(resources(), before), [])
    })

    await t.test('refuses a configuration that lacks a required key', async (t) => {
      const system = await rig.prepare(t)
      for (const [key, { type }] of Object.entries(definition.config)) {
        if (Object.hasOwn(definition.config[key] ?? {}, 'default')) continue
        const { [key]: _, ...without } = system.config
        t.throws(
          () => parseConfig(definition.config, without),
          { code: 'CONNECT_CONFIG' },
          `${key} (${type})`,
        )
      }
    })

    await t.test('asks for another try when its system is lost, and loses nothing', async (t) => {
      const system = await rig.prepare(t)
      if (system.interrupt === undefined) return t.pass('there is no connection to lose')
      await system.add(100)
      const stored: [OffsetMap, OffsetMap][] = []
      const seen = new Set<number>()
      const deadline = Date.now() + limitMs
      await system.interrupt()
      while (seen.size < 100 && Date.now() < deadline) {
        try {
          const life = await begin(t, definition, system.config, stored)
          for (const record of await life.take(100 - seen.size)) {
            seen.add(system.identify(record))
            stored.push([record.sourcePartition, record.sourceOffset])
          }
        } catch (error) {
          t.match(error, { code: 'CONNECT_RETRIABLE' })
          await sleep(50)
        }
      }
      return t.equal(seen.size, 100)
    })
  })
}

/** A task from its opening to its end. */
class Life {
  readonly #stop: AbortController
  readonly #batches: AsyncIterator<readonly SourceRecord[]>
  #rest: SourceRecord[] = []

  constructor(task: SourceTask, stop: AbortController) {
    this.#stop = stop
    this.#batches = task[Symbol.asyncIterator]()
  }

  next(): Promise<IteratorResult<readonly SourceRecord[]>> {
    return this.#batches.next()
  }

  async batches(count: number): Promise<(readonly SourceRecord[])[]> {
    const batches: (readonly SourceRecord[])[] = []
    while (batches.length < count) batches.push(await this.#pull())
    return batches
  }

  /** Exactly so many records; the rest of a batch is kept for later. */
  async take(count: number): Promise<SourceRecord[]> {
    while (this.#rest.length < count) this.#rest.push(...(await this.#pull()))
    return this.#rest.splice(0, count)
  }

  stop(): void {
    this.#stop.abort()
  }

  async end(): Promise<void> {
    this.stop()
    await this.#batches.return?.()
  }

  async #pull(): Promise<readonly SourceRecord[]> {
    const late = new AbortController()
    const result = await Promise.race([
      this.next(),
      sleep(limitMs, undefined, { signal: late.signal, ref: false }),
    ])
    late.abort()
    if (result === undefined) throw new Error(`The source gave no batch within ${limitMs} ms`)
    if (result.done) throw new Error('The source ended before it gave everything')
    return result.value
  }
}

async function begin(
  t: Test,
  definition: SourceDefinition,
  raw: RawConfig,
  stored: readonly (readonly [OffsetMap, OffsetMap])[] = [],
): Promise<Life> {
  const stop = new AbortController()
  const offsets = new Map(stored.map(([partition, offset]) => [keyOf(partition), offset]))
  const context: SourceContext = {
    connector: 'contract',
    task: 0,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signal: stop.signal,
    offsets: { read: async (partition) => offsets.get(keyOf(partition)) ?? null },
  }
  const task = await definition.open(parseConfig(definition.config, raw), context)
  const life = new Life(task, stop)
  t.teardown(() => life.end().catch(() => {}))
  return life
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const identified = (system: SourceSystem, records: readonly SourceRecord[]) =>
  records.map((record) => system.identify(record))

function keyOf(map: OffsetMap): string {
  return JSON.stringify(map, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

/** What a source throws because it was told to stop is an end as good as any. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function resources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout')
}

/** What is there more often than before. */
function surplus(after: readonly string[], before: readonly string[]): string[] {
  const left = [...before]
  return after.filter((kind) => {
    const at = left.indexOf(kind)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
