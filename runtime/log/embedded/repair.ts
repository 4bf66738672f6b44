import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inspectCatalog } from './catalog-content.ts'
import { checkLog, isSoundReport, type LogReport, noLog } from './check.ts'
import { filesOf, openForReading, openForWriting, ROW_ID } from './database.ts'
import { DirectoryLock } from './directory-lock.ts'
import { HeadFile, readHead } from './head-file.ts'
import { layoutOf, prepareTables } from './prepare-tables.ts'
import { offsetChecksum, partitionChecksum, topicChecksum } from './record-checksums.ts'
import { checksumOfPlace } from './row-checksum.ts'
import { RowWalk } from './row-walk.ts'
import { type Salvage, salvage } from './salvage.ts'
import { isDamage, translateAtOpen } from './sqlite-errors.ts'
import { LAYOUT } from './tables.ts'

export interface RepairPlan {
  /** False: there is nothing to repair. */
  readonly isNeeded: boolean
  /** What cannot be kept, in words: all that a repair will give up. */
  readonly givesUp: readonly string[]
  readonly report: LogReport
}

const COPY_BYTES = 16 * 1024 * 1024

/** What a repair would do; changes nothing. No worker may run on the directory. */
export function planRepair(dataDir: string): RepairPlan {
  const lock = lockOf(dataDir)
  try {
    return plan(dataDir)
  } finally {
    lock.release()
  }
}

/**
 * Copies all that can be read into a new database and puts it in the place of the old one, whose files are kept in a folder beside it; returns
 * that folder, or undefined when there was nothing to do. What is given up is remembered: readers pass over it.
 */
export function repairLog(
  dataDir: string,
): (RepairPlan & { readonly oldFiles: string }) | undefined {
  const lock = lockOf(dataDir)
  try {
    const planned = plan(dataDir)
    if (!planned.isNeeded) return undefined
    return { ...planned, oldFiles: rebuild(dataDir) }
  } finally {
    lock.release()
  }
}

/** Makes no directory where there is none. */
function lockOf(dataDir: string): DirectoryLock {
  const { database, head } = filesOf(dataDir)
  if (existsSync(database) || existsSync(head)) return new DirectoryLock(dataDir)
  throw noLog(dataDir)
}

function plan(dataDir: string): RepairPlan {
  const report = checkLog(dataDir)
  const isNeeded = !isSoundReport(report)
  if (!isNeeded) return { isNeeded, givesUp: [], report }
  const givesUp = withDatabase(dataDir, (db, slots) => {
    const { givesUp, topics } = salvage(db, inspectCatalog(db), slots)
    return [...givesUp, ...badOffsets(db, topics)]
  })
  return { isNeeded, givesUp: givesUp ?? [EVERYTHING], report }
}

const EVERYTHING =
  'everything: the database cannot be read at all. Sources begin anew, connectors have to be made again'

/** Undefined when there is no database that can be read. */
function withDatabase<T>(
  dataDir: string,
  use: (db: DatabaseSync, slots: readonly (number | undefined)[]) => T,
): T | undefined {
  const { database, head } = filesOf(dataDir)
  if (!existsSync(database)) return undefined
  let db: DatabaseSync | undefined
  try {
    db = openForReading(database)
    if (layoutOf(db) === LAYOUT) return use(db, readHead(head) ?? [])
    return undefined
  } catch (error) {
    const translated = translateAtOpen(error, database)
    if (isDamage(error) || translated.code === 'CONNECT_CORRUPT') return undefined
    throw translated
  } finally {
    db?.close()
  }
}

function badOffsets(db: DatabaseSync, topics: Salvage['topics']): string[] {
  const bad: string[] = []
  const walk = new RowWalk(db)
  for (const { topic, partitions } of topics) {
    for (const [partition, { id, first, next }] of partitions.entries()) {
      const place = { topic, partition, id, checksum: checksumOfPlace({ topic, partition }) }
      for (const { kind, from, to } of walk.walk({ ...place, first, next })) {
        if (kind !== 'damaged' && kind !== 'missing') continue
        bad.push(`topic "${topic}", partition ${partition}: offsets ${from} to ${to - 1} (${kind})`)
      }
    }
  }
  return bad
}

function rebuild(dataDir: string): string {
  const { database, head } = filesOf(dataDir)
  const fresh = join(dataDir, 'log.repaired')
  for (const file of [fresh, `${fresh}-wal`, `${fresh}-shm`]) rmSync(file, { force: true })
  const target = openForWriting(fresh)
  let slots: number[] | undefined
  try {
    prepareTables(target, fresh)
    slots = withDatabase(dataDir, (db, known) => new Copy(db, target, known).run())
  } finally {
    target.close()
  }
  const oldFiles = join(dataDir, `damaged-${new Date().toISOString().replaceAll(':', '-')}`)
  mkdirSync(oldFiles, { mode: 0o700 })
  for (const name of ['log.db-shm', 'log.db-wal', 'log.head', 'log.db']) {
    const file = join(dataDir, name)
    if (existsSync(file)) renameSync(file, join(oldFiles, name))
  }
  renameSync(fresh, database)
  const heads = new HeadFile(head)
  heads.rewrite(slots ?? [0])
  heads.close()
  return oldFiles
}

