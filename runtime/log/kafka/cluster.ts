import { type Logger, RetriableException } from '../../api/index.ts'
import type { TopicPartition } from '../log.ts'
import { type Address, addressText } from './connection/address.ts'
import type { BrokerConnection, SendOptions } from './connection/broker-connection.ts'
import { canonicalNames } from './connection/canonical-names.ts'
import { type Channel, Connections } from './connection/connections.ts'
import { MetadataCache } from './metadata-cache.ts'
import { check } from './protocol/errors.ts'
import type { KafkaRequest } from './protocol/request.ts'
import { findCoordinatorRequest } from './protocol/requests/find-coordinator.ts'
import {
  type MetadataAnswer,
  metadataRequest,
  type TopicMetadata,
} from './protocol/requests/metadata.ts'
import type { ConnectionSettings } from './settings/connection-settings.ts'

export type { Channel } from './connection/connections.ts'

export interface ClusterOptions {
  readonly logger: Logger
  /** Names the connections to the broker: its logs, quotas and `describe` show it. */
  readonly clientId: string
}

export interface SendTo extends SendOptions {
  /** Default `default`. What the broker may hold back goes its own way. */
  readonly channel?: Channel
}

export interface MetadataOptions {
  /** Lets the broker make missing topics, if it does that. Default false. */
  readonly allowAutoTopicCreation?: boolean
  /** Asks the broker even if an answer is at hand. */
  readonly fresh?: boolean
  readonly signal?: AbortSignal
}

export interface Leader {
  readonly node: number
  readonly epoch: number
}

export type CoordinatorType = 'group' | 'transaction'

/** The brokers as one client sees them: connections, who leads what, who coordinates whom. Trouble on the way is a RetriableException. */
export class KafkaCluster {
  readonly settings: ConnectionSettings
  readonly #options: ClusterOptions
  readonly #connections: Connections
  readonly #cache: MetadataCache
  readonly #coordinators = new Map<string, number>()
  readonly #asking = new Map<string, Promise<MetadataAnswer>>()
  #bootstrap: readonly Address[]
  #clusterId = ''
  #turn = 0
  readonly #closing = new AbortController()

