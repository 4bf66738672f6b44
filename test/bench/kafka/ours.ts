import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import type { EncodedBatch, Log } from '../../../runtime/log/log.ts'
import { partitionForKey } from '../../../runtime/log/partition.ts'
import { inFlight, keys, type Measured, measure, PARTITIONS, VALUE } from './workload.ts'

/** A batch of each partition, in all. As many records are under way as with the stock client, in smaller calls: our best, as 4,000 are its. */
const RECORDS_A_CALL = 2000
const CALLS_IN_FLIGHT = 8

/** Encoding and partitioning are in it: a source does them too. */
export async function produce(log: Log, topic: string, records: number): Promise<Measured> {
  const builders = Array.from(
    { length: PARTITIONS },
    (_, partition) => new BatchBuilder({ topic, partition }),
  )
  let made = 0
  const nextCall = (): readonly EncodedBatch[] => {
    const end = Math.min(records, made + RECORDS_A_CALL)
    for (; made < end; made++) {
      const key = keys[made % keys.length] as Buffer
      builders[partitionForKey(key, PARTITIONS)]?.append(key, VALUE, Date.now())
    }
    return builders.filter((each) => each.records > 0).map((each) => each.build())
  }
  const stop = measure()
  await inFlight(CALLS_IN_FLIGHT, () => (made < records ? log.append(nextCall()) : undefined))
  return stop(records)
}

/** All from the first record on; connecting and asking for offsets are in it. */
export async function consume(log: Log, topic: string, records: number): Promise<Measured> {
  const stop = measure()
  const consumer = await log.consumer({ topics: [topic] })
  const next = new Array<number>(PARTITIONS).fill(0)
  let bytes = 0
  let seen = 0
  while (seen < records) {
    for (const fetched of await consumer.poll({ timeoutMs: 10_000 })) {
      for (const { offset, value } of fetched.records) {
        if (offset !== next[fetched.partition]) throw new Error(`${offset} came out of turn`)
        next[fetched.partition] = offset + 1
        bytes += value?.length ?? 0
      }
      seen += fetched.records.length
    }
  }
  const measured = stop(records)
  await consumer.close()
  if (seen !== records || bytes !== records * VALUE.length)
    throw new Error(`${seen} records, ${bytes} bytes`)
  return measured
}
