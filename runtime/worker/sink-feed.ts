import type { Consumer, ConsumerOptions, Log, TopicOffset, TopicPartition } from '../log/log.ts'
import type { TaskMeter } from '../metrics/task-counts.ts'
import { Backlog } from './backlog.ts'

/** The consumer of a sink task and what it read ahead. At most one poll is under way; everything else that asks the consumer waits for it. */
export class SinkFeed {
  readonly #consumer: Consumer
  readonly #meter: TaskMeter
  readonly #most: { readonly maxRecords: number; readonly maxBytes: number }
  readonly backlog = new Backlog()
  #wake = new AbortController()
  #polling: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #isHeld = false

  private constructor(
    consumer: Consumer,
    meter: TaskMeter,
    most: { readonly maxRecords: number; readonly maxBytes: number },
  ) {
    this.#consumer = consumer
    this.#meter = meter
    this.#most = most
  }

  static async open(
    log: Log,
    options: ConsumerOptions,
    meter: TaskMeter,
    most: { readonly maxRecords: number; readonly maxBytes: number },
  ): Promise<SinkFeed> {
    return new SinkFeed(await log.consumer(options), meter, most)
  }

  get consumer(): Consumer {
    return this.#consumer
  }

  /** No records come while it is held; the group's heartbeats and rebalances go on. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Starts reading ahead, unless it is under way. */
  prefetch(timeoutMs: number): void {
    this.#polling ??= this.#poll(timeoutMs)
  }

  /** Reads, or waits for the read that is under way. */
  async read(timeoutMs: number): Promise<void> {
    this.prefetch(timeoutMs)
    await this.#polling
    this.#throwFailure()
  }

  /** Ends a waiting read, so that the consumer is free. */
  async settle(): Promise<void> {
    if (this.#polling) {
      this.wake()
      await this.#polling
    }
    this.#throwFailure()
  }

  /** Something changed: the read that waits, or the next one, returns at once. */
  wake(): void {
    this.#wake.abort()
  }

  /** Needs a settled feed. */
  hold(): void {
    this.#isHeld = true
    this.#consumer.pause(this.#consumer.assignment())
  }

  /** Needs a settled feed. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#consumer.resume(this.#consumer.assignment())
  }

  /** Partitions that come while it is held wait too. */
  holdToo(partitions: readonly TopicPartition[]): void {
    if (this.#isHeld) this.#consumer.pause(partitions)
  }

  /** Forgets what was read ahead and reads again from these offsets, asked for when no read is under way: a rebalance within one changes them (I1). */
  async rewind(offsets: () => readonly TopicOffset[]): Promise<void> {
    this.wake()
    await this.#polling
    this.#failure = undefined
    this.backlog.clear()
    for (const { topic, partition, offset } of offsets()) {
      await this.#consumer.seek({ topic, partition }, offset)
    }
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.wake()
    await this.#consumer.close()
  }

  async #poll(timeoutMs: number): Promise<void> {
    try {
      const signal = this.#wake.signal
      const fetched = await this.#consumer.poll({ timeoutMs, ...this.#most, signal })
      for (const { topic, records } of fetched) {
        this.#meter.counts.recordsIn += records.length
        if (records.length > 0) this.#meter.used(topic)
      }
      this.backlog.add(fetched)
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#polling = undefined
      if (this.#wake.signal.aborted) this.#wake = new AbortController()
    }
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === undefined) return
    this.#failure = undefined
    throw failure.error
  }
}
