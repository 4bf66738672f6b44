import type { TopicOffset, TopicPartition } from '../log/log.ts'

/** The last dash parts them: a partition is a number. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

interface Progress extends TopicPartition {
  delivered: number
  committed: number
}

/** How far the sink is, per assigned partition: what it was given, and what of it the group knows. Offsets are the next to read. */
export class SinkOffsets {
  readonly #progress = new Map<string, Progress>()

  get partitions(): readonly TopicPartition[] {
    return [...this.#progress.values()]
  }

  /** From here the partition is read. */
  assign({ topic, partition }: TopicPartition, offset: number): void {
    this.#progress.set(partitionKey({ topic, partition }), {
      topic,
      partition,
      delivered: offset,
      committed: offset,
    })
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#progress.delete(partitionKey(each))
  }

  /** Put, or filtered out (I1). A partition that was taken away meanwhile is none of ours. */
  deliver(ends: readonly TopicOffset[]): void {
    for (const end of ends) {
      const progress = this.#progress.get(partitionKey(end))
      if (progress) progress.delivered = end.offset
    }
  }

  delivered(): TopicOffset[] {
    return Array.from(this.#progress.values(), ({ topic, partition, delivered }) => ({
      topic,
      partition,
      offset: delivered,
    }))
  }

  /** What the group does not know yet. */
  uncommitted(): TopicOffset[] {
    const offsets: TopicOffset[] = []
    for (const { topic, partition, delivered, committed } of this.#progress.values()) {
      if (delivered !== committed) offsets.push({ topic, partition, offset: delivered })
    }
    return offsets
  }

  commit(offsets: readonly TopicOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const progress = this.#progress.get(partitionKey({ topic, partition }))
      if (progress) progress.committed = offset
    }
  }

  /** Back to what the group knows; where to read again. */
  rewind(): TopicOffset[] {
    return Array.from(this.#progress.values(), (progress) => {
      progress.delivered = progress.committed
      const { topic, partition, committed } = progress
      return { topic, partition, offset: committed }
    })
  }
}
