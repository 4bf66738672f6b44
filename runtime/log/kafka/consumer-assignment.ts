import type { ConsumerOptions, TopicPartition } from '../log.ts'
import { Background } from './consumer-background.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import type { Fetcher } from './fetcher.ts'
import type { Membership } from './membership.ts'
import { keyOf } from './place-key.ts'
import type { PartitionPosition } from './position.ts'
import type { Newcomer, StartFinder } from './position-start.ts'
import type { Subscription } from './subscription.ts'

/** How long opening a consumer waits for a partition without a leader. */
const PREPARE_MS = 10_000

type Events = Pick<ConsumerOptions, 'onAssigned' | 'onRevoked' | 'onLost'>

interface AssignmentParts {
  readonly subscription: Subscription
  readonly membership: Membership | undefined
  readonly fetcher: Fetcher
  readonly starts: StartFinder
  readonly events: Events
}

/**
 * What the consumer holds, brought in line with what it should hold: by the group, or, alone, by the topics that are there. The steps that wait
 * for others go on between polls; the caller is called back within `follow` alone. A callback that throws is called again next time.
 */
export class ConsumerAssignment {
  readonly #core: ConsumerCore
  readonly #parts: AssignmentParts
  /** To be told of, in the next `follow`. */
  #lost: TopicPartition[] = []
  #assigned: TopicPartition[] = []
  #joining: Background<void> | undefined
  #starting: Background<PartitionPosition[]> | undefined
  /** Grows when what is looked for is not wanted any more. */
  #startTurn = 0
  /** Partitions whose topic was deleted while they were read, and the id that it had. */
  readonly #gone = new Map<string, string>()
  #joinedMs = 0

  constructor(core: ConsumerCore, parts: AssignmentParts) {
    this.#core = core
    this.#parts = parts
  }

  /** Alone: finds what to read and where to begin. What takes too long is found between polls. */
  async prepare(): Promise<void> {
    const end = performance.now() + PREPARE_MS
    const isWanted = () => performance.now() < end
    this.#takeIn(await this.#parts.starts.find(() => this.#newcomers(), isWanted))
  }

  /** True when nothing stands in the way of reading. */
  async follow(): Promise<boolean> {
    const { membership } = this.#parts
    this.#loseGone()
    if (membership?.isExpelled) this.#lose(this.#parts.fetcher.positions)
    await this.#tellLost()
    if (membership?.fenced) throw membership.fenced
    if (membership && !(await this.#rebalance(membership))) return false
    this.#find()
    await this.#tellAssigned()
    return true
  }

  /** False while the group is not ready. */
  async #rebalance(membership: Membership): Promise<boolean> {
    if (this.#joining?.isDone) {
      const joined = this.#joining
      this.#joining = undefined
      this.#joinedMs = performance.now()
      joined.result
      const held = new Set(membership.assigned.map(keyOf))
      for (const key of this.#gone.keys()) if (!held.has(key)) this.#gone.delete(key)
    }
    if (this.#joining) return false
    if (!membership.isDue) return true
    await this.#revoke()
    this.#joining = new Background(membership.join(), this.#core.wake)
    return false
  }

  async #revoke(): Promise<void> {
    const { fetcher, events } = this.#parts
    // The next assignment finds its own starts.
    this.#starting = undefined
    this.#startTurn++
    // What nobody was told of yet cannot be taken away.
    const untold = new Set(this.#assigned.map(keyOf))
    this.#assigned = []
    const held = fetcher.positions.filter((position) => !untold.has(keyOf(position)))
    if (held.length > 0) await events.onRevoked?.(held.map(placeOf))
    fetcher.remove(fetcher.positions)
  }

  /** A topic that is gone, or another one by now, takes its partitions along. */
  #loseGone(): void {
    const { fetcher, subscription } = this.#parts
    const gone = fetcher.positions.filter(
      (position) =>
        !subscription.has(position) || subscription.topicId(position.topic) !== position.topicId,
    )
    if (gone.length === 0) return
    for (const position of gone) this.#gone.set(keyOf(position), position.topicId)
    for (const topic of new Set(gone.map((position) => position.topic))) {
      this.#core.logger.warn(
        { topic, isBack: subscription.partitionsOf(topic) > 0 },
        'the topic was deleted: another one of that name is read from its start',
      )
    }
    this.#lose(gone)
  }

  #lose(positions: readonly PartitionPosition[]): void {
    if (positions.length === 0) return
    const untold = new Set(this.#assigned.map(keyOf))
    const gone = new Set(positions.map(keyOf))
    this.#lost.push(...positions.filter((each) => !untold.has(keyOf(each))).map(placeOf))
    this.#assigned = this.#assigned.filter((place) => !gone.has(keyOf(place)))
    this.#parts.fetcher.remove(positions)
  }

  async #tellLost(): Promise<void> {
    if (this.#lost.length === 0) return
    await this.#parts.events.onLost?.(this.#lost)
    this.#lost = []
  }

  async #tellAssigned(): Promise<void> {
    if (this.#assigned.length === 0) return
    await this.#parts.events.onAssigned?.(this.#assigned)
    this.#assigned = []
  }

  /** Starts to look where newcomers begin, and takes in those for which that is known. */
  #find(): void {
    if (this.#starting?.isDone) {
      const found = this.#starting
      this.#starting = undefined
      this.#takeIn(found.result)
    }
    if (this.#starting) return
    if (this.#newcomers().length === 0) return
    const turn = this.#startTurn
    const isWanted = () => turn === this.#startTurn
    const finding = this.#parts.starts.find(() => this.#readable(), isWanted)
    this.#starting = new Background(finding, this.#core.wake)
  }

  /** Partitions without a leader hold up no others; where they begin is asked when they are left alone. */
  #readable(): Newcomer[] {
    const newcomers = this.#newcomers()
    const led = newcomers.filter((place) => this.#parts.subscription.leaderOf(place))
    return led.length > 0 ? led : newcomers
  }

  #takeIn(positions: readonly PartitionPosition[]): void {
    const { fetcher, subscription } = this.#parts
    const there = positions.filter(({ topic, topicId }) => subscription.topicId(topic) === topicId)
    for (const position of there) this.#gone.delete(keyOf(position))
    fetcher.add(there)
    this.#assigned.push(...there.map(placeOf))
  }

  #newcomers(): Newcomer[] {
    const { membership, subscription, fetcher } = this.#parts
    const wanted = membership ? membership.assigned : subscription.places()
    const newcomers: Newcomer[] = []
    for (const { topic, partition } of wanted) {
      const place = { topic, partition }
      if (fetcher.find(place)) continue
      const topicId = subscription.topicId(topic)
      const goneId = this.#gone.get(keyOf(place))
      // The same one may come back: brokers and permissions have their moments.
      const isReborn = goneId !== undefined && goneId !== topicId
      if (topicId !== undefined && subscription.has(place))
        newcomers.push({ ...place, topicId, isReborn })
      // The group's leader knew it before us.
      else if (subscription.askedMs < this.#joinedMs) subscription.refreshSoon()
    }
    return newcomers
  }
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
