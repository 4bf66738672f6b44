import { ConflictException } from '../../api/errors.ts'
import type { TopicOffset, TopicPartition } from '../log.ts'
import { persist } from './admin-persist.ts'
import { byTopic } from './by-topic.ts'
import type { KafkaCluster } from './cluster.ts'
import { BrokerException, check } from './protocol/errors.ts'
import type { KafkaRequest } from './protocol/request.ts'
import { deleteGroupsRequest } from './protocol/requests/delete-groups.ts'
import { describeGroupsRequest } from './protocol/requests/describe-groups.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'
import { offsetCommitRequest } from './protocol/requests/offset-commit.ts'
import { offsetDeleteRequest } from './protocol/requests/offset-delete.ts'
import { offsetFetchRequest } from './protocol/requests/offset-fetch.ts'

const UNKNOWN_MEMBER_ID = 25
const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69
const GROUP_SUBSCRIBED_TO_TOPIC = 86

/** Without members: whoever commits so is refused while the group has some. */
const nobody = { generation: -1, memberId: '' } as const

/** Consumer groups from outside: what they committed. */
export class GroupAdmin {
  readonly #cluster: KafkaCluster
  readonly #timeoutMs: number

  constructor(cluster: KafkaCluster, timeoutMs: number) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  async offsets(group: string): Promise<readonly TopicOffset[]> {
    const what = `Group "${group}": read its offsets`
    const topics = await this.#ask(group, what, async (send) => {
      const answer = await send(offsetFetchRequest({ group, topics: null }))
      check(answer.errorCode, what)
      for (const { partitions } of answer.topics)
        for (const { errorCode } of partitions) check(errorCode, what)
      return answer.topics
    })
    return topics
      .flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset })),
      )
      .filter(({ offset }) => offset >= 0)
      .sort((a, b) =>
        a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
      )
  }

  /** As `member` of the group; left out, the group must have no members. */
  async commit(
    group: string,
    offsets: readonly TopicOffset[],
    member: Omit<GroupMember, 'group'> = nobody,
  ): Promise<void> {
    if (offsets.length === 0) return
    const what = `Group "${group}": commit offsets`
    await this.#ask(group, what, async (send) => {
      const answer = await send(offsetCommitRequest({ group, ...member, topics: byTopic(offsets) }))
      for (const { topic, partitions } of answer.topics)
        for (const { partition, errorCode } of partitions)
          check(errorCode, `${what} of topic "${topic}", partition ${partition}`)
    })
  }

  async alter(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: number | null })[],
  ): Promise<void> {
    // Asked first, so that a group with members is left as it is, all of it.
    await this.#refuseMembers(group)
    const set = offsets.filter((each): each is TopicOffset => each.offset !== null)
    const deleted = offsets.filter(({ offset }) => offset === null)
    try {
      await this.commit(group, set)
      await this.#deleteOffsets(group, deleted)
    } catch (error) {
      throw isMemberThere(error) ? this.#conflict(group, error) : error
    }
  }

  /** One that is not there is deleted already. */
  async delete(group: string): Promise<void> {
    const what = `Group "${group}": delete it`
    try {
      await this.#ask(group, what, async (send) => {
        const answer = await send(deleteGroupsRequest({ groups: [group] }))
        const code = answer.groups[0]?.errorCode ?? 0
        if (code !== GROUP_ID_NOT_FOUND) check(code, what)
      })
    } catch (error) {
      throw isMemberThere(error) ? this.#conflict(group, error) : error
    }
  }

  async #deleteOffsets(group: string, places: readonly TopicPartition[]): Promise<void> {
    if (places.length === 0) return
    const what = `Group "${group}": delete offsets`
    const topics = byTopic(places).map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => partition),
    }))
    await this.#ask(group, what, async (send) => {
      const answer = await send(offsetDeleteRequest({ group, topics }))
      if (answer.errorCode === GROUP_ID_NOT_FOUND) return
      check(answer.errorCode, what)
      for (const { topic, partitions } of answer.topics)
        for (const { partition, errorCode } of partitions)
          check(errorCode, `${what} of topic "${topic}", partition ${partition}`)
    })
  }

  async #refuseMembers(group: string): Promise<void> {
    const what = `Group "${group}": see whether it has members`
    const members = await this.#ask(group, what, async (send) => {
      const { groups } = await send(describeGroupsRequest({ groups: [group] }))
      const found = groups[0]
      if (found?.errorCode !== GROUP_ID_NOT_FOUND) check(found?.errorCode ?? 0, what)
      return found?.members ?? []
    })
    if (members.length > 0) throw this.#conflict(group)
  }

  #conflict(group: string, cause?: unknown): ConflictException {
    return new ConflictException(`Group "${group}" has members`, {
      hint: 'Stop whoever reads as this group first.',
      cause,
    })
  }

  /** Makes its requests to the group's coordinator, also when that moved meanwhile. */
  #ask<T>(
    group: string,
    what: string,
    call: (send: <A>(request: KafkaRequest<A>) => Promise<A>) => Promise<T>,
  ): Promise<T> {
    const cluster = this.#cluster
    return persist(
      async () => {
        const node = await cluster.coordinator(group, 'group')
        return call((request) => cluster.send(node, request))
      },
      {
        what,
        forMs: this.#timeoutMs,
        signal: cluster.closing,
        forget: () => cluster.forgetCoordinator(group, 'group'),
      },
    )
  }
}

function isMemberThere(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return (
    cause instanceof BrokerException &&
    [UNKNOWN_MEMBER_ID, NON_EMPTY_GROUP, GROUP_SUBSCRIBED_TO_TOPIC].includes(cause.errorCode)
  )
}
