import { crc32c } from '@node-rs/crc32'

/** A row of `partitions`: whatever of it changes, its checksum does. */
export interface PartitionRow {
  readonly id: number
  readonly topic: string
  readonly number: number
  readonly first: number
  readonly next: number
  readonly until: number
  readonly bytes: number
  readonly cleaned: number
}

export function partitionChecksum(row: PartitionRow): number {
  const { id, topic, number, first, next, until, bytes, cleaned } = row
  return of([id, topic, number, first, next, until, bytes, cleaned])
}

export function topicChecksum(name: string, partitions: number, settings: string): number {
  return of([name, partitions, settings])
}

export function offsetChecksum(
  group: string,
  topic: string,
  partition: number,
  next: number,
): number {
  return of([group, topic, partition, next])
}

function of(values: readonly (string | number)[]): number {
  return crc32c(JSON.stringify(values))
}
