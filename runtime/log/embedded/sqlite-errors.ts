import { ConnectException, CorruptException, RetriableException } from '../../api/errors.ts'

const ERROR = 1
const BUSY = 5
const LOCKED = 6
const NOMEM = 7
const READONLY = 8
const IOERR = 10
const IOERR_SHORT_READ = 522
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

const RESTORE =
  '`tapline log check` tells what is damaged; `tapline log repair` keeps what can be read. Or restore the data directory from a copy.'

/** What SQLite refused, in our words. I2: a full disk or a failing one is never blamed on a record. */
export function translate(error: unknown, path: string): ConnectException {
  if (error instanceof ConnectException) return error
  const cause = error as Error & { errcode?: number; code?: string }
  // A number that no log writes.
  if (cause.code === 'ERR_OUT_OF_RANGE') cause.errcode = CORRUPT
  // The file ends before the page does: it was cut.
  if (cause.errcode === IOERR_SHORT_READ) cause.errcode = CORRUPT
  switch (cause.code === 'ENOSPC' ? FULL : (cause.errcode ?? 0) & 0xff) {
    case FULL:
      return new RetriableException(`The disk of the log is full: ${path}`, {
        hint: 'Free space on that file system; nothing of this call was written, and the log goes on by itself.',
        cause,
      })
    case IOERR:
      return new RetriableException(
        `The log cannot be read or written: ${path}: ${cause.message}`,
        {
          hint: 'Check the disk (dmesg), its free space and quota. Nothing of this call was acknowledged.',
          cause,
        },
      )
    case BUSY:
    case LOCKED:
      return new RetriableException(`The log is held by another process: ${path}`, {
        hint: 'Let the other program that has the database open finish (fuser shows it).',
        cause,
      })
    case NOMEM:
      return new RetriableException(`No memory left for the log: ${path}`, { cause })
    case READONLY:
    case CANTOPEN:
      return new ConnectException(`The log cannot be opened: ${path}: ${cause.message}`, {
        hint: 'Check that the data directory exists and that this user may write to it.',
        cause,
      })
    case CORRUPT:
    case NOTADB:
      return new CorruptException(`The log's database is damaged: ${path}: ${cause.message}`, {
        hint: RESTORE,
        cause,
      })
    default:
      return new ConnectException(`The log failed: ${path}: ${cause.message}`, { cause })
  }
}

/** Whether SQLite, or the number of a row, says that the file is not what was written. */
export function isDamage(error: unknown): boolean {
  const { code, errcode = 0 } = error as { code?: string; errcode?: number }
  if (code === 'ERR_OUT_OF_RANGE' || errcode === IOERR_SHORT_READ) return true
  return code === 'ERR_SQLITE_ERROR' && [CORRUPT, NOTADB].includes(errcode & 0xff)
}

/** The statements are ours: when SQLite does not understand them at open, its tables are others than it was given. */
export function translateAtOpen(error: unknown, path: string): ConnectException {
  const { errcode, message } = error as { errcode?: number; message: string }
  if (errcode !== ERROR) return translate(error, path)
  return new CorruptException(`The log's database is damaged: ${path}: ${message}`, {
    hint: RESTORE,
    cause: error,
  })
}
