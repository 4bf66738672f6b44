import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { phases } from '../helpers/phase-recorder.ts'
import { startPostgres } from '../helpers/postgres.ts'
import { killProof } from './kill-proof.ts'

/** KILLS and PACKETS make it as long as wanted (the whole proof: 100 and 1,000,000); SEED repeats a run's moments. */
const kills = Number(process.env['KILLS'] ?? 10)
const packets = Number(process.env['PACKETS'] ?? 150_000)

t.setTimeout(kills * 20_000 + 300_000)

const postgres = await startPostgres(t)
if (postgres) {
  t.test('a worker killed at any moment loses no packet and writes none wrongly', (t) =>
    killProof(t, {
      postgres,
      topic: 'packets',
      kills,
      packets,
      longestLifeMs: 4_000,
      phases,
      args(folder) {
        const file = join(folder, 'worker.json')
        // Offsets often, so that kills meet that phase too.
        const often = { 'topic.partitions': 4, 'offset.flush.interval.ms': 25 }
        writeFileSync(file, JSON.stringify(often))
        return [file]
      },
      logArgs: (folder) => ['--data-dir', join(folder, 'data')],
      isTransactional: true,
    }),
  )
}