  /** Reaches one of the brokers of `bootstrap.servers`, and learns of the others. */
  static async open(settings: ConnectionSettings, options: ClusterOptions): Promise<KafkaCluster> {
    const cluster = new KafkaCluster(settings, options)
    try {
      if (settings.looksUpNames) cluster.#bootstrap = await canonicalNames(settings.bootstrap)
      await cluster.metadata([], { fresh: true })
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  private constructor(settings: ConnectionSettings, options: ClusterOptions) {
    this.settings = settings
    this.#options = options
    this.#bootstrap = settings.bootstrap
    this.#connections = new Connections(settings, options)
    this.#cache = new MetadataCache(settings.metadataMaxAgeMs)
  }

  get clusterId(): string {
    return this.#clusterId
  }

  /** Aborts when it closes: nothing needs to be tried again. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** The ids of the brokers, as known. */
  get nodes(): readonly number[] {
    return [...this.#cache.brokers.keys()]
  }

  async send<T>(nodeId: number, request: KafkaRequest<T>, options: SendTo = {}): Promise<T> {
    const known = this.#cache.brokers.get(nodeId)
    const address = known ?? (await this.#addressOf(nodeId, options.signal))
    try {
      return await this.#connections.to(address, options.channel).send(request, options)
    } catch (error) {
      if (error instanceof RetriableException) this.#forgetNode(nodeId)
      throw error
    }
  }

  /** For what gets no answer: Produce with acks=0. */
  async post(nodeId: number, request: KafkaRequest<unknown>, options: SendTo = {}): Promise<void> {
    const address = this.#cache.brokers.get(nodeId) ?? (await this.#addressOf(nodeId))
    await this.#connections.to(address, options.channel).post(request, options)
  }

  /** To a broker that answers: one that is connected, else each known one in turn, else those of `bootstrap.servers`. */
  async sendAny<T>(request: KafkaRequest<T>, options: SendTo = {}): Promise<T> {
    const errors: RetriableException[] = []
    for (const connection of this.#anyOf(options.channel)) {
      try {
        return await connection.send(request, options)
      } catch (error) {
        if (options.signal?.aborted || !(error instanceof RetriableException)) throw error
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    throw new RetriableException(
      `No Kafka broker answers: ${errors.map(({ message }) => message).join('; ')}`,
      { cause: errors[0], hint: errors.find(({ hint }) => hint)?.hint },
    )
  }

  /** What the brokers say of these topics (null: of all; none: only of the brokers). Every topic's `errorCode` is the caller's to read. */
  async metadata(
    topics: readonly string[] | null,
    options: MetadataOptions = {},
  ): Promise<MetadataAnswer> {
    const { allowAutoTopicCreation = false, fresh = false, signal } = options
    const known = fresh || !topics ? undefined : this.#cache.answer(topics)
    if (known) return known
    const asked = { topics: topics && [...topics], allowAutoTopicCreation }
    // What is under way may have been answered before that happened for which a fresh one is wanted.
    if (fresh || signal) return this.#askMetadata(asked, signal)
    const key = JSON.stringify(asked)
    const shared = this.#asking.get(key)
    if (shared) return shared
    const asking = this.#askMetadata(asked).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  /** Throws a BrokerException with the broker's error: the topic or partition is not there, or has no leader now. */
  async leaderOf({ topic, partition }: TopicPartition): Promise<Leader> {
    const find = async () =>
      (await this.#topic(topic)).partitions.find((each) => each.partition === partition)
    let found = await find()
    if (!found) {
      this.forget(topic) // it may have got more partitions since
      found = await find()
    }
    const what = `Topic "${topic}", partition ${partition}: find its leader`
    if (!found) check(UNKNOWN_TOPIC_OR_PARTITION, what)
    const { leader, leaderEpoch, errorCode } = found!
    if (leader < 0) {
      this.forget(topic)
      check(errorCode || LEADER_NOT_AVAILABLE, what)
    }
    return { node: leader, epoch: leaderEpoch }
  }

  /** Grows new when the topic is made anew. */
  async topicId(topic: string): Promise<string> {
    return (await this.#topic(topic)).topicId
  }

  /** What is known of the topic was wrong (its leader moved): ask again next time. */
  forget(topic: string): void {
    this.#cache.forget(topic)
  }

  /** The broker that coordinates a group or a transactional id. */
  async coordinator(key: string, type: CoordinatorType): Promise<number> {
    const id = `${type} ${key}`
    const known = this.#coordinators.get(id)
    if (known !== undefined) return known
    const answer = await this.sendAny(findCoordinatorRequest({ key, type }))
    check(answer.errorCode, `Find the coordinator of ${id}`, answer.errorMessage)
    const { nodeId, host, port } = answer
    this.#cache.keepBroker(nodeId, { host, port })
    for (const oldest of this.#coordinators.keys()) {
      if (this.#coordinators.size < MAX_COORDINATORS) break
      this.#coordinators.delete(oldest)
    }
    this.#coordinators.set(id, nodeId)
    return nodeId
  }

  forgetCoordinator(key: string, type: CoordinatorType): void {
    this.#coordinators.delete(`${type} ${key}`)
  }

  /** The same brokers over connections of its own, under another name. It connects when it is used. */
  sibling(clientId: string): KafkaCluster {
    const sibling = new KafkaCluster(this.settings, { ...this.#options, clientId })
    sibling.#clusterId = this.#clusterId
    sibling.#bootstrap = this.#bootstrap
    // Who is given up for a silent broker must not begin with the same one again, for ever.
    sibling.#turn = ++this.#turn
    for (const [nodeId, address] of this.#cache.brokers) sibling.#cache.keepBroker(nodeId, address)
    return sibling
  }

  /** Whoever waits for an answer gets an error at once. */
  async close(why = 'The Kafka client was closed'): Promise<void> {
    this.#closing.abort()
    this.#connections.close(new RetriableException(why))
  }

  async #askMetadata(
    asked: Parameters<typeof metadataRequest>[0],
    signal?: AbortSignal,
  ): Promise<MetadataAnswer> {
    const answer = await this.sendAny(metadataRequest(asked), signal ? { signal } : {})
    this.#cache.keep(answer)
    this.#clusterId = answer.clusterId ?? this.#clusterId
    this.#connections.keepOnly([...this.#cache.brokers.values(), ...this.#bootstrap])
    return answer
  }

  async #topic(name: string): Promise<TopicMetadata> {
    const known = this.#cache.topic(name)
    if (known) return known
    const { topics } = await this.metadata([name])
    const found = topics.find((each) => each.topic === name)
    check(found?.errorCode ?? UNKNOWN_TOPIC_OR_PARTITION, `Topic "${name}": find its leaders`)
    return found!
  }

  /** It cannot be reached: what it led and coordinated may have moved. */
  #forgetNode(nodeId: number): void {
    this.#cache.forgetLeader(nodeId)
    for (const [id, coordinator] of this.#coordinators)
      if (coordinator === nodeId) this.#coordinators.delete(id)
  }

  async #addressOf(nodeId: number, signal?: AbortSignal): Promise<Address> {
    await this.metadata([], { fresh: true, ...(signal ? { signal } : {}) })
    const address = this.#cache.brokers.get(nodeId)
    if (address) return address
    const known = [...this.#cache.brokers].map(([id, at]) => `${id} (${addressText(at)})`)
    throw new RetriableException(
      `Kafka broker ${nodeId} is not there now; known are ${known.join(', ') || 'none'}`,
    )
  }

  /** Bootstrap addresses come last, for the day on which all known brokers have moved. */
  #anyOf(channel?: Channel): readonly BrokerConnection[] {
    const known = [...this.#cache.brokers.values()]
    const turn = known.length > 0 ? this.#turn++ % known.length : 0
    const inTurn = [...known.slice(turn), ...known.slice(0, turn), ...this.#bootstrap]
    const connections = new Set(inTurn.map((address) => this.#connections.to(address, channel)))
    return [...connections].sort((a, b) => Number(b.isOpen) - Number(a.isOpen))
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5
const MAX_COORDINATORS = 10_000