/** From a damaged database to a new one. */
class Copy {
  readonly #from: DatabaseSync
  readonly #to: DatabaseSync
  readonly #slots: readonly (number | undefined)[]
  #bytes = 0

  constructor(from: DatabaseSync, to: DatabaseSync, slots: readonly (number | undefined)[]) {
    this.#from = from
    this.#to = to
    this.#slots = slots
  }

  /** The new head file's slots. */
  run(): number[] {
    const found = inspectCatalog(this.#from)
    const { topics, offsets } = salvage(this.#from, found, this.#slots)
    const ids = topics.flatMap(({ partitions }) => partitions.map(({ id }) => id))
    let lastPartition = Math.max(found.log?.number ?? 0, this.#slots.length - 1, ...ids, 0)
    const sequence = Math.max(found.log?.next ?? 0, this.#slots[0] ?? 0) + 1
    const head = [sequence]
    this.#to.exec('BEGIN')
    for (const { topic, settings, partitions } of topics) {
      const text = JSON.stringify(settings)
      const signed = topicChecksum(topic, partitions.length, text)
      this.#run('INSERT INTO topics VALUES (?, ?, ?, ?)', topic, partitions.length, text, signed)
      for (const [number, salvaged] of partitions.entries()) {
        const id = salvaged.id === 0 ? ++lastPartition : salvaged.id
        const bytes = this.#copyRows({ topic, partition: number }, { ...salvaged, id })
        this.#partition({ ...salvaged, id, topic, number, bytes })
        head[id] = salvaged.next
      }
    }
    for (const { group, topic, partition, offset } of offsets) {
      const signed = offsetChecksum(group, topic, partition, offset)
      this.#run(
        'INSERT INTO group_offsets VALUES (?, ?, ?, ?, ?)',
        group,
        topic,
        partition,
        offset,
        signed,
      )
    }
    const version = (found.log?.until ?? 0) + 1
    this.#run("UPDATE state SET value = ? WHERE name = 'topics'", version)
    this.#keepClusterId()
    this.#run('DELETE FROM partitions WHERE id = 0')
    const count = ids.length
    this.#partition({
      id: 0,
      topic: '',
      number: lastPartition,
      first: topics.length,
      next: sequence,
      until: version,
      bytes: count,
      cleaned: offsets.length,
    })
    this.#to.exec('COMMIT')
    return Array.from(head, (value) => value ?? 0)
  }

  #copyRows(
    place: { readonly topic: string; readonly partition: number },
    { id, first, next }: { readonly id: number; readonly first: number; readonly next: number },
  ): number {
    const insert = this.#to.prepare(
      `INSERT INTO batches (id, span, until, checksum, batch) VALUES (${ROW_ID('?1', '?2')}, ?3, ?4, ?5, ?6)`,
    )
    const lose = this.#to.prepare('INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)')
    const now = Date.now()
    let bytes = 0
    const walked = { ...place, id, checksum: checksumOfPlace(place), first, next }
    for (const stretch of new RowWalk(this.#from).walk(walked)) {
      if (stretch.kind !== 'sound') {
        lose.run(id, stretch.from, stretch.to, now)
        continue
      }
      const { base, span, until, checksum, batch } = stretch.row
      insert.run(id, base, span, until, checksum, batch)
      bytes += batch.length
      this.#copied(batch.length)
    }
    return bytes
  }

  /** I6: what a transaction holds. */
  #copied(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < COPY_BYTES) return
    this.#bytes = 0
    this.#to.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); BEGIN')
  }

  #partition(row: Parameters<typeof partitionChecksum>[0]): void {
    const { id, topic, number, first, next, until, bytes, cleaned } = row
    const signed = partitionChecksum(row)
    const sql = 'INSERT INTO partitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
    this.#run(sql, id, topic, number, first, next, until, bytes, cleaned, signed)
  }

  #keepClusterId(): void {
    try {
      const row = this.#from.prepare("SELECT value FROM state WHERE name = 'cluster'").get()
      const id = String(row?.['value'])
      if (/^[\w-]{22}$/.test(id)) this.#run("UPDATE state SET value = ? WHERE name = 'cluster'", id)
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#to.prepare(sql).run(...values)
  }
}
