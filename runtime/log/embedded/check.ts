import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { ConnectException } from '../../api/errors.ts'
import type { TopicPartition } from '../log.ts'
import { inspectCatalog, partitionOf } from './catalog-content.ts'
import { filesOf, openForReading } from './database.ts'
import { readHead } from './head-file.ts'
import { foreignLayout, layoutOf } from './prepare-tables.ts'
import type { PartitionRow } from './record-checksums.ts'
import { checksumOfPlace } from './row-checksum.ts'
import { RowWalk } from './row-walk.ts'
import { isDamage, translateAtOpen } from './sqlite-errors.ts'
import { LAYOUT } from './tables.ts'

/** Offsets from `from` up to and without `to`, and what is wrong with them. */
export interface BadStretch {
  readonly kind: 'damaged' | 'missing' | 'lost'
  readonly from: number
  readonly to: number
  readonly why: string
}

export interface PartitionReport extends TopicPartition {
  readonly earliest: number
  readonly latest: number
  readonly batches: number
  readonly records: number
  /** `lost` was given up before, and is no damage any more. */
  readonly bad: readonly BadStretch[]
}

export interface LogReport {
  /** Of the whole: files, tables, and what is not tied to a partition's offsets. */
  readonly problems: readonly string[]
  readonly partitions: readonly PartitionReport[]
}

/** I6: what is listed of one partition. Of a damaged disk there may be as much as of records. */
const MAX_LISTED = 1000

/** Reads everything there is and says what is damaged or missing; changes nothing, also beside a worker that writes. */
export function checkLog(dataDir: string): LogReport {
  const { database, head } = filesOf(dataDir)
  const slots = readHead(head)
  if (!existsSync(database)) {
    if (slots === null) throw noLog(dataDir)
    return { problems: [`the database is missing: ${database}`], partitions: [] }
  }
  let db: DatabaseSync
  try {
    db = openForReading(database)
  } catch (error) {
    return unreadable(error, database)
  }
  try {
    return checkDatabase(db, database, slots)
  } catch (error) {
    return unreadable(error, database)
  } finally {
    db.close()
  }
}

export function noLog(dataDir: string): ConnectException {
  return new ConnectException(`There is no log in ${dataDir}`, {
    hint: 'Say where it is kept (--data-dir, data.dir).',
  })
}

/** Whether there is anything that a repair would give up or put right. */
export function isSoundReport({ problems, partitions }: LogReport): boolean {
  const isBad = ({ bad }: PartitionReport) => bad.some(({ kind }) => kind !== 'lost')
  return problems.length === 0 && !partitions.some(isBad)
}

function checkDatabase(
  db: DatabaseSync,
  path: string,
  slots: ReturnType<typeof readHead>,
): LogReport {
  const layout = layoutOf(db)
  if (layout !== LAYOUT) return { problems: [foreignLayout(layout, path).message], partitions: [] }
  const problems = structureOf(db)
  const { log, partitions, problems: damaged } = atOneMoment(db, () => inspectCatalog(db))
  problems.push(...damaged.map((what) => `damaged or missing: ${what}`))
  if (slots === null) problems.push('the head file is missing')
  if (slots?.includes(undefined)) problems.push('the head file is damaged')
  // The head file was read first: a worker that writes is never behind it.
  const commits = (slots?.[0] ?? 0) - (log?.next ?? Infinity)
  if (commits > 0)
    problems.push(`the last ${commits} commits are missing: the WAL was damaged or replaced`)
  const walk = new RowWalk(db)
  const reports: PartitionReport[] = []
  for (const row of [...partitions.values()].flat()) {
    const read = (now: PartitionRow) => reportOf(walk, now, slots?.[row.id] ?? 0)
    const first = read(row)
    // What seems to be missing may just have been cleaned away.
    reports.push(first.bad.length === 0 ? first : atOneMoment(db, () => read(asItIs(db, row))))
  }
  return { problems, partitions: reports }
}

function asItIs(db: DatabaseSync, row: PartitionRow): PartitionRow {
  const now = db.prepare('SELECT * FROM partitions WHERE id = ?').get(row.id)
  return (now && partitionOf(now)) ?? row
}

/** Under a read transaction: short, or the WAL of a worker that writes grows. */
function atOneMoment<T>(db: DatabaseSync, read: () => T): T {
  db.exec('BEGIN')
  try {
    return read()
  } finally {
    if (db.isTransaction) db.exec('COMMIT')
  }
}

function reportOf(walk: RowWalk, row: PartitionRow, head: number): PartitionReport {
  const { id, topic, number: partition, first } = row
  const next = Math.max(row.next, head)
  const checksum = checksumOfPlace({ topic, partition })
  const bad: BadStretch[] = []
  let batches = 0
  let records = 0
  for (const stretch of walk.walk({ topic, partition, id, checksum, first, next })) {
    if (stretch.kind === 'sound') {
      batches++
      records += stretch.records
      continue
    }
    const last = bad.at(-1)
    const { kind, from, to, why } = stretch
    if (last && bad.length === MAX_LISTED) bad[MAX_LISTED - 1] = { kind, from: last.from, to, why }
    else bad.push({ kind, from, to, why })
  }
  return { topic, partition, earliest: first, latest: next, batches, records, bad }
}

/** What SQLite itself finds in its trees. */
function structureOf(db: DatabaseSync): string[] {
  try {
    return db
      .prepare('PRAGMA quick_check(20)')
      .all()
      .map((row) => String(row['quick_check']))
      .filter((text) => text !== 'ok')
      .map((text) => `SQLite: ${text.replaceAll('\n', '; ')}`)
  } catch (error) {
    if (!isDamage(error)) throw error
    return [`SQLite: ${(error as Error).message}`]
  }
}

function unreadable(error: unknown, path: string): LogReport {
  const translated = translateAtOpen(error, path)
  if (translated.code !== 'CONNECT_CORRUPT') throw translated
  return { problems: [translated.message], partitions: [] }
}
