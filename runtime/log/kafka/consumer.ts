import { ConnectException, FencedException, RetriableException } from '../../api/errors.ts'
import type {
  Consumer,
  ConsumerOptions,
  Fetched,
  PollOptions,
  Position,
  TopicOffset,
  TopicPartition,
} from '../log.ts'
import { ConsumerAssignment } from './consumer-assignment.ts'
import {
  type ConsumerCore,
  ConsumerLinks,
  type ConsumerParts,
  ConsumerTroubles,
} from './consumer-parts.ts'
import { Waker } from './consumer-waker.ts'
import { Fetcher } from './fetcher.ts'
import { Membership } from './membership.ts'
import { keyOf } from './place-key.ts'
import { OffsetLookup } from './position-lookup.ts'
import { StartFinder } from './position-start.ts'
import { atSeam } from './protocol/at-seam.ts'
import { Subscription } from './subscription.ts'
import { Watchdog } from './watchdog.ts'

/** A waiting poll looks up so often, at trouble that has lasted too long by then. */
const LOOK_MS = 2000
/** A poll waits so long for trouble to pass before it says so. */
const GRACE_MS = 1000

/** Resolves at once for a member of a group, which joins in its first poll; one that reads alone knows where it begins. */
export async function openKafkaConsumer(
  parts: ConsumerParts,
  options: ConsumerOptions,
): Promise<KafkaConsumer> {
  const consumer = new KafkaConsumer(parts, options)
  try {
    await consumer.start()
    return consumer
  } catch (error) {
    await consumer.close()
    throw atSeam(error, 'Open a consumer')
  }
}

export class KafkaConsumer implements Consumer {
  readonly #core: ConsumerCore
  readonly #waker = new Waker()
  readonly #closing = new AbortController()
  readonly #subscription: Subscription
  readonly #membership: Membership | undefined
  readonly #lookup: OffsetLookup
  readonly #fetcher: Fetcher
  readonly #assignment: ConsumerAssignment
  readonly #watchdog: Watchdog

  constructor(parts: ConsumerParts, options: ConsumerOptions) {
    const { cluster, settings, clientId, logger, codec = {}, watchdogMs } = parts
    const core: ConsumerCore = {
      links: new ConsumerLinks(cluster, clientId),
      settings,
      logger,
      troubles: new ConsumerTroubles(),
      codec,
      closing: this.#closing.signal,
      wake: () => this.#waker.wake(),
    }
    this.#core = core
    const subscription = new Subscription(core, options.topics, () => this.#onTopics())
    const membership =
      options.group === undefined ? undefined : new Membership(core, subscription, options.group)
    this.#lookup = new OffsetLookup(core, subscription)
    this.#fetcher = new Fetcher(core, subscription)
    const starts = new StartFinder(core, {
      subscription,
      lookup: this.#lookup,
      membership,
      start: options.start,
    })
    this.#assignment = new ConsumerAssignment(core, {
      subscription,
      membership,
      fetcher: this.#fetcher,
      starts,
      events: options,
    })
    this.#watchdog = new Watchdog(core, this.#fetcher, watchdogMs)
    this.#subscription = subscription
    this.#membership = membership
  }

  get generation(): number {
    return this.#membership?.generation ?? 0
  }

  /** Who this is to the group's coordinator; empty outside of a group, and while it is no member. */
  get memberId(): string {
    return this.#membership?.identity?.memberId ?? ''
  }

  /** `group.instance.id` of a static member. */
  get instanceId(): string | null {
    return this.#core.settings.groupInstanceId
  }

  async start(): Promise<void> {
    if (this.#membership) return
    await this.#subscription.refresh()
    await this.#assignment.prepare()
  }

  assignment(): readonly TopicPartition[] {
    return this.#fetcher.positions.map(({ topic, partition }) => ({ topic, partition }))
  }

  async poll(options: PollOptions): Promise<readonly Fetched[]> {
    const { timeoutMs, signal } = options
    const began = performance.now()
    if (this.#closing.signal.aborted) throw new ConnectException('The consumer is closed')
    for (;;) {
      const seen = this.#waker.count
      const isSettled = await this.#assignment.follow()
      if (this.#closing.signal.aborted) return []
      const fetched = isSettled ? this.#fetcher.take(options) : []
      const waited = performance.now() - began
      const left = timeoutMs - waited
      if (fetched.length > 0 || signal?.aborted) return fetched
      if (waited >= Math.min(timeoutMs, GRACE_MS)) this.#throwTrouble()
      if (left <= 0) return []
      await this.#waker.wait(seen, Math.min(left, LOOK_MS), signal)
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#fetcher.pause(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#fetcher.resume(partitions)
  }

  async seek(partition: TopicPartition, to: Position): Promise<void> {
    this.#fetcher.position(partition)
    const offset = typeof to === 'number' ? to : await this.#lookup.one(partition, to)
    this.#fetcher.seek(partition, offset)
  }

  position(partition: TopicPartition): number {
    return this.#fetcher.position(partition).next
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    const membership = this.#membership
    if (membership === undefined)
      throw new ConnectException('A consumer without a group has no offsets to commit')
    const foreign = offsets.find((offset) => !this.#fetcher.find(offset))
    if (foreign) {
      throw new FencedException(
        `Partition ${foreign.partition} of topic "${foreign.topic}" is not assigned to this member of group "${membership.group}"`,
      )
    }
    if (offsets.length === 0) return
    const gone = await this.#gone(offsets)
    const there = offsets.filter(({ topic }) => !gone.has(topic))
    if (there.length > 0) await membership.commit(there)
    if (gone.size === 0) return
    throw new RetriableException(
      `Topic "${[...gone].join('", "')}" was deleted since it was read: its offsets are not committed, as they would be taken for those of another topic of that name`,
    )
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly TopicOffset[]> {
    return (await this.#membership?.committed(partitions)) ?? []
  }

  async lag(): Promise<number> {
    const { positions } = this.#fetcher
    if (positions.length === 0) return 0
    const ends = await this.#lookup.all(positions, 'latest')
    const next = new Map(positions.map((position) => [keyOf(position), position.next]))
    return ends.reduce(
      (sum, end) => sum + Math.max(0, end.offset - (next.get(keyOf(end)) ?? end.offset)),
      0,
    )
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#waker.wake()
    this.#watchdog.stop()
    this.#subscription.close()
    this.#fetcher.close()
    await this.#membership?.leave()
    await this.#core.links.close()
  }

  /** Topics that are not those that were read: an offset of theirs would let the next reader jump over records. */
  async #gone(places: readonly TopicPartition[]): Promise<ReadonlySet<string>> {
    const positions = places.map((place) => this.#fetcher.position(place))
    if (!positions.every((position) => this.#fetcher.isSure(position)))
      await this.#subscription.refresh()
    const gone = positions.filter(
      ({ topic, topicId }) => this.#subscription.topicId(topic) !== topicId,
    )
    return new Set(gone.map(({ topic }) => topic))
  }

  #onTopics(): void {
    this.#membership?.followTopics()
    this.#fetcher.pump()
    this.#waker.wake()
  }

  #throwTrouble(): void {
    const { problem } = this.#subscription
    if (problem) throw problem
    const { overdue } = this.#core.troubles
    if (overdue) throw atSeam(overdue, 'Read the log')
  }
}
