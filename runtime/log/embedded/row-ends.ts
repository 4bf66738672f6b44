import type { DatabaseSync } from 'node:sqlite'
import { HEADER_BYTES } from '../batch/layout.ts'
import type { Partition } from './catalog.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { isSoundRow, type RowHead } from './row-checksum.ts'

/** Damaged rows at the end are not believed, however far off they say they are. */
const LAST_ROWS = 8

/** Where the sound rows of a partition end, and what was given up behind them. */
export function rowEnds(db: DatabaseSync): (partition: Partition) => number {
  const lastRows = db.prepare(
    `SELECT ${BASE_OFFSET} AS base, span, until, checksum, substr(batch, 1, ${HEADER_BYTES}) AS header
     FROM batches WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')}
     ORDER BY id DESC LIMIT ${LAST_ROWS}`,
  )
  const lost = db.prepare('SELECT max(next) AS next FROM losses WHERE partition = ?')
  return ({ id, first, checksum }) => {
    let end = first
    for (const row of lastRows.iterate(id, first) as Iterable<unknown> as Iterable<RowHead>) {
      if (!isSoundRow(row, checksum)) continue
      end = row.base + row.span
      break
    }
    return Math.max(end, Number(lost.get(id)?.['next'] ?? 0))
  }
}
