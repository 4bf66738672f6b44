import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { PAGE_BYTES } from './database.ts'

/** One checkpoint copies so much at most before appends go on: some tens of milliseconds. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024
/** A commit writes a few pages besides its batches. */
const COMMIT_BYTES = 64 * 1024

/**
 * Keeps the WAL short. SQLite would make its checkpoints inside a commit, where a full disk fails the commit; here they come after the
 * answers were sent, and a failed one is tried again after more was written.
 */
export class WalKeeper {
  readonly #passive: StatementSync
  readonly #restart: StatementSync
  #bytes = 0

  constructor(db: DatabaseSync) {
    db.exec(`PRAGMA journal_size_limit = ${2 * CHECKPOINT_BYTES}`)
    this.#passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#restart = db.prepare('PRAGMA wal_checkpoint(RESTART)')
  }

  written(bytes: number): void {
    this.#bytes += bytes + COMMIT_BYTES
  }

  get isDue(): boolean {
    return this.#bytes >= CHECKPOINT_BYTES
  }

  get isDirty(): boolean {
    return this.#bytes > 0
  }

  /** Throws when the database cannot grow. */
  checkpoint(): void {
    this.#bytes = 0
    const { log } = this.#passive.get() as { log: number }
    // Readers that never pause keep SQLite from starting the WAL over: then wait for them, or it grows without end.
    if (log * PAGE_BYTES > 4 * CHECKPOINT_BYTES) this.#restart.get()
  }
}
