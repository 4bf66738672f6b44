import type { Consumer, Log } from '../../runtime/log/log.ts'
import type { Placed } from './kafka-tools.ts'

const patienceMs = 60_000

/** All records that a reader without a group gets up to the end as it is now, in order of partition and offset. */
export async function consumeAll(log: Log, topic: string): Promise<readonly Placed[]> {
  const consumer = await log.consumer({ topics: [topic] })
  try {
    return await consumeTo(consumer, await log.offsets(topic))
  } finally {
    await consumer.close()
  }
}

/** What `consumer` gets until it stands at the ends given. */
export async function consumeTo(
  consumer: Consumer,
  ends: Awaited<ReturnType<Log['offsets']>>,
): Promise<readonly Placed[]> {
  const records: Placed[] = []
  const next = new Map<number, number>()
  const isThere = ({ partition, latest }: (typeof ends)[number]) =>
    latest === 0 || (next.get(partition) ?? 0) >= latest
  const until = Date.now() + patienceMs
  while (!ends.every(isThere)) {
    if (Date.now() > until)
      throw new Error(`Not at ${JSON.stringify(ends)} yet: ${JSON.stringify([...next])}`)
    for (const fetched of await consumer.poll({ timeoutMs: 500 })) {
      next.set(fetched.partition, fetched.next)
      for (const record of fetched.records)
        records.push({ ...record, partition: fetched.partition })
    }
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** The same page by page, as people and tools read. */
export async function pageAll(log: Log, topic: string): Promise<readonly Placed[]> {
  const records: Placed[] = []
  for (const { partition, earliest, latest } of await log.offsets(topic)) {
    for (let from = earliest; from < latest; ) {
      const page = await log.read({ topic, partition }, from, { records: 113 })
      if (page.next <= from) throw new Error(`Stands still at ${from} of ${latest}`)
      for (const record of page.records) records.push({ ...record, partition })
      from = page.next
    }
  }
  return records
}
