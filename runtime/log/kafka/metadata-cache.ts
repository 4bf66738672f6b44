import type { Address } from './connection/address.ts'
import type { MetadataAnswer, TopicMetadata } from './protocol/requests/metadata.ts'

const MAX_TOPICS = 10_000

/** What the brokers said of themselves and of topics, until it is too old. */
export class MetadataCache {
  readonly #maxAgeMs: number
  readonly #topics = new Map<string, { readonly topic: TopicMetadata; readonly at: number }>()
  #last: MetadataAnswer | undefined
  #lastAt = 0
  #brokers: ReadonlyMap<number, Address> = new Map()

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs
  }

  get brokers(): ReadonlyMap<number, Address> {
    return this.#brokers
  }

  /** The topic as it was seen last; undefined when that is too long ago, or an error. */
  topic(name: string): TopicMetadata | undefined {
    const known = this.#topics.get(name)
    return known && Date.now() - known.at <= this.#maxAgeMs ? known.topic : undefined
  }

  /** What was answered before, if all of it is still good. */
  answer(names: readonly string[]): MetadataAnswer | undefined {
    if (!this.#last || Date.now() - this.#lastAt > this.#maxAgeMs) return undefined
    const topics = names.map((name) => this.topic(name))
    return topics.includes(undefined)
      ? undefined
      : { ...this.#last, topics: topics as TopicMetadata[] }
  }

  keep(answer: MetadataAnswer): void {
    const { brokers, topics } = answer
    this.#last = { ...answer, topics: [] }
    this.#lastAt = Date.now()
    if (brokers.length > 0)
      this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    const at = this.#lastAt
    for (const topic of topics) {
      this.#topics.delete(topic.topic)
      if (topic.errorCode === 0) this.#topics.set(topic.topic, { topic, at })
    }
    for (const name of this.#topics.keys()) {
      if (this.#topics.size <= MAX_TOPICS) break
      this.#topics.delete(name)
    }
  }

  keepBroker(nodeId: number, address: Address): void {
    this.#brokers = new Map([...this.#brokers, [nodeId, address]])
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Forgets the topics that this broker leads partitions of. */
  forgetLeader(nodeId: number): void {
    for (const [name, { topic }] of this.#topics)
      if (topic.partitions.some(({ leader }) => leader === nodeId)) this.#topics.delete(name)
  }
}
