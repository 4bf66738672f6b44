import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeLargeCaptures } from '../helpers/large-captures.ts'
import { startPostgres } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

t.setTimeout(300_000)

const packets = 3000

const server = await startPostgres(t)
if (server)
  t.test('a database taken back to a backup gets from the log what it lacks', async (t) => {
    const database = await server.createDatabase()
    t.teardown(() => database.close())
    const folder = t.testdir()
    const [capture] = writeLargeCaptures({ files: 1, packets, folder: join(folder, 'captures') })
    const file = join(folder, 'worker.json')
    writeFileSync(file, JSON.stringify({ 'topic.partitions': 3, 'offset.flush.interval.ms': 50 }))
    const start = () => RunningWorker.start({ dataDir: join(folder, 'data'), args: [file] })

    let worker = await start()
    t.teardown(() => worker.kill('SIGKILL'))
    await worker.put('capture', {
      'connector.class': 'PcapSource',
      'pcap.path': String(capture),
      topic: 'packets',
      'pcap.fields': 'ip-basic',
      'pcap.key': 'position',
    })
    const sink = {
      'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
      'tasks.max': '2',
      topics: 'packets',
      ...database.connection,
      'insert.mode': 'insert',
      'pk.mode': 'kafka',
      'auto.create': 'true',
      'auto.evolve': 'true',
      'exactly.once': 'true',
    }
    await worker.put('rows', sink)
    const rows = () =>
      database
        .query('SELECT count(*)::int AS n FROM packets')
        .then(([row]) => row?.['n'] as number)
        .catch(() => 0)
    await until('every packet to be a row', rows, (n) => n >= packets)
    t.equal(await worker.stop(), 0)
    const before = await database.rows('packets', '1, 2, 3')
    t.equal(before.length, packets)

    await database.query('DELETE FROM packets WHERE __connect_offset >= 100')
    await database.query('UPDATE __connect_offsets SET next_offset = least(next_offset, 100)')
    worker = await start()
    await until('every packet to be a row again', rows, (n) => n >= packets)
    t.strictSame(await database.rows('packets', '1, 2, 3'), before, 'each once, as it was')

    await worker.call('PUT', '/connectors/rows/stop')
    await until(
      'the sink to stop',
      () => worker.call<{ tasks: unknown[] }>('GET', '/connectors/rows/status'),
      ({ body }) => body.tasks.length === 0,
    )
    t.equal(await worker.stop(), 0)
  })
