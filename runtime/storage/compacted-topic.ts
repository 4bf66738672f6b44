import { setTimeout } from 'node:timers/promises'
import { ConnectException, type Logger, TimeoutException } from '../api/index.ts'
import type { Consumer, EncodedBatch, Log, LogRecord, TopicSettings } from '../log/log.ts'
import { type KeyedEntry, keyedBatches } from './keyed-batches.ts'

/** A record as the stores read it: text, or null for a tombstone. */
export interface StoreRecord {
  readonly key: string
  readonly value: string | null
  readonly offset: number
  readonly partition: number
}

export interface StoreTopic {
  readonly topic: string
  /** Left out: the log's default. */
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly settings?: TopicSettings
}

/** What messages say of a store's topic. */
export interface StorePurpose {
  /** The worker key that names the topic. */
  readonly property: string
  /** `connector configurations` and the like. */
  readonly holds: string
  readonly needsOnePartition?: boolean
}

const writeTimeoutMs = 30_000
const idlePollMs = 60_000
/** After trouble: long enough to meet it again, short enough to say soon that it is over. */
const troubledPollMs = 3000
/** While somebody waits for what is written already. Compaction leaves gaps that no poll returns: the position tells that they were passed. */
const waitedForPollMs = 20
const longestPauseMs = 10_000

/** The state that a compacted topic holds: follows the topic from its first record on; a write is over when it was read back. */
export class CompactedTopic {
  readonly #log: Log
  readonly #logger: Logger
  readonly #topic: string
  readonly #apply: (record: StoreRecord) => void
  #partitions = 1
  readonly #next = new Map<number, number>()
  #waiting: Waiter[] = []
  readonly #stopping = new AbortController()
  #consumer: Consumer | undefined
  #wake = new AbortController()
  #following: Promise<void> | undefined
  #trouble: string | null = null

  /** `apply` is called for every record, in order within a partition, and must not throw. */
  constructor(log: Log, logger: Logger, topic: string, apply: (record: StoreRecord) => void) {
    this.#log = log
    this.#logger = logger
    this.#topic = topic
    this.#apply = apply
  }

  /** Makes the topic or checks the one there is, then reads it to its end; follows it from there. */
  async start(spec: StoreTopic, purpose: StorePurpose): Promise<void> {
    await this.#ensure(spec, purpose)
    this.#following = this.#follow()
    await this.readToEnd()
  }

  /** Why the topic cannot be read at present; null when it can. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** All in one write, of which either everything is there after a crash or nothing. Resolves when it was read back. */
  async append(entries: readonly KeyedEntry[]): Promise<void> {
    const batches = keyedBatches(this.#topic, this.#partitions, entries, Date.now())
    const began = performance.now()
    const bases = await inTime(this.#log.append(batches), writeTimeoutMs, () =>
      this.#late('could not be written'),
    )
    const ends = new Map(batches.map((batch, at) => endOf(batch, bases[at] as number)))
    await this.#reached(ends, Math.max(0, writeTimeoutMs - (performance.now() - began)))
  }

  async readToEnd(): Promise<void> {
    const ends = await this.#log.offsets(this.#topic)
    // Where a partition holds nothing there is nothing to wait for.
    const filled = ends.filter(({ earliest, latest }) => latest > earliest)
    await this.#reached(new Map(filled.map(({ partition, latest }) => [partition, latest])))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake.abort()
    await this.#following
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of waiting) reject(this.#notFollowed())
  }

  #notFollowed(): ConnectException {
    return new ConnectException(`Topic ${this.#topic} is no longer followed`)
  }

  /** Looks first: whoever may not make topics may still use those that are there. */
  async #ensure(spec: StoreTopic, purpose: StorePurpose): Promise<void> {
    const { topic } = spec
    const found = (await this.#log.describeTopic(topic)) ?? (await this.#make(spec))
    if (found === null)
      throw new ConnectException(`Topic '${topic}' is gone as soon as it was made`)
    this.#partitions = found.partitions
    if (purpose.needsOnePartition && found.partitions !== 1) {
      throw new ConnectException(
        `Topic '${topic}' supplied via the '${purpose.property}' property is required to have a single partition ` +
          `in order to guarantee consistency of ${purpose.holds}, but found ${found.partitions} partitions.`,
      )
    }
    this.#checkPolicy(found.settings['cleanup.policy'], purpose)
  }

