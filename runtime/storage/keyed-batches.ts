import { BatchBuilder } from '../log/batch/batch-builder.ts'
import type { EncodedBatch } from '../log/log.ts'
import { partitionForKey } from '../log/partition.ts'

export interface KeyedEntry {
  readonly key: string
  /** Null: a tombstone. */
  readonly value: string | null
}

/** One batch a partition, each key in the partition where Kafka's producer puts it; entries keep their order. */
export function keyedBatches(
  topic: string,
  partitions: number,
  entries: readonly KeyedEntry[],
  timestamp: number,
): EncodedBatch[] {
  const builders = new Map<number, BatchBuilder>()
  for (const { key, value } of entries) {
    const bytes = Buffer.from(key)
    const partition = partitionForKey(bytes, partitions)
    let builder = builders.get(partition)
    if (builder === undefined) {
      builder = new BatchBuilder({ topic, partition })
      builders.set(partition, builder)
    }
    builder.append(bytes, value, timestamp)
  }
  return [...builders.values()].map((builder) => builder.build())
}
