import type { ConsumerCore } from './consumer-parts.ts'
import { FetcherAnswers } from './fetcher-answers.ts'
import { keyOf } from './place-key.ts'
import type { PartitionPosition } from './position.ts'
import { check } from './protocol/errors.ts'
import { type FetchAnswer, fetchRequest } from './protocol/requests/fetch.ts'
import type { OfTopic } from './protocol/requests/topic-list.ts'
import type { Subscription } from './subscription.ts'

/** Two fetches may be under way to a broker: one that waits for news must not hold up what is known to be there. */
const channels = ['fetch', 'other-fetch'] as const
/** How long a fetch may wait for news when there is nothing else to ask that broker for: new records end it at once. */
const QUIET_MS = 5000
/** One that comes too late to wait together with the others waits so long, and asks again, until the others are back. */
const LATE_MS = 50
/** One answer is not larger, unless a batch is. */
const ANSWER_BYTES = 4 * 1024 * 1024

/**
 * - `more`: for what is known to be there, so answered at once.
 * - `news`: for whatever comes in all partitions that were read to their ends. One at a time.
 * - `late`: for such as got there after `news` had left.
 */
type Kind = 'more' | 'news' | 'late'

/** A fetch that is under way. */
interface Ask {
  readonly kind: Kind
  readonly node: number
  readonly channel: (typeof channels)[number]
  readonly asked: readonly { readonly position: PartitionPosition; readonly turn: number }[]
  /** When the answer is due, if anybody still answers. */
  readonly dueMs: number
}

/** The fetches under way. */
export class FetcherAsks {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription
  readonly #reading: FetcherAnswers
  readonly #asks = new Set<Ask>()
  readonly #onDone: () => void
  #answers = 0

  constructor(core: ConsumerCore, subscription: Subscription, onDone: () => void) {
    this.#core = core
    this.#subscription = subscription
    this.#reading = new FetcherAnswers(core, subscription)
    this.#onDone = onDone
  }

  /** How long the answer to a fetch is overdue; 0 when none is. */
  get silentMs(): number {
    const now = performance.now()
    let silent = 0
    for (const { dueMs } of this.#asks) silent = Math.max(silent, now - dueMs)
    return silent
  }

  get answers(): number {
    return this.#answers
  }

  /** Asks a broker for these partitions, unless enough is under way to it: then with the next answer. */
  start(node: number, positions: readonly PartitionPosition[], isQuiet: boolean): void {
    const others = [...this.#asks].filter((ask) => ask.node === node)
    const channel = channels.find((each) => others.every((ask) => ask.channel !== each))
    if (channel === undefined) return
    const isUnderWay = (kind: Kind) => others.some((ask) => ask.kind === kind)
    const behind = positions.filter(({ isBehind }) => isBehind)
    if (isUnderWay('late') || behind.length === positions.length) {
      if (behind.length > 0) this.#send({ node, channel, kind: 'more' }, behind, LATE_MS)
      return
    }
    const { fetchMinBytes, fetchMaxWaitMs } = this.#core.settings
    const isLate = isUnderWay('news')
    const isAlone = isQuiet && others.length === 0 && behind.length === 0 && fetchMinBytes <= 1
    const waitMs = isAlone ? Math.max(QUIET_MS, fetchMaxWaitMs) : fetchMaxWaitMs
    this.#send(
      { node, channel, kind: isLate ? 'late' : 'news' },
      positions,
      isLate ? Math.min(LATE_MS, waitMs) : waitMs,
    )
  }

  #send(
    { node, channel, kind }: Pick<Ask, 'node' | 'channel' | 'kind'>,
    positions: readonly PartitionPosition[],
    maxWaitMs: number,
  ): void {
    const { settings, links } = this.#core
    const { rack, requestTimeoutMs } = links.cluster.settings
    const ask: Ask = {
      kind,
      node,
      channel,
      asked: positions.map((position) => ({ position, turn: position.turn })),
      dueMs: performance.now() + maxWaitMs,
    }
    for (const position of positions) position.isAsked = true
    this.#asks.add(ask)
    const request = (this.#core.codec.fetchRequest ?? fetchRequest)({
      isolation: settings.isolation,
      maxWaitMs,
      minBytes: kind === 'more' ? 1 : settings.fetchMinBytes,
      maxBytes: Math.min(settings.fetchMaxBytes, ANSWER_BYTES),
      rack,
      topics: this.#topics(node, positions),
    })
    links.cluster.send(node, request, { channel, timeoutMs: maxWaitMs + requestTimeoutMs }).then(
      (answer) => this.#answered(ask, answer),
      (error) => this.#failed(ask, error),
    )
  }

  /** Gives up what is under way: its answers are void. */
  forget(): void {
    for (const ask of this.#asks) this.#finish(ask)
  }

  #topics(node: number, positions: readonly PartitionPosition[]) {
    const topics: OfTopic<{
      partition: number
      offset: number
      leaderEpoch: number
      maxBytes: number
    }>[] = []
    // Who was answered last comes last: a full answer serves the others first.
    const inTurn = positions.toSorted((a, b) => a.seenMs - b.seenMs)
    for (const [topic, places] of Map.groupBy(inTurn, (position) => position.topic)) {
      const partitions = places.map((position) => {
        const leader = this.#subscription.leaderOf(position)
        return {
          partition: position.partition,
          offset: position.fetchFrom,
          leaderEpoch: leader?.node === node ? leader.epoch : -1,
          maxBytes: this.#core.settings.maxPartitionFetchBytes,
        }
      })
      topics.push({ topic, partitions })
    }
    return topics
  }

  #answered(ask: Ask, answer: FetchAnswer): void {
    if (!this.#asks.has(ask) || this.#core.closing.aborted) return
    this.#answers++
    try {
      check(answer.errorCode, `Fetch from broker ${ask.node}`)
    } catch (error) {
      this.#failed(ask, error)
      return
    }
    const asked = new Map(
      ask.asked
        .filter(({ position, turn }) => position.turn === turn)
        .map(({ position }) => [keyOf(position), position]),
    )
    this.#finish(ask)
    for (const { topic, partitions } of answer.topics) {
      for (const each of partitions) {
        const position = asked.get(keyOf({ topic, partition: each.partition }))
        if (position) this.#reading.take(position, each, ask.node)
      }
    }
    this.#onDone()
  }

  #failed(ask: Ask, error: unknown): void {
    if (!this.#asks.has(ask) || this.#core.closing.aborted) return
    this.#answers++
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    for (const { position, turn } of ask.asked) {
      if (position.turn !== turn) continue
      // Not the broker's trouble: nobody asks it again when another one leads.
      this.#core.troubles.note(position.name, error)
      position.retryLater(retryBackoffMs, retryBackoffMaxMs)
    }
    this.#finish(ask)
    this.#subscription.refreshSoon()
    this.#onDone()
  }

  #finish(ask: Ask): void {
    this.#asks.delete(ask)
    for (const { position, turn } of ask.asked) if (position.turn === turn) position.isAsked = false
  }
}
