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
    const captures = writeLargeCaptures({ files: 2, packets, folder: join(folder, 'captures') })
    const file = join(folder, 'worker.json')
    writeFileSync(file, JSON.stringify({ 'topic.partitions': 3, 'offset.flush.interval.ms': 50 }))
    const start = () => RunningWorker.start({ dataDir: join(folder, 'data'), args: [file] })

    let worker = await start()
    t.teardown(() => worker.kill('SIGKILL'))
    const read = (capture: 0 | 1) =>
      worker.put(`capture-${capture}`, {
        'connector.class': 'PcapSource',
        'pcap.path': String(captures[capture]),
        topic: 'packets',
        'pcap.fields': 'ip-basic',
        'pcap.key': 'position',
      })
    await read(0)
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
    await until('half of the packets to be rows', rows, (n) => n >= packets / 2)
    for (const table of ['packets', '__connect_offsets'])
      await database.query(`CREATE TABLE backup_${table} AS SELECT * FROM ${table}`)
    await read(1)
    await until('every packet to be a row', rows, (n) => n >= packets)
    t.equal(await worker.stop(), 0)
    const before = await database.rows('packets', '1, 2, 3')
    t.equal(before.length, packets)

    for (const table of ['packets', '__connect_offsets']) {
      await database.query(`DELETE FROM ${table}`)
      await database.query(`INSERT INTO ${table} SELECT * FROM backup_${table}`)
    }
    t.equal(await rows(), packets / 2)
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
