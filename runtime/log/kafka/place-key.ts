import type { TopicPartition } from '../log.ts'

/** Names a partition in a map. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}
