import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { openLog } from '../../../../runtime/log/open.ts'

// Appends batches of three records as fast as it can and prints the number of each batch once it is acknowledged, until it is killed.
const [dataDir = '', from = '0'] = process.argv.slice(2)
const log = await openLog({ kind: 'embedded', dataDir })
await log.createTopic({ topic: 'numbers', partitions: 2 })
let number = Number(from)

async function append(partition: number): Promise<never> {
  const builder = new BatchBuilder({ topic: 'numbers', partition })
  for (;;) {
    const own = number++
    for (let i = 0; i < 3; i++) builder.append(String(i), `${own}`.padEnd(5000), 1)
    await log.append([builder.build()])
    process.stdout.write(`${own}\n`)
  }
}
await Promise.all([append(0), append(1), append(0), append(1)])
