import { CorruptException } from '../../api/errors.ts'
import type { Catalog, Partition } from './catalog.ts'

/** What was acknowledged once and is not in the database. */
export interface LostTail {
  readonly findings: readonly CorruptException[]
  /** Partitions that miss their last offsets: from where, and where they go on. */
  readonly ends: readonly {
    readonly partition: Partition
    readonly from: number
    readonly next: number
  }[]
  readonly sequence: number
  readonly lastPartition: number
}

const HINT =
  'Check the disk. Sources that can read again should be set back (their offsets), or the data directory restored from a copy.'

/**
 * Compares the database with the head file's slots: SQLite drops the tail of a damaged WAL without a word. `endOf` is where the rows of a
 * partition end: after part of a WAL was taken back they may end before the partition does.
 */
export function findLostTail(
  catalog: Catalog,
  slots: readonly (number | undefined)[],
  endOf: (partition: Partition) => number,
): LostTail {
  const findings: CorruptException[] = []
  const find = (text: string) => findings.push(new CorruptException(text, { hint: HINT }))
  const ends: { partition: Partition; from: number; next: number }[] = []
  const unknown = new Set(slots.keys())
  unknown.delete(0)
  for (const { partitions } of catalog) {
    for (const partition of partitions) {
      unknown.delete(partition.id)
      const from = endOf(partition)
      const next = Math.max(partition.next, slots[partition.id] ?? 0, from)
      // Rows behind the end: of two pages that were written together one is older. They are taken in.
      if (next > from || from > partition.next) ends.push({ partition, from, next })
    }
  }
  const sequence = slots[0] ?? 0
  const commits = sequence - catalog.sequence
  if (commits > 0) {
    find(
      `The log's last ${commits} commits are missing (${catalog.sequence + 1} to ${sequence}): its WAL was damaged or replaced`,
    )
  }
  for (const { partition, from, next } of ends) {
    const place = `Topic "${partition.topic}", partition ${partition.partition}`
    find(
      next > from
        ? `${place}: offsets ${from} to ${next - 1} were acknowledged and are missing`
        : `${place}: its record is older than its last batches; it goes on behind them, at ${next}`,
    )
  }
  const orphaned = [...unknown].filter((id) => id > catalog.lastPartition && (slots[id] ?? 0) > 0)
  if (orphaned.length > 0) {
    const records = orphaned.reduce((sum, id) => sum + (slots[id] ?? 0), 0)
    find(
      `${orphaned.length} partitions that the log no longer knows held up to ${records} records: their topics are missing too`,
    )
  }
  const damaged = slots.filter((value) => value === undefined).length
  if (damaged > 0) {
    find(
      `${damaged} of ${slots.length} numbers in the log's head file are damaged: whether the last commits are all there is not known for sure`,
    )
  }
  return { findings, ends, sequence, lastPartition: Math.max(0, ...orphaned) }
}
