import type { TopicPartition } from '../log.ts'
import { type AssignableMember, assignRange } from './assignor.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  PROTOCOL_TYPE,
  RANGE,
} from './assignor-wire.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import type { GroupCoordinator } from './membership-coordinator.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'
import { type JoinGroupAnswer, joinGroupRequest } from './protocol/requests/join-group.ts'
import { syncGroupRequest } from './protocol/requests/sync-group.ts'
import type { Subscription } from './subscription.ts'

/** A join takes as long as the slowest member may take; the answer must have arrived a little later. */
const SLACK_MS = 5000
const MEMBER_ID_REQUIRED = 79

/** What came of a join. */
export interface Joined {
  readonly generation: number
  readonly assigned: readonly TopicPartition[]
  /** The topics it said it wants. */
  readonly names: readonly string[]
  /** As the group's leader: the topics that were shared out, and how many partitions they had. Empty for the others. */
  readonly shared: ReadonlyMap<string, number>
}

/** One round of joining: JoinGroup, the leader's work if it falls to this member, SyncGroup. */
export class MembershipJoin {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription
  readonly #coordinator: GroupCoordinator

  constructor(core: ConsumerCore, subscription: Subscription, coordinator: GroupCoordinator) {
    this.#core = core
    this.#subscription = subscription
    this.#coordinator = coordinator
  }

  /** `onKnown` hears who it is as soon as the coordinator says so, at first without a generation (-1). */
  async run(memberId: string, onKnown: (member: GroupMember) => void): Promise<Joined> {
    const { group } = this.#coordinator
    const instanceId = this.#core.settings.groupInstanceId
    if (this.#subscription.askedMs === 0) await this.#subscription.refresh()
    const { names } = this.#subscription
    let answer = await this.#join(memberId, names)
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      onKnown({ group, generation: -1, memberId: answer.memberId, instanceId })
      answer = await this.#join(answer.memberId, names)
    }
    const { generation, leader } = answer
    const member = { group, generation, memberId: answer.memberId, instanceId }
    onKnown(member)
    const shared = new Map<string, number>()
    const isLeader = leader === answer.memberId && answer.members.length > 0
    const assignments = isLeader ? await this.#shareOut(answer, shared) : []
    if (!isLeader) this.#subscription.alsoFollow([])
    const request = syncGroupRequest({ ...member, assignments })
    const { assignment } = await this.#coordinator.call(
      request,
      ({ errorCode }) => [errorCode],
      this.#patient,
    )
    return { generation, assigned: decodeAssignment(assignment), names, shared }
  }

  get #patient() {
    const { maxPollIntervalMs } = this.#core.settings
    const { requestTimeoutMs } = this.#core.links.cluster.settings
    return {
      channel: 'group',
      timeoutMs: Math.max(requestTimeoutMs, maxPollIntervalMs + SLACK_MS),
    } as const
  }

  #join(memberId: string, names: readonly string[]): Promise<JoinGroupAnswer> {
    const { sessionTimeoutMs, maxPollIntervalMs, groupInstanceId } = this.#core.settings
    const request = joinGroupRequest({
      group: this.#coordinator.group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxPollIntervalMs,
      memberId,
      instanceId: groupInstanceId,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: RANGE, metadata: encodeSubscription(names) }],
    })
    const codesOf = ({ errorCode }: JoinGroupAnswer) =>
      errorCode === MEMBER_ID_REQUIRED ? [] : [errorCode]
    return this.#coordinator.call(request, codesOf, this.#patient)
  }

  /** What each member gets; fills `shared`. */
  async #shareOut(answer: JoinGroupAnswer, shared: Map<string, number>) {
    const members = answer.members.map(
      ({ memberId, instanceId, metadata }): AssignableMember => ({
        memberId,
        groupInstanceId: instanceId,
        topics: decodeSubscription(metadata),
      }),
    )
    const topics = new Set(members.flatMap((member) => member.topics))
    this.#subscription.alsoFollow([...topics])
    await this.#subscription.refresh()
    for (const topic of topics) shared.set(topic, this.#subscription.partitionsOf(topic))
    return Array.from(assignRange(members, shared), ([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }
}
