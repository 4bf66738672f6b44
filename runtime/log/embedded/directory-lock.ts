import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ConnectException, CorruptException } from '../../api/errors.ts'
import { filesOf } from './database.ts'

const NOTADB = 26

/**
 * One worker a data directory. The lock is SQLite's own on an empty database: the system drops it with the process, however that ends, and it
 * also holds against a second log in the same process. The process id beside it is for people only.
 */
export class DirectoryLock {
  readonly #db: DatabaseSync

  constructor(dataDir: string) {
    const { lock, owner } = filesOf(dataDir)
    try {
      // Connector configurations hold secrets (I5): nobody else looks in here.
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      this.#db = new DatabaseSync(lock, { timeout: 0 })
    } catch (cause) {
      throw new ConnectException(`The data directory cannot be used: ${dataDir}`, {
        hint: 'Choose one that this user may write to (data.dir).',
        cause,
      })
    }
    try {
      this.#db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (cause) {
      this.#db.close()
      if ((cause as { errcode?: number }).errcode === NOTADB) {
        throw new CorruptException(`The lock of the data directory is damaged: ${lock}`, {
          hint: 'It holds nothing: delete this file when no worker runs on the directory.',
          cause,
        })
      }
      throw new ConnectException(
        `Another worker uses the data directory ${dataDir}${holder(owner)}`,
        {
          hint: 'Stop that worker, or give this one a directory of its own (data.dir).',
          cause,
        },
      )
    }
    try {
      writeFileSync(owner, `${process.pid}\n`)
    } catch {
      // A full disk must not keep the worker from starting: the lock holds without it.
    }
  }

  release(): void {
    this.#db.close()
  }
}

function holder(path: string): string {
  try {
    return ` (process ${readFileSync(path, 'utf8').trim()})`
  } catch {
    return ''
  }
}
