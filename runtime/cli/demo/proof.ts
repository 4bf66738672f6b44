import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { projectRoot } from './worker-process.ts'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

/** One capture that ends in one table. */
export interface Feed {
  readonly capture: string
  readonly fields: string
  readonly table: string
}

export interface Tally {
  readonly count: number
  /** SHA-256 over every column of every row, in order. */
  readonly checksum: string
}

/** What the table must hold: the capture decoded once more, in a process of its own that knows no log, no worker and no database. */
export async function expectedRows({ capture, fields }: Feed): Promise<Tally> {
  const child = spawn(
    process.execPath,
    [main, 'decode', '--shape', 'typed', '--fields', fields, capture],
    { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const hash = createHash('sha256')
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const packet = JSON.parse(line) as Record<string, unknown>
    count++
    hash.update(
      canonical({
        ...packet,
        file: capture,
        packet: count,
        captured_at: milliseconds(String(packet['frame_time_epoch'])),
      }),
    )
  }
  const [code] = (await ended) as [number]
  if (code !== 0) throw new Error(`tapline decode ${capture} ended with ${code}`)
  return { count, checksum: hash.digest('hex') }
}

const pageRows = 20_000

/** What the table holds. */
export async function actualRows(client: pg.Client, { capture, table }: Feed): Promise<Tally> {
  const name = client.escapeIdentifier(table)
  const hash = createHash('sha256')
  let count = 0
  for (;;) {
    const { rows } = await client.query<{ row: Record<string, unknown>; ms: string }>(
      `SELECT to_jsonb(t) AS row, (extract(epoch FROM captured_at) * 1000)::bigint::text AS ms
         FROM ${name} t WHERE file = $1 AND packet > $2 ORDER BY packet LIMIT ${pageRows}`,
      [capture, count],
    )
    for (const { row, ms } of rows) hash.update(canonical({ ...row, captured_at: Number(ms) }))
    count += rows.length
    if (rows.length < pageRows) break
  }
  const total = await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${name}`)
  return { count: Number(total.rows[0]?.n), checksum: hash.digest('hex') }
}

/** One text for one row, whatever order its columns came in; a null is no column. */
function canonical(row: Record<string, unknown>): string {
  const columns = Object.entries(row).filter(([, value]) => value !== null && value !== undefined)
  columns.sort(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify(columns)}\n`
}

function milliseconds(epoch: string): number {
  const [seconds = '0', fraction = ''] = epoch.split('.')
  return Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
}
