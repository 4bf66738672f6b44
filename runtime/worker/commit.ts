import { hasCode, isRetriable, type SinkTask } from '../api/index.ts'
import type { TopicOffset } from '../log/log.ts'
import { withDeadline } from './deadline.ts'
import { phases } from './phases.ts'
import type { SerialCalls } from './serial-calls.ts'
import type { SinkFeed } from './sink-feed.ts'
import type { SinkOffsets } from './sink-offsets.ts'
import { Retries, type TaskContext } from './task-context.ts'

/** What came of a commit: `rewound` means that the target lost what was put, and the feed reads it again. */
export type Committed = 'done' | 'later' | 'rewound'

/** Tells the group how far the target holds the records, after it was told to flush (I1). */
export class SinkCommits {
  readonly #context: TaskContext
  readonly #task: SinkTask
  readonly #calls: SerialCalls
  readonly #feed: () => SinkFeed
  readonly #offsets: SinkOffsets
  readonly #intervalMs: number
  readonly #retries: Retries
  #dueMs: number | undefined

  constructor(
    context: TaskContext,
    parts: {
      readonly task: SinkTask
      readonly calls: SerialCalls
      readonly feed: () => SinkFeed
      readonly offsets: SinkOffsets
      readonly intervalMs: number
    },
  ) {
    this.#context = context
    this.#task = parts.task
    this.#calls = parts.calls
    this.#feed = parts.feed
    this.#offsets = parts.offsets
    this.#intervalMs = parts.intervalMs
    this.#retries = new Retries(context, 'Committing offsets')
  }

  /** Something was delivered: from now on a commit comes due. */
  expect(): void {
    this.#dueMs ??= performance.now() + this.#intervalMs
  }

  /** Infinite when there is nothing to commit. */
  get dueInMs(): number {
    return this.#dueMs === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.#dueMs - performance.now())
  }

  /** Needs a settled feed, or to be inside its poll. */
  async commit(isLast = false): Promise<Committed> {
    this.#dueMs = undefined
    const offsets = this.#offsets.uncommitted()
    if (offsets.length === 0) {
      // Those that could not be committed are somebody else's by now, or of a topic that is gone.
      this.#retries.over()
      return 'done'
    }
    const { meter } = this.#context
    const began = performance.now()
    try {
      await this.flush()
    } catch (error) {
      if (!isRetriable(error)) throw error
      meter.counts.commitFailures++
      if (isLast) throw error
      // The target may have lost what it was given since: it gets that again.
      await this.#feed().rewind(() => this.#offsets.rewind())
      this.#dueMs = performance.now() + this.#retries.next(error)
      return 'rewound'
    }
    const committed = await this.#tell(offsets, isLast)
    if (committed === 'done') meter.commit(performance.now() - began)
    return committed
  }

  /** Everything put so far is durable in the target when it resolves. */
  flush(): Promise<void> {
    return this.#calls.run(async () => {
      this.#context.enter()
      await withDeadline(this.#task.flush?.(), 'The flush of the sink')
    })
  }

  async #tell(offsets: readonly TopicOffset[], isLast: boolean): Promise<Committed> {
    const { counts } = this.#context.meter
    try {
      const { consumer } = this.#feed()
      await phases.offset.tracePromise(() => consumer.commit(offsets))
    } catch (error) {
      counts.commitFailures++
      if (hasCode(error, 'CONNECT_FENCED')) {
        // The partitions are somebody else's, who begins at what was committed before.
        counts.commitSkips++
        this.#offsets.forget(this.#offsets.partitions)
        this.#feed().backlog.clear()
        return 'done'
      }
      if (!isRetriable(error) || isLast) throw error
      this.#dueMs = performance.now() + this.#retries.next(error)
      return 'later'
    }
    this.#offsets.commit(offsets)
    this.#retries.over()
    return 'done'
  }
}
