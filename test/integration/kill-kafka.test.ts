import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { startOwn } from '../helpers/services.ts'
import { writeWorkerFile } from '../helpers/worker-file.ts'
import { killProof } from './kill-proof.ts'

/** KILLS and PACKETS make it as long as wanted (the whole proof: 100 and 1,000,000); SEED repeats a run's moments. */
const kills = Number(process.env['KILLS'] ?? 10)
const packets = Number(process.env['PACKETS'] ?? 300_000)
/** Of ten kills of the worker one finds the broker killed a moment before, another takes the broker along. */
const brokerDies = 3
const bothDie = 7
const longestOutageMs = 1_500

t.setTimeout(kills * 40_000 + 600_000)

const postgres = await startPostgres(t)
const broker =
  postgres &&
  (await startOwn(t, 'kafka', {
    // A killed member is missed until its session ends: short, so that each life of the worker finds work.
    settings: { 'group.min.session.timeout.ms': '500' },
  }))
if (postgres && broker) {
  t.test('worker and broker killed at any moment lose no packet and write none wrongly', (t) => {
    const group = randomName('kills')
    return killProof(t, {
      postgres,
      topic: 'packets',
      kills,
      packets,
      longestLifeMs: 4_000,
      phases: ['append', 'put', 'offset'],
      args: (folder) => [
        writeWorkerFile(join(folder, 'worker.properties'), {
          bootstrap: `${broker.host}:${broker.port}`,
          group,
          more: {
            'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
            'key.converter.schemas.enable': 'false',
            // Often, so that kills meet that phase too.
            'offset.flush.interval.ms': '25',
          },
        }),
      ],
      logArgs: () => ['--bootstrap-server', `${broker.host}:${broker.port}`],
      isTransactional: false,
      source: {
        'topic.creation.default.partitions': '4',
        'topic.creation.default.replication.factor': '1',
      },
      sink: {
        'consumer.override.session.timeout.ms': '1000',
        'consumer.override.heartbeat.interval.ms': '300',
      },
      async beforeKill(nth, random) {
        if (nth % 10 !== brokerDies) return
        await broker.kill()
        await sleep(random() * longestOutageMs)
        await broker.start()
        await sleep(random() * longestOutageMs)
      },
      async afterKill(nth) {
        if (nth % 10 !== bothDie) return
        await broker.kill()
        await broker.start()
      },
    })
  })
}
