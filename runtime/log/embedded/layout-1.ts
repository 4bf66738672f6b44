import type { DatabaseSync } from 'node:sqlite'
import { crc32c } from '@node-rs/crc32'
import { assembleBatch } from '../batch/assemble-batch.ts'
import { asBuffer } from '../batch/batch-decoder.ts'
import { BASE_OFFSET as BASE_OFFSET_AT, HEADER_BYTES, writeInt64 } from '../batch/layout.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { offsetChecksum, partitionChecksum, topicChecksum } from './record-checksums.ts'
import { checksumOfPlace, rowChecksum } from './row-checksum.ts'
import { LAYOUT, LOSSES } from './tables.ts'

const SLICE_ROWS = 2000

interface Row {
  readonly base: number
  readonly span: number
  readonly until: number
  readonly checksum: number
  readonly header: Uint8Array
}

interface Partition {
  readonly id: number
  readonly topic: string
  readonly number: number
  readonly first: number
  readonly next: number
  readonly until: number
  readonly bytes: number
  readonly cleaned: number
}

/** Layout 1 had checksums on batches alone, and gaps where compaction took rows out: they pass to the rows before them. */
export function fromLayout1(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE; ${LOSSES};
    ALTER TABLE topics ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE partitions ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE group_offsets ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0`)
  try {
    const partitions = db
      .prepare('SELECT * FROM partitions WHERE id > 0')
      .all() as unknown as Partition[]
    for (const partition of partitions) join(db, partition)
    sign(db, partitions)
    db.exec(`PRAGMA user_version = ${LAYOUT}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function sign(db: DatabaseSync, partitions: readonly Partition[]): void {
  const one = (sql: string) => Number(db.prepare(sql).get()?.['n'] ?? 0)
  const update = db.prepare('UPDATE partitions SET checksum = ?2 WHERE id = ?1')
  for (const partition of partitions) update.run(partition.id, partitionChecksum(partition))
  const topics = db.prepare('SELECT name, partitions, settings FROM topics').all()
  for (const row of topics) {
    const topic = String(row['name'])
    const checksum = topicChecksum(topic, Number(row['partitions']), String(row['settings']))
    db.prepare('UPDATE topics SET checksum = ?2 WHERE name = ?1').run(topic, checksum)
  }
  for (const row of db.prepare('SELECT name, topic, partition, next FROM group_offsets').all()) {
    const { name, topic, partition, next } = row as Record<string, string | number>
    const values = [String(name), String(topic), Number(partition)] as const
    db.prepare(
      'UPDATE group_offsets SET checksum = ?4 WHERE name = ?1 AND topic = ?2 AND partition = ?3',
    ).run(...values, offsetChecksum(...values, Number(next)))
  }
  const log = {
    id: 0,
    topic: '',
    number: one("SELECT seq AS n FROM sqlite_sequence WHERE name = 'partitions'"),
    first: topics.length,
    next: one('SELECT next AS n FROM partitions WHERE id = 0'),
    until: one("SELECT value AS n FROM state WHERE name = 'topics'"),
    bytes: partitions.length,
    cleaned: one('SELECT count(*) AS n FROM group_offsets'),
  }
  db.prepare(
    `UPDATE partitions SET number = ?, first = ?, until = ?, bytes = ?, cleaned = ?, checksum = ?
     WHERE id = 0`,
  ).run(log.number, log.first, log.until, log.bytes, log.cleaned, partitionChecksum(log))
}

/** Lets the spans of a partition's rows join. */
function join(db: DatabaseSync, { id, topic, number, first, next, until }: Partition): void {
  const place = checksumOfPlace({ topic, partition: number })
  const slice = db.prepare(
    `SELECT ${BASE_OFFSET} AS base, span, until, checksum, substr(batch, 1, ${HEADER_BYTES}) AS header
     FROM batches WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')}
     ORDER BY id LIMIT ${SLICE_ROWS}`,
  )
  const update = db.prepare(
    `UPDATE batches SET span = ?3, checksum = ?4 WHERE id = ${ROW_ID('?1', '?2')}`,
  )
  const save = (row: Row, end: number) => {
    // A row that is damaged stays as it is, and is found by whoever reads it.
    if (crc32c(row.header, place) !== row.checksum) return
    const extent = { span: end - row.base, until: row.until }
    update.run(id, row.base, extent.span, rowChecksum(place, row.header, extent))
  }
  let before: Row | undefined
  for (let at = 0; ; ) {
    const rows = slice.all(id, at) as unknown as Row[]
    for (const row of rows) {
      if (before) save(before, row.base)
      else if (row.base > first) fill(db, { id, place, first, row })
      before = row
      at = Math.max(at, row.base) + 1
    }
    if (rows.length < SLICE_ROWS) break
  }
  if (before) save(before, next)
  else if (next > first)
    db.prepare('INSERT INTO losses VALUES (?, ?, ?, ?)').run(id, first, next, Math.max(0, until))
}

/** An empty batch in front of the first row that compaction left. */
function fill(
  db: DatabaseSync,
  { id, place, first, row }: { id: number; place: number; first: number; row: Row },
): void {
  const batch = assembleBatch(asBuffer(row.header), [], { codec: 'none', records: 0 })
  writeInt64(batch, first, BASE_OFFSET_AT)
  const extent = { span: row.base - first, until: -1 }
  db.prepare(
    `INSERT INTO batches (id, span, until, checksum, batch) VALUES (${ROW_ID('?1', '?2')}, ?3, ?4, ?5, ?6)`,
  ).run(id, first, extent.span, extent.until, rowChecksum(place, batch, extent), batch)
}
