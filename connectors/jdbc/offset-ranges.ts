import type { SinkRecord } from '../../runtime/api/index.ts'

const shownLimit = 5

/** As in `topic t, partition 0, offsets 5 to 504`; the first few partitions, and how many more. */
export function offsetRanges(records: readonly SinkRecord[]): string {
  const ranges = new Map<string, { low: number; high: number }>()
  for (const { topic, partition, offset } of records) {
    const place = `topic ${topic}, partition ${partition}`
    const range = ranges.get(place)
    if (!range) ranges.set(place, { low: offset, high: offset })
    else {
      range.low = Math.min(range.low, offset)
      range.high = Math.max(range.high, offset)
    }
  }
  const shown = Array.from(ranges, ([place, { low, high }]) =>
    low === high ? `${place}, offset ${low}` : `${place}, offsets ${low} to ${high}`,
  ).slice(0, shownLimit)
  const more = ranges.size - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more partitions` : '')
}
