import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { RetriableException } from '../../api/errors.ts'
import type { EncodedBatch } from '../log.ts'
import { PAGE_BYTES } from './database.ts'

/**
 * The bound of a data directory. It refuses records only: offsets, new settings and deletions are small, and what makes room again. What the
 * WAL holds counts until it is in the database.
 */
export class Quota {
  readonly #path: string
  readonly #maxBytes: number
  readonly #pages: StatementSync
  readonly #free: StatementSync
  #used = 0
  /** Something was refused since the last measure. */
  isExceeded = false

  constructor(db: DatabaseSync, path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#pages = db.prepare('PRAGMA page_count')
    this.#free = db.prepare('PRAGMA freelist_count')
  }

  /** Before each commit. */
  measure(): void {
    this.isExceeded = false
    if (this.#maxBytes === Infinity) return
    const pages = Number(this.#pages.get()?.['page_count'])
    const free = Number(this.#free.get()?.['freelist_count'])
    const wal = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    this.#used = (pages - free) * PAGE_BYTES + wal
  }

  take(batches: readonly EncodedBatch[]): void {
    if (this.#maxBytes === Infinity) return
    // Twice: in the WAL, then in the database.
    const bytes = batches.reduce((sum, batch) => sum + 2 * (batch.bytes.length + PAGE_BYTES), 0)
    if (this.#used + bytes > this.#maxBytes) {
      this.isExceeded = true
      throw new RetriableException(
        `The log has reached its bound of ${this.#maxBytes} bytes: ${this.#path}`,
        {
          hint: 'Raise data.max.bytes, give topics a retention (retention.ms, retention.bytes), or delete topics. Nothing of this call was written, and the log goes on by itself.',
        },
      )
    }
    this.#used += bytes
  }
}
