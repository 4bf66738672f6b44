import { createRequire } from 'node:module'
import { ArrayWriter } from '../../connectors/jdbc/array-writer.ts'
import type { Decimal, Instant, Struct } from '../../runtime/api/index.ts'
import { PostgresServer } from '../helpers/postgres.ts'
import { structRecord } from './postgres-records.ts'

/** Which way to hand rows to an upsert costs least: bare statements of the driver, without the sink around them. */
const rows = Number(process.env['BENCH_ROWS'] ?? 120_000)
const repeats = Number(process.env['BENCH_REPEATS'] ?? 3)

const columns = [
  ['id', 'int8', 20],
  ['src', 'text', 25],
  ['dst', 'text', 25],
  ['protocol', 'text', 25],
  ['length', 'int4', 23],
  ['src_port', 'int4', 23],
  ['dst_port', 'int4', 23],
  ['host', 'text', 25],
  ['info', 'text', 25],
  ['cost', 'numeric', 1700],
  ['captured', 'timestamp', 1114],
  ['ratio', 'float8', 701],
] as const
const names = columns.map(([name]) => name).join(', ')
const onConflict = `ON CONFLICT (id) DO UPDATE SET ${columns
  .slice(1)
  .map(([name]) => `${name} = EXCLUDED.${name}`)
  .join(', ')}`

type Row = readonly unknown[]
const data: Row[] = Array.from({ length: rows }, (_, i) => (structRecord(i).value as Struct).values)

const server = await PostgresServer.open()
const database = await server.createDatabase()
const client = await server.connect(database.name)
const { from: copyFrom } = createRequire(import.meta.url)('pg-copy-streams') as {
  from(text: string): NodeJS.WritableStream
}
const writers = columns.map(() => new ArrayWriter())

const writeElement: Record<string, (writer: ArrayWriter, value: unknown) => void> = {
  int8: (writer, value) => writer.bigint64(value as bigint),
  int4: (writer, value) => writer.int32(value as number),
  float8: (writer, value) => writer.float64(value as number),
  timestamp: (writer, value) => writer.timestamp((value as Instant).epochMs),
  numeric: (writer, value) =>
    writer.numeric(false, String((value as Decimal).unscaled), (value as Decimal).scale),
  text: (writer, value) => writer.text(value as string),
}

function binaryArrays(batch: readonly Row[]): Buffer[] {
  return columns.map(([, type, oid], c) => {
    const writer = writers[c] as ArrayWriter
    writer.begin(oid)
    const write = writeElement[type] as (writer: ArrayWriter, value: unknown) => void
    for (const row of batch) write(writer, row[c])
    return writer.finish()
  })
}

function text(type: string, value: unknown): string {
  if (type === 'timestamp') return new Date((value as Instant).epochMs).toISOString().slice(0, 23)
  return String(value)
}

function textArrays(batch: readonly Row[]): string[] {
  return columns.map(([, type], c) => {
    const items = batch.map((row) => {
      const item = text(type, row[c])
      return type === 'text' ? `"${item.replace(/["\\]/g, '\\$&')}"` : item
    })
    return `{${items.join(',')}}`
  })
}

function json(batch: readonly Row[]): string[] {
  const objects = batch.map((row) => {
    const members = columns.map(([name, type], c) => {
      const isText = type === 'text' || type === 'timestamp'
      const item = text(type, row[c])
      return `"${name}":${isText ? JSON.stringify(item) : item}`
    })
    return `{${members.join(',')}}`
  })
  return [`[${objects.join(',')}]`]
}

const unnest = `INSERT INTO t (${names}) SELECT * FROM UNNEST(${columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')}) ${onConflict}`
const recordset = `INSERT INTO t (${names}) SELECT ${names} FROM json_to_recordset($1) AS r(${columns.map(([name, type]) => `${name} ${type}`).join(', ')}) ${onConflict}`

