import type { TopicPartition } from '../log.ts'

/** A member as its group's leader sees it. */
export interface AssignableMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/**
 * Java's RangeAssignor: topic by topic the members that want it, in their order, get consecutive partitions; the first ones get one more when it
 * does not come out even. Members that share a group with Java's must reach the very same result.
 */
export function assignRange(
  members: readonly AssignableMember[],
  partitionsOf: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>(
    members.map(({ memberId }) => [memberId, []]),
  )
  const sorted = members.toSorted(inOrder)
  for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
    const partitions = partitionsOf.get(topic)
    if (partitions === undefined) continue
    const takers = sorted.filter(({ topics }) => topics.includes(topic))
    const share = Math.floor(partitions / takers.length)
    const larger = partitions % takers.length
    let next = 0
    for (const [i, { memberId }] of takers.entries()) {
      const end = next + share + (i < larger ? 1 : 0)
      for (; next < end; next++) assignment.get(memberId)?.push({ topic, partition: next })
    }
  }
  return assignment
}

/** Static members come first, by their own names: they keep their partitions over a restart. */
function inOrder(a: AssignableMember, b: AssignableMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null)
    return compare(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

/** By UTF-16 units, as Java compares. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
