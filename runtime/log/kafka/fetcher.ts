import { ConnectException, RetriableException } from '../../api/errors.ts'
import type { Fetched, PollOptions, TopicPartition } from '../log.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import { FetcherAsks } from './fetcher-asks.ts'
import { FetcherRange } from './fetcher-range.ts'
import { keyOf } from './place-key.ts'
import type { PartitionPosition, TakeLimit, Taken } from './position.ts'
import type { Subscription } from './subscription.ts'

/** What fits into a processor's cache is checked and decoded faster than more. */
const DEFAULT_MAX_BYTES = 1024 * 1024
/** Fetching stops while so much waits for the caller; what is under way then comes on top (I6). */
const BUFFER_BYTES = 8 * 1024 * 1024
/** A partition about which no broker said anything for longer may be another one by now: its topic's id is looked up before it is fetched. */
const SURE_MS = 1000

/** The partitions that are read: fetches ahead of the caller, and hands out what came. */
export class Fetcher {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription
  readonly #range: FetcherRange
  readonly #asks: FetcherAsks
  readonly #positions = new Map<string, PartitionPosition>()
  /** Where the next round begins, so that no partition starves. */
  #turn = 0
  #timer: NodeJS.Timeout | undefined
  #timerMs = Number.POSITIVE_INFINITY

  constructor(core: ConsumerCore, subscription: Subscription) {
    this.#core = core
    this.#subscription = subscription
    this.#range = new FetcherRange(core, subscription)
    this.#asks = new FetcherAsks(core, subscription, () => this.pump())
  }

