import { randomBytes } from 'node:crypto'
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

const LAYOUT = 1

// `first` and `next` are kept apart from the rows, so that no offset is given twice, whatever was deleted.
// Partition 0 is the log itself: its `next` is the sequence number of the last commit, on the page that every commit writes anyway.
// `until` is the largest timestamp up to and including the batch: it never falls, so a time is found by bisection.
const TABLES = `
  CREATE TABLE state (
    name TEXT PRIMARY KEY, value ANY
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, settings TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE partitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, number INTEGER NOT NULL,
    first INTEGER NOT NULL, next INTEGER NOT NULL, until INTEGER NOT NULL, bytes INTEGER NOT NULL,
    cleaned INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY, span INTEGER NOT NULL, until INTEGER NOT NULL, checksum INTEGER NOT NULL,
    batch BLOB NOT NULL
  ) STRICT;
  CREATE TABLE deleted (
    partition INTEGER PRIMARY KEY
  ) STRICT;
  CREATE TABLE group_offsets (
    name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (name, topic, partition)
  ) STRICT, WITHOUT ROWID;
`

/** The writer's connection; makes the database if it is not there. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0')
  // Checkpoints are made between commits (WalKeeper): one that finds the disk full must not fail a commit.
  db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192; PRAGMA secure_delete = OFF')
  return db
}

/** Makes the tables on first use; refuses what a later version wrote. */
export function prepareTables(db: DatabaseSync, path: string): void {
  const version = db.prepare('PRAGMA user_version').get()?.['user_version']
  if (version === LAYOUT) return
  if (version !== 0)
    throw new RangeError(`${path} has layout ${version}; this version reads ${LAYOUT}`)
  const clusterId = randomBytes(16).toString('base64url')
  db.exec(`BEGIN IMMEDIATE; ${TABLES}
    INSERT INTO state (name, value) VALUES ('topics', 0), ('cluster', '${clusterId}');
    INSERT INTO partitions (id, topic, number, first, next, until, bytes, cleaned) VALUES (0, '', 0, 0, 0, -1, 0, 0);
    PRAGMA user_version = ${LAYOUT}; COMMIT`)
}

/** A reader's connection: reads are short, and what it may cache is small. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  db.exec('PRAGMA mmap_size = 0; PRAGMA cache_size = -1024')
  return db
}
