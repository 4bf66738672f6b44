import type { TopicPartition } from '../log.ts'
import type { OfTopic } from './protocol/requests/topic-list.ts'

/** As requests name partitions: topic by topic, in the order of their first one. */
export function byTopic<P extends TopicPartition>(places: readonly P[]): OfTopic<P>[] {
  const topics = new Map<string, P[]>()
  for (const place of places) {
    const partitions = topics.get(place.topic)
    if (partitions) partitions.push(place)
    else topics.set(place.topic, [place])
  }
  return Array.from(topics, ([topic, partitions]) => ({ topic, partitions }))
}
