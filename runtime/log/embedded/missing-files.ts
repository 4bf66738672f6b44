import { statSync } from 'node:fs'
import { CorruptException } from '../../api/errors.ts'

type Head = readonly (number | undefined)[] | null

const HINT =
  'Put the file back from a copy. To start afresh, move the whole data directory away: sources then read again from their start.'

/** SQLite makes a new database where there is none, and throws away a WAL that it does not fit: nobody would learn what was there. */
export function refuseIfGone(database: string, head: Head): void {
  if (sizeOf(database) > 0) return
  const commits = head?.[0] ?? 0
  if (commits > 0) throw gone(database, `after ${commits} commits`)
  if (sizeOf(`${database}-wal`) > 0) throw gone(database, 'and its WAL is not empty')
}

/** A database without tables whose head file knows of commits: what it held was in a WAL that is no more. */
export function refuseIfEmpty(database: string, head: Head): void {
  const commits = head?.[0] ?? 0
  if (commits > 0) throw gone(database, `after ${commits} commits`)
}

export function headMissing(database: string): CorruptException {
  return new CorruptException(
    `The log's head file is missing: ${database.replace(/db$/, 'head')}: whether the last commits are all there is not known for sure`,
    { hint: 'It was made anew. If a copy was restored without it, all is well.' },
  )
}

function gone(database: string, since: string): CorruptException {
  return new CorruptException(`The log's database is missing or empty ${since}: ${database}`, {
    hint: HINT,
  })
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
