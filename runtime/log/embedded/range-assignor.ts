import type { TopicPartition } from '../log.ts'
import type { Holding } from './protocol.ts'

export interface AssignableMember {
  readonly id: number
  readonly topics: readonly string[] | RegExp
  /** What it has now: it keeps as much of it as is fair. */
  readonly owned: readonly TopicPartition[]
}

/** A topic and the ids of its partitions, in order. */
export interface AssignableTopic {
  readonly topic: string
  readonly ids: readonly number[]
}

export function subscribes(topics: readonly string[] | RegExp, topic: string): boolean {
  if (!(topics instanceof RegExp)) return topics.includes(topic)
  const match = topics.exec(topic)
  topics.lastIndex = 0
  return match !== null && match[0] === topic
}

/**
 * Kafka's range rule, but sticky: topic by topic each member gets its fair number of partitions, consecutive ones for a group that starts
 * together; whoever has some already keeps those that fit into its share. Members in the order in which they joined.
 */
export function assign(
  topics: readonly AssignableTopic[],
  members: readonly AssignableMember[],
): Map<number, Holding[]> {
  const assignment = new Map<number, Holding[]>(members.map(({ id }) => [id, []]))
  for (const { topic, ids } of topics) {
    const subscribed = members.filter((member) => subscribes(member.topics, topic))
    if (subscribed.length === 0) continue
    for (const [id, numbers] of assignTopic(topic, ids.length, subscribed))
      for (const partition of numbers)
        assignment.get(id)?.push({ topic, partition, id: ids[partition] as number })
  }
  return assignment
}

function assignTopic(
  topic: string,
  partitions: number,
  members: readonly AssignableMember[],
): Map<number, number[]> {
  const owned = members.map(({ id, owned }) => ({
    id,
    numbers: owned.filter((p) => p.topic === topic).map((p) => p.partition),
  }))
  const share = Math.floor(partitions / members.length)
  let larger = partitions % members.length
  // A share that is one larger goes first to who has so many already: nothing moves that need not.
  const shares = new Map(members.map(({ id }) => [id, share]))
  for (const { id } of owned.toSorted((a, b) => b.numbers.length - a.numbers.length)) {
    if (larger === 0) break
    shares.set(id, share + 1)
    larger--
  }
  const kept = new Map(
    owned.map(({ id, numbers }) => [
      id,
      numbers.toSorted((a, b) => a - b).slice(0, shares.get(id)),
    ]),
  )
  const taken = new Set([...kept.values()].flat())
  const free = Array.from({ length: partitions }, (_, i) => i).filter((i) => !taken.has(i))
  for (const [id, numbers] of kept) {
    const lacking = (shares.get(id) ?? 0) - numbers.length
    numbers.push(...free.splice(0, lacking))
    numbers.sort((a, b) => a - b)
  }
  return kept
}
