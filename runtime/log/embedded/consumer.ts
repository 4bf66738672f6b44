import { ConnectException, FencedException, hasCode } from '../../api/errors.ts'
import type {
  Consumer,
  ConsumerOptions,
  Fetched,
  PollOptions,
  Position,
  TopicOffset,
  TopicPartition,
} from '../log.ts'
import { Fetcher, keyOf } from './fetcher.ts'
import type { Link } from './link.ts'
import { type CoordinatorClient, Membership } from './membership.ts'
import type { Holding, WriterRequest } from './protocol.ts'
import { subscribes } from './range-assignor.ts'
import type { Reader } from './reader.ts'

export interface ConsumerLinks {
  readonly writer: Link<WriterRequest>
  readonly coordinator: CoordinatorClient
  readonly reader: Reader
}

export class EmbeddedConsumer implements Consumer {
  readonly #links: ConsumerLinks
  readonly #options: ConsumerOptions
  readonly #fetcher: Fetcher
  #membership: Membership | undefined
  #topicsVersion: number | undefined
  #isClosed = false

  private constructor(links: ConsumerLinks, options: ConsumerOptions) {
    this.#links = links
    this.#options = options
    this.#fetcher = new Fetcher(links.reader, links.writer)
  }

  static async open(links: ConsumerLinks, options: ConsumerOptions): Promise<EmbeddedConsumer> {
    const consumer = new EmbeddedConsumer(links, options)
    const { group, member, topics } = options
    if (group === undefined) return consumer
    consumer.#membership = await Membership.join(links.coordinator, { group, member, topics }, () =>
      consumer.#fetcher.wake(),
    )
    return consumer
  }

  get generation(): number {
    return this.#membership?.generation ?? 0
  }

  assignment(): readonly TopicPartition[] {
    return Array.from(this.#fetcher.cursors, placeOf)
  }

  async poll(options: PollOptions): Promise<readonly Fetched[]> {
    const { timeoutMs, signal } = options
    const deadline = performance.now() + timeoutMs
    if (this.#isClosed) throw new ConnectException('The consumer is closed')
    for (;;) {
      if (this.#membership) await this.#rebalance(this.#membership)
      else await this.#followTopics()
      const fetched = this.#fetcher.fetch(options)
      const left = deadline - performance.now()
      if (fetched.length > 0 || left <= 0 || signal?.aborted) return fetched
      await this.#fetcher.wait(left, signal, this.#topicsVersion)
      if (this.#isClosed) return []
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#fetcher.cursor(partition).isPaused = true
    this.#fetcher.changed()
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#fetcher.cursor(partition).isPaused = false
    this.#fetcher.changed()
  }

  async seek(partition: TopicPartition, to: Position): Promise<void> {
    this.#fetcher.cursor(partition).position = this.#links.reader.resolve(partition, to)
    this.#fetcher.changed()
  }

  position(partition: TopicPartition): number {
    return this.#fetcher.cursor(partition).position
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    const { group } = this.#options
    if (group === undefined)
      throw new ConnectException('A consumer without a group has no offsets to commit')
    const foreign = offsets.find((offset) => !this.#fetcher.find(offset))
    if (foreign) {
      throw new FencedException(
        `Partition ${foreign.partition} of topic "${foreign.topic}" is not assigned to this member of group "${group}"`,
      )
    }
    if (offsets.length === 0) return
    await this.#links.writer.request({
      op: 'append',
      batches: [],
      offsets: { group, generation: this.generation, offsets },
    })
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly TopicOffset[]> {
    const { group } = this.#options
    if (group === undefined) return []
    const wanted = new Set(partitions.map(keyOf))
    return this.#links.reader.groupOffsets(group).filter((offset) => wanted.has(keyOf(offset)))
  }

  async lag(): Promise<number> {
    let lag = 0
    for (const cursor of this.#fetcher.cursors)
      lag += Math.max(0, this.#links.reader.ends(cursor).latest - cursor.position)
    return lag
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#fetcher.close()
    await this.#membership?.leave()
  }

  /** Talks to the coordinator until what is held is what it should be. */
  async #rebalance(membership: Membership): Promise<void> {
    while (membership.isDue) {
      try {
        await this.#sync(membership)
      } catch (error) {
        membership.isDue = true // A callback threw: what it left undone comes again with the next poll.
        throw error
      }
    }
  }

  async #sync(membership: Membership): Promise<void> {
    const held = this.#held()
    const answer = await membership.sync(held)
    if ('expelled' in answer) {
      await membership.rejoin()
      await this.#lose(held)
    } else if ('assigned' in answer) {
      await this.#take(answer.assigned.filter((partition) => !this.#fetcher.find(partition)))
    } else {
      membership.isDue = true
      await this.#lose(answer.lost)
      if (answer.revoked.length > 0) await this.#options.onRevoked?.(answer.revoked.map(placeOf))
      this.#fetcher.remove(answer.revoked)
    }
  }

  /** Alone: all partitions of the topics that are there. */
  async #followTopics(): Promise<void> {
    const { reader } = this.#links
    const version = reader.topicsVersion
    if (version === this.#topicsVersion) return
    const all = reader
      .assignable()
      .filter(({ topic }) => subscribes(this.#options.topics, topic))
      .flatMap(({ topic, ids }) => ids.map((id, partition) => ({ topic, partition, id })))
    const there = new Set(all.map(({ id }) => id))
    this.#topicsVersion = version
    this.#fetcher.changed()
    await this.#lose(this.#held().filter(({ id }) => !there.has(id)))
    await this.#take(all.filter((place) => !this.#fetcher.find(place)))
  }

  #held(): Holding[] {
    return Array.from(this.#fetcher.cursors, ({ topic, partition, id }) => ({
      topic,
      partition,
      id,
    }))
  }

  async #lose(lost: readonly Holding[]): Promise<void> {
    if (lost.length === 0) return
    this.#fetcher.remove(lost)
    await this.#options.onLost?.(lost.map(placeOf))
  }

  async #take(added: readonly Holding[]): Promise<void> {
    if (added.length === 0) return
    const committed = new Map(
      (await this.committed(added)).map((offset) => [keyOf(offset), offset.offset]),
    )
    for (const place of added) {
      const start = committed.get(keyOf(place)) ?? this.#options.start ?? 'earliest'
      try {
        this.#fetcher.add(place, this.#links.reader.resolve(place, start))
      } catch (error) {
        // Deleted a moment ago: the next rebalance knows.
        if (!hasCode(error, 'CONNECT_NOT_FOUND')) throw error
      }
    }
    await this.#options.onAssigned?.(
      added.filter((place) => this.#fetcher.find(place)).map(placeOf),
    )
  }
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
