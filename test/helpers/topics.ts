import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type { LogRecord } from '../../runtime/log/log.ts'
import { openEmbeddedLogReader, openLog } from '../../runtime/log/open.ts'

/** Writes values into partition 0 of topics, byte for byte, before a worker runs on that directory. */
export async function writeTopics(
  dataDir: string,
  topics: Readonly<Record<string, readonly (string | Uint8Array)[]>>,
): Promise<void> {
  const log = await openLog({ kind: 'embedded', dataDir })
  const batches = Object.entries(topics).map(([topic, values]) => {
    const batch = new BatchBuilder({ topic, partition: 0 })
    for (const value of values) batch.append(null, value, Date.now())
    return batch.build()
  })
  await log.append(batches)
  await log.close()
}

/** Every record of a topic, partition by partition, as another process reads it, also while a worker runs. */
export async function readTopic(dataDir: string, topic: string): Promise<readonly LogRecord[]> {
  const log = await openEmbeddedLogReader(dataDir)
  try {
    const records: LogRecord[] = []
    for (const { partition, earliest, latest } of await log.offsets(topic)) {
      for (let next = earliest; next < latest; ) {
        const page = await log.read({ topic, partition }, next, { records: 10_000 })
        records.push(...page.records)
        next = page.next
      }
    }
    return records
  } finally {
    await log.close()
  }
}