  async #make({ topic, partitions, replicationFactor, settings }: StoreTopic) {
    await this.#log.createTopic({
      topic,
      ...(partitions !== undefined && { partitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
      settings: { ...settings, 'cleanup.policy': 'compact' },
    })
    return this.#log.describeTopic(topic)
  }

  #checkPolicy(policy: string | undefined, { property, holds }: StorePurpose): void {
    if (policy === undefined && this.#log.kind === 'kafka') {
      this.#logger.warn(
        { topic: this.#topic },
        'the cleanup policy of a store topic cannot be read',
      )
      return
    }
    if (policy === 'compact') return
    throw new ConnectException(
      `Topic '${this.#topic}' supplied via the '${property}' property is required to have 'cleanup.policy=compact' ` +
        `to guarantee consistency and durability of ${holds}, but found the topic currently has ` +
        `'cleanup.policy=${policy ?? 'delete'}'. Continuing would likely result in eventually losing ${holds} and ` +
        `problems restarting this Connect cluster in the future. Change the '${property}' property in the Connect ` +
        `worker configurations to use a topic with 'cleanup.policy=compact'.`,
    )
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.#consumer ??= await this.#open()
        if (signal.aborted) break
        this.#wake = new AbortController()
        const timeoutMs = this.#pollMs
        const fetched = await this.#consumer.poll({ timeoutMs, signal: this.#wake.signal })
        for (const { partition, records } of fetched) {
          for (const record of records) this.#read(partition, record)
        }
        this.#settle(this.#consumer)
        failures = 0
        this.#trouble = null
      } catch (error) {
        failures++
        this.#trouble = (error as Error).message
        // The 1st, 2nd, 4th, 8th …: a log that is away for a night fills no disk.
        if ((failures & (failures - 1)) === 0)
          this.#logger.warn({ err: error, topic: this.#topic }, 'reading a store topic failed')
        await close(this.#consumer)
        this.#consumer = undefined
        await pause(Math.min(longestPauseMs, 100 * 2 ** (failures - 1)), signal)
      }
    }
    await close(this.#consumer)
  }

  get #pollMs(): number {
    if (this.#waiting.length > 0) return waitedForPollMs
    return this.#trouble === null ? idlePollMs : troubledPollMs
  }

  async #open(): Promise<Consumer> {
    const consumer: Consumer = await this.#log.consumer({
      topics: [this.#topic],
      start: 'earliest',
      // After a failure: go on where the last one was.
      onAssigned: async (places) => {
        for (const place of places) {
          const next = this.#next.get(place.partition)
          if (next !== undefined) await consumer.seek(place, next)
        }
      },
    })
    return consumer
  }

  #read(partition: number, { key, value, offset }: LogRecord): void {
    if (key === null) {
      const place = { topic: this.#topic, partition, offset }
      this.#logger.warn(place, 'a record without a key is skipped')
      return
    }
    this.#apply({ key: key.toString(), value: value?.toString() ?? null, offset, partition })
  }

  async #reached(
    targets: ReadonlyMap<number, number>,
    timeoutMs: number = writeTimeoutMs,
  ): Promise<void> {
    if (this.#isPast(targets)) return
    if (this.#stopping.signal.aborted) throw this.#notFollowed()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { targets, resolve, reject }
    this.#waiting.push(waiter)
    this.#wake.abort()
    try {
      await inTime(promise, timeoutMs, () => this.#late('could not be read up to what was written'))
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter)
    }
  }

  #late(what: string): TimeoutException {
    return new TimeoutException(`Topic ${this.#topic} ${what} within ${writeTimeoutMs} ms`, {
      hint: this.#trouble ?? undefined,
    })
  }

  /** Everything up to the consumer's positions was applied. */
  #settle(consumer: Consumer): void {
    for (const place of consumer.assignment()) {
      this.#next.set(place.partition, consumer.position(place))
    }
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ targets }) => !this.#isPast(targets))
    for (const waiter of waiting) if (this.#isPast(waiter.targets)) waiter.resolve()
  }

  #isPast(targets: ReadonlyMap<number, number>): boolean {
    for (const [partition, target] of targets) {
      if ((this.#next.get(partition) ?? 0) < target) return false
    }
    return true
  }
}

interface Waiter {
  readonly targets: ReadonlyMap<number, number>
  resolve(): void
  reject(error: Error): void
}

/** The same promise, or the error after so long; what was called goes on unseen. */
async function inTime<T>(call: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = globalThis.setTimeout(() => reject(late()), ms)
  try {
    return await Promise.race([call, promise])
  } finally {
    clearTimeout(timer)
  }
}

function endOf({ partition, records }: EncodedBatch, base: number): readonly [number, number] {
  return [partition, base + records]
}

/** A consumer that failed may fail again when it is closed: that tells nothing new. */
async function close(consumer: Consumer | undefined): Promise<void> {
  await consumer?.close().catch(() => undefined)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
