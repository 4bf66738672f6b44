import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectException, RetriableException } from '../../api/errors.ts'
import type { TopicDescription, TopicSpec } from '../log.ts'
import { checkTopicName } from '../topic-name.ts'
import { persist } from './admin-persist.ts'
import { autoCreates, ownSettings } from './admin-settings.ts'
import type { KafkaCluster } from './cluster.ts'
import { check } from './protocol/errors.ts'
import { createTopicsRequest } from './protocol/requests/create-topics.ts'
import { deleteTopicsRequest } from './protocol/requests/delete-topics.ts'
import type { TopicMetadata } from './protocol/requests/metadata.ts'

const UNKNOWN_TOPIC = 3
const INVALID_TOPIC = 17
const TOPIC_ALREADY_EXISTS = 36
const LOOK_AGAIN_MS = 30
/** How long a broker may take to make a topic that somebody asked for by its name. */
const AUTO_CREATION_MS = 5000

/** Topics: made, described, deleted. */
export class TopicAdmin {
  readonly #cluster: KafkaCluster
  readonly #timeoutMs: number

  constructor(cluster: KafkaCluster, timeoutMs: number) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  /** False when it was there already. */
  async create(spec: TopicSpec): Promise<boolean> {
    const { topic, partitions = -1, replicationFactor = -1, settings = {} } = spec
    checkTopicName(topic)
    const what = `Topic "${topic}": create it`
    const request = createTopicsRequest({
      topics: [{ topic, partitions, replicationFactor, settings }],
      timeoutMs: this.#timeoutMs,
    })
    const isMade = await this.#persist(what, async () => {
      const { topics } = await this.#cluster.sendAny(request)
      const { errorCode, errorMessage } = topics[0] ?? { errorCode: UNKNOWN_TOPIC }
      if (errorCode === TOPIC_ALREADY_EXISTS) return false
      check(errorCode, what, errorMessage)
      return true
    })
    if (isMade) await this.#until(topic, (found) => found !== null && hasLeaders(found))
    return isMade
  }

  /** Also when nobody but the broker knows by which settings; null when the broker does not make topics by itself. */
  async autoCreate(topic: string): Promise<TopicMetadata | null> {
    checkTopicName(topic)
    const end = performance.now() + AUTO_CREATION_MS
    for (let mayWait: boolean | undefined; ; await sleep(LOOK_AGAIN_MS)) {
      const found = await this.#ask(topic, true)
      if (found !== null && hasLeaders(found)) return found
      mayWait ??= await autoCreates(this.#cluster)
      if (found === null && (!mayWait || performance.now() > end)) return null
      if (performance.now() > end)
        throw new RetriableException(`Topic "${topic}" has partitions without a leader`)
    }
  }

  /** Null when there is none of that name. */
  find(topic: string): Promise<TopicMetadata | null> {
    return this.#ask(topic, false)
  }

  async describe(topic: string): Promise<TopicDescription | null> {
    const found = await this.find(topic)
    return found === null ? null : ((await this.#describe([found]))[0] ?? null)
  }

  /** Without those that Kafka keeps for itself. */
  async list(): Promise<readonly TopicDescription[]> {
    const { topics } = await this.#persist('List the topics', () =>
      this.#cluster.metadata(null, { fresh: true }),
    )
    return this.#describe(
      topics
        .filter(({ errorCode, isInternal }) => errorCode === 0 && !isInternal)
        .sort((a, b) => (a.topic < b.topic ? -1 : 1)),
    )
  }

  /** Gone when it resolves; false when there was none. */
  async delete(topic: string): Promise<boolean> {
    const what = `Topic "${topic}": delete it`
    const found = await this.find(topic)
    if (found === null) return false
    await this.#persist(what, async () => {
      const request = deleteTopicsRequest({ topics: [topic], timeoutMs: this.#timeoutMs })
      const { topics } = await this.#cluster.sendAny(request)
      const code = topics[0]?.errorCode ?? 0
      // A try before this one did it, and its answer was lost.
      if (code !== UNKNOWN_TOPIC) check(code, what)
    })
    // Another one of that name may be there by now: some brokers make what somebody asks for.
    await this.#until(topic, (left) => left === null || left.topicId !== found.topicId)
    return true
  }

  async #describe(topics: readonly TopicMetadata[]): Promise<TopicDescription[]> {
    const names = topics.map(({ topic }) => topic)
    const settings = await this.#persist('Read the settings of topics', () =>
      ownSettings(this.#cluster, names),
    )
    return topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.length,
      settings: settings.get(topic) ?? {},
    }))
  }

  #ask(topic: string, allowAutoTopicCreation: boolean): Promise<TopicMetadata | null> {
    const what = `Topic "${topic}": look for it`
    return this.#persist(what, async () => {
      const options = { fresh: true, allowAutoTopicCreation }
      const { topics } = await this.#cluster.metadata([topic], options)
      const found = topics.find((each) => each.topic === topic)
      const code = found?.errorCode ?? UNKNOWN_TOPIC
      if (code === UNKNOWN_TOPIC || code === INVALID_TOPIC) return null
      check(code, what)
      return found ?? null
    })
  }

  async #until(topic: string, isSo: (found: TopicMetadata | null) => boolean): Promise<void> {
    for (const end = performance.now() + this.#timeoutMs; ; await sleep(LOOK_AGAIN_MS)) {
      if (isSo(await this.find(topic))) return
      if (performance.now() > end)
        throw new RetriableException(`Topic "${topic}": the brokers do not show the change`)
    }
  }

  #persist<T>(what: string, call: () => Promise<T>): Promise<T> {
    return persist(call, { what, forMs: this.#timeoutMs, signal: this.#cluster.closing })
  }
}

/** What nobody can write to, in words. */
export function missingTopic(topic: string): ConnectException {
  return new ConnectException(`Topic "${topic}" does not exist`, {
    hint: 'Create it, or let the brokers create topics (auto.create.topics.enable).',
  })
}

function hasLeaders({ partitions }: TopicMetadata): boolean {
  return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)
}
