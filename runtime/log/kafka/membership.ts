import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectException, FencedException } from '../../api/errors.ts'
import type { TopicOffset, TopicPartition } from '../log.ts'
import { byTopic } from './by-topic.ts'
import { Backoff } from './connection/backoff.ts'
import { within } from './connection/deadline.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import { GroupCoordinator } from './membership-coordinator.ts'
import { Heartbeats } from './membership-heartbeats.ts'
import { type Joined, MembershipJoin } from './membership-join.ts'
import { atSeam, BrokerException, mayPass } from './protocol/errors.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'
import { leaveGroupRequest } from './protocol/requests/leave-group.ts'
import { offsetCommitRequest } from './protocol/requests/offset-commit.ts'
import { offsetFetchRequest } from './protocol/requests/offset-fetch.ts'
import type { Subscription } from './subscription.ts'

/** How long offsets are tried to be committed or read before the caller hears of it. */
const PATIENCE_MS = 5000
/** Leaving must not hold up whoever closes: without it the group notices a session timeout later. */
const LEAVE_MS = 2000
const GROUP = 'group'

const expelling = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])

/** This consumer as a member of its group: joins, stays, commits, leaves. What it holds is changed by `join` alone, which the caller times. */
export class Membership {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription
  readonly #coordinator: GroupCoordinator
  readonly #join: MembershipJoin
  readonly #heartbeats: Heartbeats
  #memberId = ''
  #joined: Joined | undefined
  #generation = 0
  #isDue = true
  #isJoining = false
  #isExpelled = false
  #fenced: Error | undefined

  constructor(core: ConsumerCore, subscription: Subscription, group: string) {
    this.#core = core
    this.#subscription = subscription
    this.#coordinator = new GroupCoordinator(core, group)
    this.#join = new MembershipJoin(core, subscription, this.#coordinator)
    this.#heartbeats = new Heartbeats(core, this.#coordinator, (error) => this.#onBeat(error))
  }

  get group(): string {
    return this.#coordinator.group
  }

  /** Of the last join; what is committed under an older one is refused. */
  get generation(): number {
    return this.#generation
  }

  /** Who it is to the coordinator; undefined while it is no member. */
  get identity(): GroupMember | undefined {
    if (this.#joined === undefined || this.#isExpelled) return undefined
    return {
      group: this.group,
      generation: this.#generation,
      memberId: this.#memberId,
      instanceId: this.#core.settings.groupInstanceId,
    }
  }

  /** What the group's leader gave it. */
  get assigned(): readonly TopicPartition[] {
    return this.#joined?.assigned ?? []
  }

  /** The group rebalances, or should: give up what is held, then `join`. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** The group gave its partitions to others: forget them, then `join`. */
  get isExpelled(): boolean {
    return this.#isExpelled
  }

  /** Another member goes by the same `group.instance.id`. */
  get fenced(): Error | undefined {
    return this.#fenced
  }

  /** After the subscription was refreshed: the group must know of what changed. */
  followTopics(): void {
    const joined = this.#joined
    // A join is about to tell the group; what came of it is looked at when it is over.
    if (joined === undefined || this.#isDue || this.#isJoining) return
    const { names } = this.#subscription
    const isOther =
      joined.names.join('\n') !== names.join('\n') ||
      Array.from(joined.shared).some(
        ([topic, partitions]) => this.#subscription.partitionsOf(topic) !== partitions,
      )
    if (!isOther) return
    this.#isDue = true
    this.#core.wake()
  }

  /** Until it is a member and knows what it holds; may take as long as others of the group take. */
  async join(): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    this.#isExpelled = false
    while (!this.#core.closing.aborted) {
      this.#heartbeats.stop()
      this.#isDue = false
      this.#isJoining = true
      try {
        const joined = await this.#join.run(this.#memberId, (member) => {
          this.#memberId = member.memberId
          if (member.generation >= 0) this.#heartbeats.start(member)
        })
        this.#joined = joined
        this.#generation = joined.generation
        this.#isExpelled = false
        this.#isJoining = false
        this.#core.troubles.over(GROUP)
        this.followTopics()
        return
      } catch (error) {
        this.#isJoining = false
        this.#isDue = true
        this.#heartbeats.stop()
        if (this.#isRefused(error)) continue
        if (this.#fenced) throw this.#fenced
        if (!mayPass(error)) throw atSeam(error, `Join group "${this.group}"`)
        this.#core.troubles.note(GROUP, atSeam(error, `Join group "${this.group}"`))
        backoff.failed()
        await sleep(backoff.ms, undefined, { signal: this.#core.closing })
      }
    }
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    const what = `Group "${this.group}": commit offsets`
    await this.#persist(what, async () => {
      const member = this.identity
      if (member === undefined)
        throw new FencedException(`${what}: this member was expelled from the group`)
      const request = offsetCommitRequest({ ...member, topics: byTopic(offsets) })
      try {
        await this.#coordinator.call(request, ({ topics }) =>
          topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
        )
      } catch (error) {
        this.#onCommit(error)
        throw error
      }
    })
  }

