import {
  type BatchLimits,
  hasCode,
  isRetriable,
  type RetryLimits,
  type SinkContext,
  type SinkTask,
} from '../api/index.ts'
import type { Position, TopicOffset } from '../log/log.ts'
import { pause } from './backoff.ts'
import { SinkCommits } from './commit.ts'
import type { RecordConverters } from './converters.ts'
import { unlessAborted, withDeadline } from './deadline.ts'
import { SinkDelivery } from './deliver.ts'
import { SinkRebalance } from './rebalance.ts'
import { SerialCalls } from './serial-calls.ts'
import { SinkBatch } from './sink-batch.ts'
import type { SinkErrors } from './sink-errors.ts'
import { SinkFeed } from './sink-feed.ts'
import { SinkLag } from './sink-lag.ts'
import { SinkOffsets } from './sink-offsets.ts'
import { SinkRecordDecoder } from './sink-record-decoder.ts'
import { Retries, type TaskContext } from './task-context.ts'
import { nameOf } from './task-state.ts'
import type { TransformationChain } from './transformation-chain.ts'

/** A read without news ends now and then: nothing hangs on it. */
const idleMs = 10_000
/** While nothing is taken the lag still grows, and somebody may look at it. */
const heldMs = 2000
const defaultReadBytes = 16 * 1024 * 1024
/** How long `stop` may take; after a cancellation also how long the put that was given up may still hold the sink. */
const stopMs = 5000
const cancelledStopMs = 1000
const cancelledLeaveMs = 500

export interface SinkParts {
  readonly open: (context: SinkContext) => Promise<SinkTask> | SinkTask
  readonly limits: BatchLimits
  readonly retries: RetryLimits | undefined
  readonly chain: TransformationChain
  readonly converters: RecordConverters
  readonly errors: SinkErrors
  readonly group: string
  readonly topics: readonly string[] | RegExp
  readonly start: Position | undefined
  readonly commitIntervalMs: number
}

/** Takes records of the log to a sink, batch by batch, as fast as the sink takes them. */
export class WorkerSinkTask {
  readonly #context: TaskContext
  readonly #parts: SinkParts
  readonly #decoder: SinkRecordDecoder
  readonly #offsets = new SinkOffsets()
  readonly #calls = new SerialCalls()
  readonly #lag: SinkLag
  readonly #reading: Retries
  #task: SinkTask | undefined
  #feed: SinkFeed | undefined
  #mustRewind = false

  constructor(context: TaskContext, parts: SinkParts) {
    this.#context = context
    this.#parts = parts
    this.#decoder = new SinkRecordDecoder(parts.chain, parts.converters)
    this.#lag = new SinkLag(context.log, this.#offsets)
    this.#reading = new Retries(context, 'Reading the log')
  }

