import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { CorruptException } from '../../api/errors.ts'
import { fromLayout1 } from './layout-1.ts'
import { partitionChecksum } from './record-checksums.ts'
import { LAYOUT, TABLES } from './tables.ts'

/** Makes the tables on first use, brings them up to date; refuses what a later version wrote. */
export function prepareTables(db: DatabaseSync, path: string): void {
  const version = layoutOf(db)
  if (version === 1) fromLayout1(db)
  else if (version === 0) create(db)
  else if (version !== LAYOUT) throw foreignLayout(version, path)
}

export function layoutOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** A later version's, or damage: whichever, nothing is changed. */
export function foreignLayout(version: number, path: string): CorruptException {
  return new CorruptException(`${path} has layout ${version}; this version reads ${LAYOUT}`, {
    hint:
      version === 1
        ? 'Start a worker on it once: it brings the log up to date.'
        : 'Use the version of Tapline that wrote it. If that is this one, its header is damaged: restore a copy.',
  })
}

function create(db: DatabaseSync): void {
  const clusterId = randomBytes(16).toString('base64url')
  const zero = { number: 0, first: 0, next: 0, until: 0, bytes: 0, cleaned: 0 }
  const checksum = partitionChecksum({ id: 0, topic: '', ...zero })
  db.exec(`BEGIN IMMEDIATE; ${TABLES}
    INSERT INTO state (name, value) VALUES ('topics', 0), ('cluster', '${clusterId}');
    INSERT INTO partitions (id, topic, number, first, next, until, bytes, cleaned, checksum)
      VALUES (0, '', 0, 0, 0, 0, 0, 0, ${checksum});
    PRAGMA user_version = ${LAYOUT}; COMMIT`)
  // So that the tables are there however the WAL fares.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}
