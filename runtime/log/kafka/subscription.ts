import type { TopicPartition } from '../log.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import { atSeam } from './protocol/at-seam.ts'
import { BrokerException, brokerError } from './protocol/errors.ts'
import type { TopicMetadata } from './protocol/requests/metadata.ts'

/** How often a topic is looked for that is not there yet. */
const MISSING_MS = 1000
/** A pattern asks for all topics: as often as takes a hundredth of the time, within these bounds. */
const PATTERN_MS = [1000, 5000] as const
const PATTERN_SHARE = 100
const METADATA = 'metadata'
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface FollowedTopic {
  readonly topicId: string
  readonly leaders: readonly Leader[]
}

export interface Leader {
  /** -1: none at this moment. */
  readonly node: number
  readonly epoch: number
}

/** The topics that a consumer wants, as the brokers have them now. */
export class Subscription {
  readonly #core: ConsumerCore
  readonly #wanted: readonly string[] | RegExp
  readonly #onRefreshed: () => void
  #topics = new Map<string, FollowedTopic>()
  /** Wanted by others of the group, whose leader this member is. */
  #alsoWanted: readonly string[] = []
  #askedMs = 0
  #tookMs = 0
  #problem: Error | undefined
  #refreshing: Promise<void> | undefined
  #next: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #startedMs = 0
  #dueMs = Number.POSITIVE_INFINITY

  constructor(core: ConsumerCore, wanted: readonly string[] | RegExp, onRefreshed: () => void) {
    this.#core = core
    this.#wanted = wanted instanceof RegExp ? wanted : [...new Set(wanted)]
    this.#onRefreshed = onRefreshed
  }

  /** When the brokers were last asked with success; 0 before. */
  get askedMs(): number {
    return this.#askedMs
  }

  /** How long the answer to the latest question is awaited; 0 when none is. */
  get silentMs(): number {
    return this.#refreshing ? performance.now() - this.#startedMs : 0
  }

  /** Why a topic can never be read. */
  get problem(): Error | undefined {
    return this.#problem
  }

  /** What a member tells its group that it wants: all names, or those that match and are there. */
  get names(): readonly string[] {
    if (!(this.#wanted instanceof RegExp)) return this.#wanted
    return [...this.#topics.keys()].filter((topic) => this.wants(topic)).sort()
  }

  wants(topic: string): boolean {
    if (!(this.#wanted instanceof RegExp)) return this.#wanted.includes(topic)
    this.#wanted.lastIndex = 0
    const match = this.#wanted.exec(topic)
    this.#wanted.lastIndex = 0
    return match !== null && match[0] === topic
  }

  /** All partitions that are there of the topics wanted here. */
  places(): TopicPartition[] {
    return [...this.#topics].flatMap(([topic, { leaders }]) =>
      this.wants(topic) ? leaders.map((_, partition) => ({ topic, partition })) : [],
    )
  }

  topicId(topic: string): string | undefined {
    return this.#topics.get(topic)?.topicId
  }

  has({ topic, partition }: TopicPartition): boolean {
    return partition < this.partitionsOf(topic)
  }

  /** 0: it is not there. */
  partitionsOf(topic: string): number {
    return this.#topics.get(topic)?.leaders.length ?? 0
  }

  leaderOf({ topic, partition }: TopicPartition): Leader | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition]
    return leader === undefined || leader.node < 0 ? undefined : leader
  }

  /** Follows these too, from the next refresh on. */
  alsoFollow(topics: readonly string[]): void {
    this.#alsoWanted = topics
  }

  /** What the brokers say after this call: a question that is under way may have been answered before. */
  refresh(): Promise<void> {
    if (this.#refreshing === undefined) return this.#start()
    this.#next ??= this.#refreshing.then(
      () => this.#start(),
      () => this.#start(),
    )
    return this.#next
  }

  /** Asks again, not faster than the backoff allows; trouble is noted. */
  refreshSoon(): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    const backoffMs = Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** this.#failures)
    const due = this.#startedMs + backoffMs
    this.#schedule(Math.max(0, due - performance.now()))
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    const delayMs = Math.min(ms, LONGEST_TIMER_MS)
    const due = performance.now() + delayMs
    if (due >= this.#dueMs || this.#core.closing.aborted) return
    clearTimeout(this.#timer)
    this.#dueMs = due
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.refresh().catch(() => {}) // It is noted.
    }, delayMs)
  }

  #start(): Promise<void> {
    this.#next = undefined
    this.#refreshing = this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { cluster } = this.#core.links
    this.#startedMs = performance.now()
    const isPattern = this.#wanted instanceof RegExp
    try {
      const names = isPattern ? null : [...new Set([...this.names, ...this.#alsoWanted])]
      const { topics } = await cluster.metadata(names, { fresh: true })
      if (this.#core.closing.aborted) return
      this.#askedMs = this.#startedMs
      this.#tookMs = performance.now() - this.#startedMs
      this.#failures = 0
      this.#core.troubles.over(METADATA)
      this.#take(topics)
    } catch (error) {
      if (this.#core.closing.aborted) return
      this.#failures++
      this.#core.troubles.note(METADATA, error)
      this.refreshSoon()
      throw error
    }
    this.#schedule(this.#intervalMs())
    this.#onRefreshed()
  }

  #intervalMs(): number {
    const maxMs = this.#core.links.cluster.settings.metadataMaxAgeMs
    if (this.#wanted instanceof RegExp) {
      const [least, most] = PATTERN_MS
      return Math.min(maxMs, most, Math.max(least, this.#tookMs * PATTERN_SHARE))
    }
    const isMissing = this.#wanted.some((topic) => !this.#topics.has(topic))
    return isMissing ? Math.min(maxMs, MISSING_MS) : maxMs
  }

  #take(answer: readonly TopicMetadata[]): void {
    const topics = new Map<string, FollowedTopic>()
    this.#problem = undefined
    for (const each of answer) {
      const { topic, topicId, errorCode, partitions } = each
      if (this.#wanted instanceof RegExp && !this.#isFollowed(each)) continue
      const error = brokerError(errorCode)
      const known = this.#topics.get(topic)
      if (error?.isRetriable && known && error.name !== 'UNKNOWN_TOPIC_OR_PARTITION') {
        topics.set(topic, known)
        this.refreshSoon()
      } else if (error === null) {
        topics.set(topic, { topicId, leaders: leadersOf(partitions, known, topicId) })
      } else if (!error.isRetriable && this.wants(topic)) {
        const what = `Topic "${topic}": find its partitions`
        this.#problem = atSeam(new BrokerException(error, what), what)
      }
    }
    this.#topics = topics
  }

  /** A pattern does not mean Kafka's own topics. */
  #isFollowed({ topic, isInternal }: TopicMetadata): boolean {
    return (!isInternal && this.wants(topic)) || this.#alsoWanted.includes(topic)
  }
}

/** Of two answers about a partition the one of the later leader counts: a broker may be behind. */
function leadersOf(
  partitions: TopicMetadata['partitions'],
  known: FollowedTopic | undefined,
  topicId: string,
): Leader[] {
  const leaders: Leader[] = Array.from(known?.topicId === topicId ? known.leaders : [])
  for (const { partition, leader, leaderEpoch } of partitions) {
    const before = leaders[partition]
    if (before === undefined || leaderEpoch >= before.epoch)
      leaders[partition] = { node: leader, epoch: leaderEpoch }
  }
  return Array.from(leaders, (each) => each ?? { node: -1, epoch: -1 })
}
