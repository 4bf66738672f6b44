import { ConnectException } from '../../api/errors.ts'
import type { TopicPartition } from '../log.ts'
import { checkTopicName } from '../topic-name.ts'
import { missingTopic, type TopicAdmin } from './admin-topics.ts'
import { PartitionQueue } from './partition-queue.ts'

/** I6: what a producer remembers of topics it wrote to long ago. */
const MAX_QUEUES = 20_000

interface WrittenTopic {
  readonly partitions: number
  readonly queues: Map<number, PartitionQueue>
  /** The largest batch that the topic is known to take. */
  maxBatchBytes: number | undefined
}

/** The topics that a producer writes to, and their partitions' queues. What is in here was seen on the broker. */
export class ProducerTopics {
  readonly #admin: Pick<TopicAdmin, 'find' | 'autoCreate'>
  readonly #topics = new Map<string, WrittenTopic>()
  #count = 0

  constructor(admin: Pick<TopicAdmin, 'find' | 'autoCreate'>) {
    this.#admin = admin
  }

  get(topic: string): WrittenTopic | undefined {
    return this.#topics.get(topic)
  }

  has({ topic, partition }: TopicPartition): boolean {
    return isWithin(partition, this.#topics.get(topic)?.partitions ?? 0)
  }

  /** Of a partition that `has` knows. */
  queue(place: TopicPartition): PartitionQueue {
    const topic = this.#topics.get(place.topic)
    const known = topic?.queues.get(place.partition)
    if (known) return known
    const queue = new PartitionQueue(place)
    topic?.queues.set(place.partition, queue)
    this.#count++
    return queue
  }

  /** Looks a topic up, has it made if the broker does that, and throws when there is no such partition. */
  async learn({ topic, partition }: TopicPartition): Promise<void> {
    checkTopicName(topic)
    const found = (await this.#admin.find(topic)) ?? (await this.#admin.autoCreate(topic))
    if (found === null) throw missingTopic(topic)
    const partitions = found.partitions.length
    const known = this.#topics.get(topic)
    const { queues = new Map(), maxBatchBytes } = known ?? {}
    this.#topics.set(topic, { partitions, queues, maxBatchBytes })
    if (isWithin(partition, partitions)) return
    throw new ConnectException(
      `Topic "${topic}" has ${partitions} partitions: there is no partition ${partition}`,
    )
  }

  /** The topic is gone: the next batch looks it up afresh. */
  forget(topic: string): void {
    const known = this.#topics.get(topic)
    if (known) this.#topics.set(topic, { ...known, partitions: 0, maxBatchBytes: undefined })
  }

  /** Drops topics that nothing is written to, when there are too many. True: numbers that were given there must not be given again. */
  trim(): boolean {
    if (this.#count <= MAX_QUEUES) return false
    for (const [topic, { queues }] of this.#topics) {
      if (![...queues.values()].every((queue) => queue.isIdle)) continue
      this.#count -= queues.size
      this.#topics.delete(topic)
    }
    return true
  }

  *[Symbol.iterator](): Generator<PartitionQueue> {
    for (const { queues } of this.#topics.values()) yield* queues.values()
  }
}

function isWithin(partition: number, partitions: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitions
}
