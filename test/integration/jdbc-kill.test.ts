import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { phases } from '../helpers/phase-recorder.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts'
import { killProof } from './kill-proof.ts'

/** Each as long as wanted: 250 and 2,000,000 for the whole proof. */
const kills = Number(process.env['KILLS'] ?? 6)
const packets = Number(process.env['PACKETS'] ?? 90_000)

t.setTimeout(kills * 40_000 + 600_000)

/** Kills of a worker, of Postgres, and of both at once. */
async function killBoth(
  t: Test,
  postgres: PostgresServer,
  sink: Readonly<Record<string, string>>,
  sample: () => Promise<void> = async () => undefined,
): Promise<void> {
  let isDown = false
  await killProof(t, {
    postgres,
    topic: 'packets',
    kills,
    packets,
    longestLifeMs: 8_000,
    phases,
    args(folder) {
      const file = join(folder, 'worker.json')
      writeFileSync(file, JSON.stringify({ 'topic.partitions': 4, 'offset.flush.interval.ms': 25 }))
      return [file]
    },
    logArgs: (folder) => ['--data-dir', join(folder, 'data')],
    isTransactional: true,
    sink,
    async beforeKill(nth, random) {
      await sample()
      if (nth % 3 === 0) return
      await new Promise((resolve) => setTimeout(resolve, random() * 100))
      await postgres.kill()
      isDown = nth % 3 === 1
      if (!isDown) await postgres.start()
    },
    async afterKill() {
      if (isDown) await postgres.start()
      isDown = false
      await sample()
    },
  })
}

for (const [name, sink] of Object.entries({
  upsert: {},
  'insert with offsets in the database': { 'insert.mode': 'insert', 'exactly.once': 'true' },
})) {
  const postgres = await startPostgres(t)
  if (!postgres) break
  t.test(`${name}: worker and Postgres killed at any moment, nothing lost, nothing twice`, (t) =>
    killBoth(t, postgres, sink, async () => {
      const [database] = await postgres.query(
        `SELECT datname AS name FROM pg_database WHERE datname LIKE 'db\\_%'`,
      )
      const client = await postgres.connect(String(database?.['name']))
      try {
        const { rows } = await client.query(
          `SELECT (SELECT sum(next_offset) FROM __connect_offsets) AS next, (SELECT count(*) FROM packets) AS rows`,
        )
        t.equal(rows[0].next ?? '0', rows[0].rows, 'offsets and rows are one')
      } catch (error) {
        // Nothing was written yet, or this sink keeps none.
        if ((error as { code?: string }).code !== '42P01') throw error
      } finally {
        await client.end()
      }
    }),
  )
}
