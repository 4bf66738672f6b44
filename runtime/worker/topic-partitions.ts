import { ConnectException } from '../api/index.ts'
import type { Log } from '../log/log.ts'

/** As Kafka's `metadata.max.age.ms`: partitions that were added meanwhile are seen. */
const maxAgeMs = 5 * 60_000
const mostTopics = 1000

export interface KnownTopic {
  readonly topic: string
  readonly partitions: number
  /** Where records without a key go at present: one partition for a while, then the next, so that batches stay large. */
  sticky: number
  readonly learntAtMs: number
}

/** How many partitions topics have. Looked up once and then answered without waiting. */
export class TopicPartitions {
  readonly #log: Log
  readonly #known = new Map<string, KnownTopic>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Undefined: `learn` it first. */
  get(topic: string): KnownTopic | undefined {
    return this.#known.get(topic)
  }

  /** A topic that is missing is made with the log's default partitions, as a broker makes it when somebody writes. */
  async learn(topic: string): Promise<void> {
    let description = await this.#log.describeTopic(topic)
    if (description === null) {
      await this.#log.createTopic({ topic })
      description = await this.#log.describeTopic(topic)
    }
    if (description === null) {
      throw new ConnectException(`Topic ${topic} could not be made`, {
        hint: 'Create it, or let the log create topics.',
      })
    }
    const [oldest] = this.#known.keys()
    if (this.#known.size >= mostTopics && oldest !== undefined) this.#known.delete(oldest)
    const { partitions } = description
    this.#known.set(topic, { topic, partitions, sticky: 0, learntAtMs: performance.now() })
  }

  /** Between batches: records without a key move on, old knowledge is dropped. */
  turn(): void {
    const oldest = performance.now() - maxAgeMs
    for (const known of this.#known.values()) {
      known.sticky = (known.sticky + 1) % known.partitions
      if (known.learntAtMs < oldest) this.#known.delete(known.topic)
    }
  }
}
