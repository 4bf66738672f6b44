import { ConnectException, isRetriable } from '../api/index.ts'
import type { Log, TopicDescription } from '../log/log.ts'
import type { TopicCreation } from './topic-creation.ts'

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
  readonly #creation: TopicCreation | null
  readonly #known = new Map<string, KnownTopic>()

  /** `creation`: how missing topics are made; null leaves it to the log. */
  constructor(log: Log, creation: TopicCreation | null) {
    this.#log = log
    this.#creation = creation
  }

  /** Undefined: `learn` it first. */
  get(topic: string): KnownTopic | undefined {
    return this.#known.get(topic)
  }

  /** A topic that is missing is made: as the connector says, or as the log makes it when somebody writes. */
  async learn(topic: string): Promise<void> {
    const description = (await this.#log.describeTopic(topic)) ?? (await this.#make(topic))
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

  async #make(topic: string): Promise<TopicDescription> {
    if (this.#creation !== null) return this.#create(topic, this.#creation)
    const made = await this.#log.autoCreateTopic(topic)
    if (made !== null) return made
    // Connect would wait for the topic without a word, its task RUNNING.
    throw new ConnectException(`Topic ${topic} does not exist, and the log does not make topics`, {
      hint: 'Create it, or set topic.creation.default.partitions and topic.creation.default.replication.factor; then restart the task.',
    })
  }

  async #create(topic: string, creation: TopicCreation): Promise<TopicDescription> {
    const spec = creation.specOf(topic)
    let problem: unknown
    try {
      await this.#log.createTopic(spec)
      const found = await this.#log.describeTopic(topic)
      if (found !== null) return found
    } catch (error) {
      if (isRetriable(error)) throw error
      problem = error
    }
    throw new ConnectException(
      `Task failed to create new topic ${JSON.stringify(spec)}. Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
      { cause: problem },
    )
  }
}