  get positions(): readonly PartitionPosition[] {
    return [...this.#positions.values()]
  }

  find(place: TopicPartition): PartitionPosition | undefined {
    return this.#positions.get(keyOf(place))
  }

  position(place: TopicPartition): PartitionPosition {
    const position = this.find(place)
    if (position) return position
    throw new ConnectException(
      `Partition ${place.partition} of topic "${place.topic}" is not assigned to this consumer`,
    )
  }

  add(positions: readonly PartitionPosition[]): void {
    for (const position of positions) this.#positions.set(keyOf(position), position)
    this.pump()
  }

  remove(places: readonly TopicPartition[]): void {
    for (const place of places) {
      const position = this.find(place)
      if (!position) continue
      position.drop()
      this.#core.troubles.over(position.name)
      this.#positions.delete(keyOf(place))
    }
    this.pump()
  }

  pause(places: readonly TopicPartition[]): void {
    for (const position of places.map((place) => this.position(place))) {
      if (position.isPaused) continue
      position.isPaused = true
      this.#core.troubles.over(position.name)
      // What lies here would take the room of those that are read.
      position.drop()
    }
    this.pump()
  }

  resume(places: readonly TopicPartition[]): void {
    for (const position of places.map((place) => this.position(place))) position.isPaused = false
    this.pump()
  }

  seek(place: TopicPartition, offset: number): void {
    const position = this.position(place)
    this.#core.troubles.over(position.name)
    position.move(offset)
    this.pump()
  }

  /** Whether a broker told lately which topic of its name this is. */
  isSure({ doubtMs, seenMs }: PartitionPosition, now = performance.now()): boolean {
    const { askedMs } = this.#subscription
    return askedMs >= doubtMs && Math.max(askedMs, seenMs) > now - SURE_MS
  }

  /** How long the answer to a fetch is overdue, or to the question whom to fetch from; 0 when none is. */
  get silentMs(): number {
    return Math.max(this.#asks.silentMs, this.#subscription.silentMs)
  }

  /** Fetches that were answered, errors included. */
  get answers(): number {
    return this.#asks.answers
  }

  /** Takes what is under way for lost, and asks again. */
  renew(): void {
    this.#asks.forget()
    this.pump()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#positions.clear()
    this.#asks.forget()
  }

  /** One round over the partitions, in whole batches, until a limit is reached. */
  take({
    maxRecords = Number.POSITIVE_INFINITY,
    maxBytes = DEFAULT_MAX_BYTES,
  }: PollOptions): Fetched[] {
    const positions = this.positions
    // Before anything moves: what is thrown must not take records along.
    for (const { failure, bytes, isPaused } of positions)
      if (failure && bytes === 0 && !isPaused) throw failure
    const fetched: Fetched[] = []
    const start = this.#turn
    let records = 0
    let bytes = 0
    let hasRoom = false
    for (let i = 0; i < positions.length && records < maxRecords && bytes < maxBytes; i++) {
      const position = positions[(start + i) % positions.length] as PartitionPosition
      this.#turn = (start + i + 1) % positions.length
      if (position.isPaused || position.bytes === 0) continue
      const taken = takeFrom(position, fetched, {
        records: maxRecords - records,
        bytes: maxBytes - bytes,
        atLeastOne: fetched.length === 0,
      })
      hasRoom ||= taken.bytes > 0
      // What holds no records for the caller is not counted: others are not left to wait for it.
      if (taken.records.length === 0) continue
      records += taken.records.length
      bytes += taken.bytes
    }
    if (hasRoom) this.pump()
    return fetched
  }

  /** Asks for whatever may be asked for now; to be called when anything changed. */
  pump(): void {
    if (this.#core.closing.aborted) return
    const now = performance.now()
    const byNode = new Map<number, PartitionPosition[]>()
    let buffered = 0
    let isSure = true
    for (const position of this.#positions.values()) {
      buffered += position.bytes
      if (!this.#isWanted(position, now)) continue
      const leader = this.#leaderOf(position, now)
      if (leader === undefined) {
        isSure = false
        continue
      }
      if (this.#range.mustCompare(position, leader.epoch)) {
        this.#settle(this.#range.compare(position, leader.epoch))
        continue
      }
      const { replica } = position
      const node = replica && replica.untilMs > now ? replica.node : leader.node
      const others = byNode.get(node)
      if (others) others.push(position)
      else byNode.set(node, [position])
    }
    if (!isSure) this.#subscription.refreshSoon()
    if (buffered >= BUFFER_BYTES) return
    for (const [node, positions] of byNode) this.#asks.start(node, positions, buffered === 0)
  }

  #isWanted(position: PartitionPosition, now: number): boolean {
    if (position.isPaused || position.isAsked || position.failure) return false
    // Deleted: the caller hears of it in its next poll.
    if (this.#subscription.topicId(position.topic) !== position.topicId) return false
    if (position.bytes >= this.#core.settings.maxPartitionFetchBytes) return false
    if (position.notBeforeMs > now) {
      this.#pumpIn(position.notBeforeMs - now)
      return false
    }
    if (position.isOutOfRange) {
      if (position.bytes === 0) this.#settle(this.#range.check(position))
      return false
    }
    return true
  }

  /** Undefined: metadata must be refreshed first. */
  #leaderOf(
    position: PartitionPosition,
    now: number,
  ): ReturnType<Subscription['leaderOf']> | undefined {
    const leader = this.#subscription.leaderOf(position)
    if (leader === undefined) {
      const why = `${position.name}: no broker leads it at this moment`
      this.#core.troubles.note(position.name, new RetriableException(why))
      const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
      position.retryLater(retryBackoffMs, retryBackoffMaxMs)
      return undefined
    }
    return this.isSure(position, now) ? leader : undefined
  }

  #settle(work: Promise<void>): void {
    void work.then(() => {
      this.pump()
      this.#core.wake()
    })
  }

  #pumpIn(ms: number): void {
    const at = performance.now() + ms
    if (at >= this.#timerMs) return
    clearTimeout(this.#timer)
    this.#timerMs = at
    this.#timer = setTimeout(() => {
      this.#timerMs = Number.POSITIVE_INFINITY
      this.pump()
    }, ms)
  }
}

/** Damage ends the reading of its partition; what others gave already is delivered before it is thrown. */
function takeFrom(position: PartitionPosition, into: Fetched[], limit: TakeLimit): Taken {
  try {
    const taken = position.take(limit)
    const { topic, partition, next } = position
    if (taken.records.length > 0) into.push({ topic, partition, records: taken.records, next })
    return taken
  } catch (error) {
    position.fail(error as Error)
    if (into.length === 0) throw error
    return { records: [], bytes: 0 }
  }
}
