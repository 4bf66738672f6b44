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

function writeElement(writer: ArrayWriter, type: string, value: unknown): void {
  switch (type) {
    case 'int8':
      return writer.bigint64(value as bigint)
    case 'int4':
      return writer.int32(value as number)
    case 'float8':
      return writer.float64(value as number)
    case 'timestamp':
      return writer.timestamp((value as Instant).epochMs)
    case 'numeric':
      return writer.numeric(false, String((value as Decimal).unscaled), (value as Decimal).scale)
    default:
      return writer.text(value as string)
  }
}

function binaryArrays(batch: readonly Row[]): Buffer[] {
  return columns.map(([, type, oid], c) => {
    const writer = writers[c] as ArrayWriter
    writer.begin(oid)
    for (const row of batch) writeElement(writer, type, row[c])
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

async function measure(write: (batch: readonly Row[]) => Promise<void>, size: number) {
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
    for (const [way, write] of Object.entries(ways)) {
      const rounds = []
      for (let round = 0; round <= repeats; round++) {
        await client.query('DROP TABLE IF EXISTS t')
        await client.query(`CREATE TABLE t (${table}, PRIMARY KEY (id))`)
        const figures = [await measure(write, size), await measure(write, size)] as const
        const { rows: counted } = await client.query('SELECT count(*)::int AS n FROM t')
        if (counted[0].n !== rows) throw new Error(`${counted[0].n} rows instead of ${rows}`)
        // The first round warms up and is not counted.
        if (round > 0) rounds.push(figures)
      }
      const line = {
        bench: 'postgres-encodings',
        way,
        batch: size,
        rows,
        newRowsPerSecond: middle(rounds.map(([fresh]) => fresh.rowsPerSecond)),
        existingRowsPerSecond: middle(rounds.map(([, existing]) => existing.rowsPerSecond)),
        cpuMicrosPerRow: Number(middle(rounds.flat().map((each) => each.cpuMicros)).toFixed(2)),
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
