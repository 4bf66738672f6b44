import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { config as jdbcConfig } from '../../connectors/jdbc/config.ts'
import { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import { parseConfig, type SinkRecord, type SinkTask } from '../../runtime/api/index.ts'
import { PostgresServer } from '../helpers/postgres.ts'
import { schemalessRecord, structRecord } from './postgres-records.ts'

/** How many rows a second the sink alone writes, and what they cost the client: records lie ready in memory, the server is real and durable. */
const rows = Number(process.env['BENCH_ROWS'] ?? 120_000)
const repeats = Number(process.env['BENCH_REPEATS'] ?? 3)
const silent = { debug() {}, info() {}, warn() {}, error() {} }

interface Figure {
  readonly rowsPerSecond: number
  readonly cpuMicros: number
}

async function measure(task: SinkTask, batches: readonly SinkRecord[][]): Promise<Figure> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (const batch of batches) await task.put(batch)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rowsPerSecond: rows / seconds, cpuMicros: (user + system) / rows }
}

function inBatches(make: (i: number) => SinkRecord, size: number): SinkRecord[][] {
  return Array.from({ length: Math.ceil(rows / size) }, (_, batch) =>
    Array.from({ length: Math.min(size, rows - batch * size) }, (_, i) => make(batch * size + i)),
  )
}

const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number

function summary(figures: readonly Figure[]) {
  const rates = figures.map(({ rowsPerSecond }) => Math.round(rowsPerSecond))
  return {
    rowsPerSecond: middle([...rates]),
    spread: [Math.min(...rates), Math.max(...rates)],
    cpuMicrosPerRow: Number(middle(figures.map(({ cpuMicros }) => cpuMicros)).toFixed(2)),
  }
}

const server = await PostgresServer.open()
const database = await server.createDatabase()
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
try {
  for (const [shape, make] of [
    ['struct', structRecord],
    ['schemaless', schemalessRecord],
  ] as const) {
    for (const batch of [500, 3000]) {
      const batches = inBatches(make, batch)
      const fresh: Figure[] = []
      const existing: Figure[] = []
      // The first round warms up and is not counted.
      for (let round = 0; round <= repeats; round++) {
        const config = parseConfig(jdbcConfig, {
          ...database.connection,
          'insert.mode': 'upsert',
          'pk.mode': 'record_value',
          'pk.fields': 'id',
          'auto.create': 'true',
        })
        await database.query('DROP TABLE IF EXISTS packets')
        const signal = new AbortController().signal
        const task = new JdbcSinkTask(config, { connector: 'bench', task: 0, log: silent, signal })
        const figures = [await measure(task, batches), await measure(task, batches)]
        await task.stop()
        const [count] = await database.query(
          'SELECT count(*)::int AS n, sum(length)::int AS s FROM packets',
        )
        if (count?.['n'] !== rows) throw new Error(`${count?.['n']} rows instead of ${rows}`)
        if (round > 0) {
          fresh.push(figures[0] as Figure)
          existing.push(figures[1] as Figure)
        }
      }
      const line = {
        bench: 'postgres',
        question: 'sink alone, 12 columns, upsert',
        shape,
        batch,
        rows,
        newRows: summary(fresh),
        existingRows: summary(existing),
        peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
        commit,
        node: process.version,
        machine: `${cpus().length} × ${cpus()[0]?.model}`,
      }
      process.stdout.write(`${JSON.stringify(line)}\n`)
    }
  }
} finally {
  await database.close()
  await server.stop()
}