function valuesSql(count: number): string {
  const width = columns.length
  const tuples = Array.from(
    { length: count },
    (_, r) => `(${columns.map((_, c) => `$${r * width + c + 1}`).join(',')})`,
  )
  return `INSERT INTO t (${names}) VALUES ${tuples.join(',')} ${onConflict}`
}

async function copyAndMerge(batch: readonly Row[]): Promise<void> {
  await client.query('BEGIN')
  const stream = client.query(copyFrom('COPY s FROM STDIN') as never) as NodeJS.WritableStream
  const lines = batch.map((row) =>
    columns.map(([, type], c) => text(type, row[c]).replace(/[\\\t\n\r]/g, '\\$&')).join('\t'),
  )
  await new Promise((resolve, reject) => {
    stream.on('finish', resolve).on('error', reject)
    stream.end(`${lines.join('\n')}\n`)
  })
  await client.query({ name: 'merge', text: `INSERT INTO t SELECT * FROM s ${onConflict}` })
  await client.query('COMMIT')
}

const prepared = (name: string, text: string, values: unknown[]) =>
  client.query({ name, text, values }).then(() => undefined)

const ways: Record<string, (batch: readonly Row[]) => Promise<void>> = {
  'UNNEST of binary arrays': (batch) => prepared('binary', unnest, binaryArrays(batch)),
  'UNNEST of text arrays': (batch) => prepared('text', unnest, textArrays(batch)),
  json_to_recordset: (batch) => prepared('json', recordset, json(batch)),
  'multi-row VALUES': (batch) =>
    prepared(
      `values${batch.length}`,
      valuesSql(batch.length),
      batch.flatMap((row) => columns.map(([, type], c) => text(type, row[c]))),
    ),
  'COPY to a temporary table, then merge': copyAndMerge,
}

type Figure = { readonly rowsPerSecond: number; readonly cpuMicros: number }
type Figures = readonly [fresh: Figure, existing: Figure]

async function measure(
  write: (batch: readonly Row[]) => Promise<void>,
  size: number,
): Promise<Figure> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let i = 0; i < rows; i += size) await write(data.slice(i, i + size))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rowsPerSecond: Math.round(rows / seconds), cpuMicros: (user + system) / rows }
}

const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] as number

try {
  const table = columns.map(([name, type]) => `${name} ${type}`).join(', ')
  await client.query(`CREATE TEMP TABLE s (${table}) ON COMMIT DELETE ROWS`)
  for (const size of [500, 3000]) {
    const rounds = new Map(Object.keys(ways).map((way) => [way, [] as Figures[]]))
    // In turns, so that what else the machine does falls on all alike; the first round warms up and is not counted.
    for (let round = 0; round <= repeats; round++) {
      for (const [way, write] of Object.entries(ways)) {
        await client.query('DROP TABLE IF EXISTS t')
        await client.query(`CREATE TABLE t (${table}, PRIMARY KEY (id))`)
        const figures = [await measure(write, size), await measure(write, size)] as const
        const { rows: counted } = await client.query('SELECT count(*)::int AS n FROM t')
        if (counted[0].n !== rows) throw new Error(`${counted[0].n} rows instead of ${rows}`)
        if (round > 0) rounds.get(way)?.push(figures)
      }
    }
    for (const [way, figures] of rounds) {
      const line = {
        bench: 'postgres-encodings',
        way,
        batch: size,
        rows,
        newRowsPerSecond: middle(figures.map(([fresh]) => fresh.rowsPerSecond)),
        existingRowsPerSecond: middle(figures.map(([, existing]) => existing.rowsPerSecond)),
        cpuMicrosPerRow: Number(middle(figures.flat().map((each) => each.cpuMicros)).toFixed(2)),
        node: process.version,
      }
      process.stdout.write(`${JSON.stringify(line)}\n`)
    }
  }
} finally {
  await client.end()
  await database.close()
  await server.stop()
}
