import { isRetriable, type SinkTask } from '../api/index.ts'
import type { ConsumerOptions, TopicPartition } from '../log/log.ts'
import type { SinkCommits } from './commit.ts'
import { withDeadline } from './deadline.ts'
import type { SinkDelivery } from './deliver.ts'
import type { SerialCalls } from './serial-calls.ts'
import type { SinkFeed } from './sink-feed.ts'
import type { SinkLag } from './sink-lag.ts'
import { partitionKey, type SinkOffsets } from './sink-offsets.ts'
import type { TaskContext } from './task-context.ts'

interface RebalanceParts {
  readonly task: SinkTask
  readonly calls: SerialCalls
  readonly offsets: SinkOffsets
  readonly feed: () => SinkFeed
  readonly commits: SinkCommits
  readonly delivery: SinkDelivery
  readonly lag: SinkLag
}

/** Partitions come and go, inside a poll of the feed; a put may be under way meanwhile. */
export class SinkRebalance {
  readonly #context: TaskContext
  readonly #parts: RebalanceParts
  readonly events: Required<Pick<ConsumerOptions, 'onAssigned' | 'onRevoked' | 'onLost'>> = {
    onAssigned: (partitions) => this.#assigned(partitions),
    onRevoked: (partitions) => this.#givenUp(partitions, true),
    onLost: (partitions) => this.#givenUp(partitions, false),
  }

  constructor(context: TaskContext, parts: RebalanceParts) {
    this.#context = context
    this.#parts = parts
  }

  #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { task, calls, offsets, lag } = this.#parts
    return calls.run(async () => {
      const feed = this.#parts.feed()
      for (const each of partitions) offsets.assign(each, feed.consumer.position(each))
      feed.holdToo(partitions)
      lag.moved()
      this.#count()
      await withDeadline(task.assigned?.(partitions), 'assigned of the sink')
    })
  }

  /** A put that is under way is waited for; what was not put yet is dropped. `isOurs`: what was put may still be committed. */
  async #givenUp(partitions: readonly TopicPartition[], isOurs: boolean): Promise<void> {
    const { task, calls, offsets, delivery } = this.#parts
    const gone = new Set(partitions.map(partitionKey))
    this.#parts.feed().backlog.drop(gone)
    await calls.run(async () => delivery.drop(gone))
    if (isOurs) await this.#commit()
    offsets.forget(partitions)
    this.#count()
    await calls.run(() => withDeadline(task.revoked?.(partitions), 'revoked of the sink'))
  }

  /** The next owner begins at the last commit: one that cannot be made now costs duplicates, never records. */
  async #commit(): Promise<void> {
    try {
      await this.#parts.commits.commit(true)
    } catch (error) {
      if (!isRetriable(error)) throw error
      const message = 'partitions go to another task without a last commit'
      this.#context.logger.warn({ err: error }, message)
    }
  }

  #count(): void {
    this.#context.meter.counts.partitions = this.#parts.offsets.partitions.length
    this.#context.meter.touch()
  }
}