  /** Until it is told to stop, or fails. */
  async run(): Promise<void> {
    const { control } = this.#context
    const wake = () => this.#feed?.wake()
    control.stopping.addEventListener('abort', wake, { once: true })
    while (control.isPaused && !control.isStopping) {
      this.#context.reportState('PAUSED')
      await control.change()
    }
    try {
      await unlessAborted(this.#live(), control.cancelled)
    } finally {
      control.stopping.removeEventListener('abort', wake)
      await this.#close()
    }
  }

  /** The target state changed. */
  onTarget(): void {
    this.#feed?.wake()
  }

  async #live(): Promise<void> {
    const task = await this.#open()
    if (task === undefined) return
    const shared = {
      task,
      calls: this.#calls,
      offsets: this.#offsets,
      feed: () => this.#feed as SinkFeed,
    }
    const commits = new SinkCommits(this.#context, {
      ...shared,
      intervalMs: this.#parts.commitIntervalMs,
    })
    const delivery = new SinkDelivery(this.#context, {
      ...shared,
      limits: this.#parts.retries,
      errors: this.#parts.errors,
    })
    const rebalance = new SinkRebalance(this.#context, {
      ...shared,
      commits,
      delivery,
      lag: this.#lag,
    })
    const feed = await this.#subscribe(rebalance)
    this.#feed = feed
    this.#context.reportState('RUNNING')
    try {
      while (!this.#context.control.isStopping) await this.#turnOrRecover(feed, delivery, commits)
    } catch (error) {
      // A put that did not end in time may still be at work: no other call is made.
      const { cause } = error as Error
      if (!hasCode(cause, 'CONNECT_TIMEOUT')) await this.#commitBeforeFailing(feed, commits)
      throw error
    }
    if (this.#context.control.cancelled.aborted) return
    await feed.settle()
    // I4: what the target took is known before the task ends.
    await commits.commit(true)
  }

  /** Undefined: told to stop before it succeeded. */
  async #open(): Promise<SinkTask | undefined> {
    const { id, logger, control } = this.#context
    const retries = new Retries(this.#context, 'Opening the sink')
    while (!control.isStopping) {
      try {
        await this.#parts.errors.start()
        this.#context.enter()
        const opening = this.#parts.open({
          ...id,
          log: logger,
          signal: control.cancelled,
          seek: (offsets) => this.#seek(offsets),
        })
        this.#task = await withDeadline(opening, 'Opening the sink')
        retries.over()
        return this.#task
      } catch (error) {
        if (!isRetriable(error)) throw error
        this.#context.reportState('RUNNING')
        await pause(retries.next(error), control.stopping)
      }
    }
    return undefined
  }

  /** The sink knows better than the group where its target stands: the next turn reads from there. */
  #seek(offsets: readonly TopicOffset[]): void {
    this.#offsets.deliver(offsets)
    this.#mustRewind = true
  }

  #subscribe(rebalance: SinkRebalance): Promise<SinkFeed> {
    const { group, topics, start, limits } = this.#parts
    const { id, log, meter } = this.#context
    const options = {
      group,
      member: nameOf(id),
      topics,
      ...(start !== undefined && { start }),
      ...rebalance.events,
    }
    const most = { maxRecords: limits.records, maxBytes: limits.bytes ?? defaultReadBytes }
    return SinkFeed.open(log, options, meter, most)
  }

  /** A log out of reach: what was read and not delivered is read again (I3). */
  async #turnOrRecover(
    feed: SinkFeed,
    delivery: SinkDelivery,
    commits: SinkCommits,
  ): Promise<void> {
    try {
      if (this.#mustRewind) await feed.rewind(() => this.#offsets.delivered())
      this.#mustRewind = false
      await this.#turn(feed, delivery, commits)
      this.#reading.over()
    } catch (error) {
      if (!isRetriable(error)) throw error
      this.#mustRewind = true
      await pause(this.#reading.next(error), this.#context.control.stopping)
    }
  }

  async #turn(feed: SinkFeed, delivery: SinkDelivery, commits: SinkCommits): Promise<void> {
    if (this.#context.control.isPaused) return this.#stayPaused(feed, commits)
    if (feed.isHeld) {
      await feed.settle()
      feed.release()
    }
    this.#context.reportState('RUNNING')
    if (commits.dueInMs === 0) {
      await feed.settle()
      await commits.commit()
    }
    await this.#measureLag()
    if (!(await this.#gather(feed, commits))) return
    const { records, bytes = Number.POSITIVE_INFINITY } = this.#parts.limits
    this.#context.enter()
    const { errors } = this.#parts
    const batch = SinkBatch.decode(feed.backlog.take({ records, bytes }), this.#decoder, errors)
    const { rest } = batch
    if (rest) feed.backlog.giveBack(rest.slices)
    else errors.passed()
    commits.expect()
    if (feed.backlog.records < records) feed.prefetch(this.#readMs(commits))
    const wait = (ms: number) => this.#holdFor(ms, feed, commits)
    if (!(await delivery.deliver(batch, wait))) return
    // The commit that was expected may have been made while the batch waited for its target.
    commits.expect()
    if (batch.refusal) throw batch.refusal
    if (rest) {
      await wait(rest.inMs)
      return
    }
    feed.release()
    this.#lag.moved()
    this.#count(feed)
  }

  /** Waits for records, and then for company as long as the sink wants. False: something else comes first. */
  async #gather(feed: SinkFeed, commits: SinkCommits): Promise<boolean> {
    const { backlog } = feed
    const { records, waitMs = 0 } = this.#parts.limits
    const { control } = this.#context
    if (backlog.isEmpty) await feed.read(this.#readMs(commits))
    while (!backlog.isEmpty && backlog.records < records) {
      const leftMs = backlog.firstMs + waitMs - performance.now()
      if (leftMs <= 0) break
      const readMs = Math.min(leftMs, this.#readMs(commits))
      if (readMs === 0 || control.isPaused || control.isStopping) return false
      await feed.read(readMs)
    }
    return !backlog.isEmpty && !control.isStopping
  }

  #readMs(commits: SinkCommits): number {
    return Math.min(idleMs, commits.dueInMs, this.#lag.dueInMs)
  }

  async #stayPaused(feed: SinkFeed, commits: SinkCommits): Promise<void> {
    await feed.settle()
    feed.hold()
    if ((await commits.commit()) === 'done') this.#context.reportState('PAUSED')
    this.#count(feed)
    this.#lag.moved()
    await this.#measureLag()
    if (this.#context.control.isPaused) await feed.read(Math.min(heldMs, commits.dueInMs))
  }

  /** Passes the time between two tries, in the group; also as long as the task is paused. False: drop what is in hand. */
  async #holdFor(ms: number, feed: SinkFeed, commits: SinkCommits): Promise<boolean> {
    const { control } = this.#context
    const until = performance.now() + ms
    if (this.#mustRewind) return false
    await feed.settle()
    feed.hold()
    while (!control.isStopping) {
      this.#context.reportState(control.isPaused ? 'PAUSED' : 'RUNNING')
      this.#lag.moved()
      await this.#measureLag()
      // What is in hand comes again from the log, behind what the target lost.
      if (commits.dueInMs === 0 && (await commits.commit()) === 'rewound') return false
      const left = control.isPaused ? heldMs : until - performance.now()
      if (left <= 0) return true
      await feed.read(Math.min(left, heldMs))
    }
    return false
  }

  async #measureLag(): Promise<void> {
    if (this.#lag.dueInMs > 0) return
    const { meter } = this.#context
    meter.counts.lagMax = await this.#lag.measure()
    meter.touch()
  }

  #count(feed: SinkFeed): void {
    const { meter } = this.#context
    meter.counts.partitions = this.#offsets.partitions.length
    meter.active(feed.backlog.records)
  }

  async #commitBeforeFailing(feed: SinkFeed, commits: SinkCommits): Promise<void> {
    try {
      await feed.settle()
      await commits.commit(true)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'the last commit of a failed task was not made')
    }
  }

  async #close(): Promise<void> {
    const { logger, control } = this.#context
    const leaveMs = control.cancelled.aborted ? cancelledLeaveMs : stopMs
    try {
      await withDeadline(this.#feed?.close(), 'Leaving the group', leaveMs)
    } catch (error) {
      logger.warn({ err: error }, 'the task could not leave its group')
    }
    if (this.#task?.stop === undefined) return
    try {
      this.#context.enter()
      // Behind a put that was given up, if that still ends.
      const task = this.#task
      await withDeadline(
        this.#calls.run(async () => task.stop?.()),
        'stop of the sink',
        this.#context.control.cancelled.aborted ? cancelledStopMs : stopMs,
      )
    } catch (error) {
      logger.warn({ err: error }, 'the sink did not stop in order')
    }
  }
}