  async committed(places: readonly TopicPartition[]): Promise<TopicOffset[]> {
    if (places.length === 0) return []
    const topics = byTopic(places).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => partition),
    }))
    const request = offsetFetchRequest({ group: this.group, topics })
    const what = `Group "${this.group}": read its offsets`
    const answer = await this.#persist(what, () =>
      this.#coordinator.call(request, ({ errorCode, topics }) => [
        errorCode,
        ...topics.flatMap(({ partitions }) => partitions.map((each) => each.errorCode)),
      ]),
    )
    return answer.topics.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }) =>
        offset < 0 ? [] : [{ topic, partition, offset }],
      ),
    )
  }

  /** A static member stays: the group waits for it to come back. */
  async leave(): Promise<void> {
    this.#heartbeats.stop()
    const { groupInstanceId } = this.#core.settings
    if (this.#memberId === '' || groupInstanceId !== null) return
    const { group } = this
    const request = leaveGroupRequest({ group, members: [{ memberId: this.#memberId }] })
    // Without an answer the session timeout does it.
    await within(
      this.#coordinator.call(request, ({ errorCode }) => [errorCode]),
      { ms: LEAVE_MS, onTimeout: () => new Error('no answer') },
    ).catch(() => {})
  }

  #onBeat(error: unknown): void {
    if (error === undefined) this.#core.troubles.over(GROUP)
    else if (nameOf(error) === 'REBALANCE_IN_PROGRESS') this.#isDue = true
    else if (!this.#isRefused(error))
      this.#core.troubles.note(GROUP, atSeam(error, `Stay in group "${this.group}"`))
    if (this.#isDue) this.#core.wake()
  }

  #onCommit(error: unknown): void {
    const name = nameOf(error)
    if (name === 'REBALANCE_IN_PROGRESS') this.#isDue = true
    else if (name === 'UNKNOWN_TOPIC_OR_PARTITION') this.#subscription.refreshSoon()
    else this.#isRefused(error)
  }

  /** Whether the error says that the member is none any more. */
  #isRefused(error: unknown): boolean {
    const name = nameOf(error)
    if (name === undefined || !expelling.has(name)) return name === 'REBALANCE_IN_PROGRESS'
    if (name === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    if (name === 'FENCED_INSTANCE_ID') this.#fenced = twins(this.group, error)
    this.#heartbeats.stop()
    this.#isExpelled = this.#joined !== undefined
    this.#isDue = true
    this.#core.wake()
    return name !== 'FENCED_INSTANCE_ID'
  }

  async #persist<T>(what: string, work: () => Promise<T>): Promise<T> {
    const end = performance.now() + PATIENCE_MS
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    for (;;) {
      try {
        return await work()
      } catch (error) {
        const isHere = nameOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION'
        backoff.failed()
        const isWorthIt = isHere && mayPass(error) && performance.now() + backoff.ms < end
        if (!isWorthIt || this.#core.closing.aborted) throw atSeam(error, what)
        await sleep(backoff.ms)
      }
    }
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof BrokerException ? error.errorName : undefined
}

function twins(group: string, cause: unknown): ConnectException {
  return new ConnectException(
    `Another member of group "${group}" goes by the same group.instance.id and took the place of this one`,
    {
      hint: 'Give each task an instance id of its own, or leave group.instance.id out.',
      cause,
    },
  )
}
