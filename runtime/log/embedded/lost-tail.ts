import { CorruptException } from '../../api/errors.ts'
import type { Catalog, Partition } from './catalog.ts'

/** What was acknowledged once and is not in the database. */
export interface LostTail {
  readonly findings: readonly CorruptException[]
  /** Partitions that ended further on, and where. */
  readonly ends: readonly { readonly partition: Partition; readonly next: number }[]
}

const HINT =
  'Check the disk. Sources that can read again should be set back (their offsets), or the data directory restored from a copy.'

/** Compares the database with the head file's slots: SQLite drops the tail of a damaged WAL without a word. */
export function findLostTail(
  catalog: Catalog,
  sequence: number,
  slots: readonly number[],
): LostTail {
  const findings: CorruptException[] = []
  const ends: { partition: Partition; next: number }[] = []
  const unknown = new Set(slots.keys())
  unknown.delete(0)
  for (const topic of catalog) {
    for (const partition of topic.partitions) {
      unknown.delete(partition.id)
      const next = slots[partition.id] ?? 0
      if (next > partition.next) ends.push({ partition, next })
    }
  }
  const commits = (slots[0] ?? 0) - sequence
  if (commits > 0) {
    findings.push(
      new CorruptException(
        `The log's last ${commits} commits are missing (${sequence + 1} to ${slots[0]}): its WAL was damaged or replaced`,
        { hint: HINT },
      ),
    )
  }
  for (const { partition, next } of ends) {
    findings.push(
      new CorruptException(
        `Topic "${partition.topic}", partition ${partition.partition}: offsets ${partition.next} to ${next - 1} were acknowledged and are missing`,
        { hint: HINT },
      ),
    )
  }
  const orphaned = [...unknown].filter((id) => id > catalog.lastPartition && (slots[id] ?? 0) > 0)
  if (orphaned.length > 0) {
    const records = orphaned.reduce((sum, id) => sum + (slots[id] ?? 0), 0)
    findings.push(
      new CorruptException(
        `${orphaned.length} partitions that the log no longer knows held up to ${records} records: their topics are missing too`,
        { hint: HINT },
      ),
    )
  }
  return { findings, ends }
}
