export const LAYOUT = 2

/** Offsets that are gone and were said to be: readers pass over them. */
export const LOSSES = `CREATE TABLE losses (
    partition INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (partition, first)
  ) STRICT, WITHOUT ROWID`

// `first` and `next` are kept apart from the rows, so that no offset is given twice, whatever was deleted.
// Partition 0 is the log itself (LogRow): its `next` is the sequence number of the last commit, on the page that every commit writes anyway.
// `until` is the largest timestamp up to and including the batch: it never falls, so a time is found by bisection.
// The spans of a partition's rows join from `first` to `next`: what compaction takes out passes to the row before. Whatever no row spans is
// missing, and a reader says so, unless it was given up (`losses`).
// Each record has a checksum of its own: SQLite has none, and takes a changed bit for content.
export const TABLES = `
  CREATE TABLE state (
    name TEXT PRIMARY KEY, value ANY
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, settings TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE partitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, number INTEGER NOT NULL,
    first INTEGER NOT NULL, next INTEGER NOT NULL, until INTEGER NOT NULL, bytes INTEGER NOT NULL,
    cleaned INTEGER NOT NULL, checksum INTEGER NOT NULL DEFAULT 0
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
    checksum INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (name, topic, partition)
  ) STRICT, WITHOUT ROWID;
  ${LOSSES};
`
