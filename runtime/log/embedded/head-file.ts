import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'

const SLOT_BYTES = 8
const MAX_SLOTS = 2 ** 20

/**
 * What was last acknowledged, kept beside the database: slot 0 the sequence number of the last commit, slot N the next offset of partition N.
 * SQLite drops the tail of a damaged WAL in silence; this file then knows more than the database. Written after the commit and not synced:
 * it is there for damage, not for power loss, and may lag behind but never run ahead.
 */
export class HeadFile {
  readonly #fd: number
  readonly #slot = Buffer.alloc(SLOT_BYTES)

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  }

  /** Every slot written so far, by number; what is no offset counts as 0. */
  read(): number[] {
    const size = Math.min(fstatSync(this.#fd).size, MAX_SLOTS * SLOT_BYTES)
    const bytes = Buffer.alloc(size - (size % SLOT_BYTES))
    readSync(this.#fd, bytes, 0, bytes.length, 0)
    const slots: number[] = []
    for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
      const value = bytes.readDoubleLE(at)
      slots.push(Number.isSafeInteger(value) && value > 0 ? value : 0)
    }
    return slots
  }

  write(slot: number, value: number): void {
    this.#slot.writeDoubleLE(value)
    writeSync(this.#fd, this.#slot, 0, SLOT_BYTES, slot * SLOT_BYTES)
  }

  /** Starts over with these slots. */
  rewrite(slots: readonly number[]): void {
    const bytes = Buffer.alloc(slots.length * SLOT_BYTES)
    slots.forEach((value, slot) => {
      bytes.writeDoubleLE(value, slot * SLOT_BYTES)
    })
    ftruncateSync(this.#fd)
    writeSync(this.#fd, bytes, 0, bytes.length, 0)
  }

  close(): void {
    closeSync(this.#fd)
  }
}
