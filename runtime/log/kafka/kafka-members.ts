import { FencedException } from '../../api/errors.ts'
import type { Consumer, TopicPartition, Transaction } from '../log.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'

/** A consumer that a broker knows as a member of a group. */
export interface MemberConsumer extends Consumer {
  readonly memberId: string
  /** `group.instance.id` of a static member. */
  readonly instanceId: string | null
}

/** The group members that this thread has opened: their offsets may be committed by somebody else in this log. */
export class KafkaMembers {
  readonly #members = new Map<string, Set<WeakRef<MemberConsumer>>>()

  add(group: string, consumer: MemberConsumer): void {
    for (const [known, members] of this.#members) {
      for (const member of members) if (member.deref() === undefined) members.delete(member)
      if (members.size === 0) this.#members.delete(known)
    }
    const members = this.#members.get(group) ?? new Set()
    this.#members.set(group, members.add(new WeakRef(consumer)))
  }

  /** Who may commit these offsets; undefined for a group without members. FencedException when it was another generation's turn. */
  of({
    group,
    generation,
    offsets,
  }: NonNullable<Transaction['groupOffsets']>): Omit<GroupMember, 'group'> | undefined {
    if (generation === undefined) return undefined
    for (const reference of this.#members.get(group) ?? []) {
      const member = reference.deref()
      if (member?.generation !== generation || !holds(member, offsets)) continue
      const { memberId, instanceId } = member
      return { generation, memberId, instanceId }
    }
    throw new FencedException(
      `Group "${group}": generation ${generation} is over, or never held these partitions`,
    )
  }
}

function holds(member: Consumer, places: readonly TopicPartition[]): boolean {
  const held = member.assignment()
  return places.every(({ topic, partition }) =>
    held.some((each) => each.topic === topic && each.partition === partition),
  )
}
