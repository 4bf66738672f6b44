import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { PAGE_BYTES } from './database.ts'

/** One checkpoint copies so much at most before appends go on: some tens of milliseconds. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024
/** With a bound on the whole the WAL gets a small part of it. */
const SHARE_OF_BOUND = 16
/** A commit writes a few pages besides its batches. */
const COMMIT_BYTES = 64 * 1024

/**
 * Keeps the WAL short. SQLite would make its checkpoints inside a commit, where a full disk fails the commit; here they come after the
 * answers were sent, and a failed one is tried again after more was written.
 */
export class WalKeeper {
  readonly #passive: StatementSync
  readonly #restart: StatementSync
  readonly #truncate: StatementSync
  readonly #checkpointBytes: number
  #bytes = 0

  constructor(db: DatabaseSync, maxBytes: number) {
    this.#checkpointBytes = Math.min(CHECKPOINT_BYTES, Math.floor(maxBytes / SHARE_OF_BOUND))
    db.exec(`PRAGMA journal_size_limit = ${2 * this.#checkpointBytes}`)
    this.#truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
    this.#restart = db.prepare('PRAGMA wal_checkpoint(RESTART)')
  }

  written(bytes: number): void {
    this.#bytes += bytes + COMMIT_BYTES
  }

  get isDue(): boolean {
    return this.#bytes >= this.#checkpointBytes
  }

  get isDirty(): boolean {
    return this.#bytes > 0
  }

  /** Throws when the database cannot grow. */
  checkpoint(): void {
    this.#bytes = 0
    const { log } = this.#passive.get() as { log: number }
    // Readers that never pause keep SQLite from starting the WAL over: then wait for them, or it grows without end.
    if (log * PAGE_BYTES > 4 * this.#checkpointBytes) this.#restart.get()
  }

  /** Gives back the room it takes. Throws as `checkpoint`. */
  empty(): void {
    this.#bytes = 0
    this.#truncate.get()
  }
}
