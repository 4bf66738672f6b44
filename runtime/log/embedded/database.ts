import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The files of an embedded log, in its data directory. SQLite adds `log.db-wal` and `log.db-shm`. */
export function filesOf(dataDir: string) {
  return {
    database: join(dataDir, 'log.db'),
    head: join(dataDir, 'log.head'),
    lock: join(dataDir, 'log.lock'),
    owner: join(dataDir, 'log.pid'),
  }
}

/**
 * A batch's row id: the partition's number in the upper 17 bits, the base offset in the lower 46. So one table holds all partitions, each in
 * order, and an offset is found without an index. Ids pass 2^53: they are put together and taken apart in SQL, never in JavaScript.
 */
export const ROW_ID = (partition: string, offset: string) => `((${partition} << 46) | ${offset})`
export const BASE_OFFSET = `id & ${2 ** 46 - 1}`
export const MAX_OFFSET = 2 ** 46 - 1
export const MAX_PARTITIONS = 2 ** 17 - 1

/** 1.5 times as fast as 4 KB with large batches, and a commit of one record still writes no more than a few pages. */
export const PAGE_BYTES = 16_384

/** The writer's connection; makes the database if it is not there. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0')
  // Checkpoints are made between commits (WalKeeper): one that finds the disk full must not fail a commit.
  db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192; PRAGMA secure_delete = OFF')
  return db
}

/** A reader's connection: reads are short, and what it may cache is small. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  db.exec('PRAGMA mmap_size = 0; PRAGMA cache_size = -1024')
  return db
}
