import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { crc32c } from '@node-rs/crc32'

const SLOT_BYTES = 16
const MAX_SLOTS = 2 ** 20

/**
 * What was last acknowledged, kept beside the database: slot 0 the sequence number of the last commit, slot N the next offset of partition N.
 * SQLite drops the tail of a damaged WAL in silence; this file then knows more than the database. Written after the commit and not synced:
 * it is there for damage, not for power loss, and may lag behind but never run ahead. So each slot has a checksum: a number that a changed
 * bit made large would be taken for a loss.
 */
export class HeadFile {
  readonly #fd: number
  readonly #slot = Buffer.alloc(SLOT_BYTES)

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  }

  /** Every slot written so far, by number: 0 for one that was not, undefined for one that is damaged. */
  read(): (number | undefined)[] {
    return slotsIn(this.#fd)
  }

  write(slot: number, value: number): void {
    put(this.#slot, 0, slot, value)
    writeSync(this.#fd, this.#slot, 0, SLOT_BYTES, slot * SLOT_BYTES)
  }

  /** Starts over with these slots. */
  rewrite(slots: readonly number[]): void {
    const bytes = Buffer.alloc(slots.length * SLOT_BYTES)
    slots.forEach((value, slot) => {
      put(bytes, slot * SLOT_BYTES, slot, value)
    })
    ftruncateSync(this.#fd)
    writeSync(this.#fd, bytes, 0, bytes.length, 0)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** The slots of a head file that somebody else may be writing; null when there is none. */
export function readHead(path: string): (number | undefined)[] | null {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY)
  } catch {
    return null
  }
  try {
    return slotsIn(fd)
  } finally {
    closeSync(fd)
  }
}

function slotsIn(fd: number): (number | undefined)[] {
  const size = Math.min(fstatSync(fd).size, MAX_SLOTS * SLOT_BYTES)
  const bytes = Buffer.alloc(size - (size % SLOT_BYTES))
  readSync(fd, bytes, 0, bytes.length, 0)
  const slots: (number | undefined)[] = []
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const value = bytes.readDoubleLE(at)
    const isSound = bytes.readUInt32LE(at + 8) === checksum(slots.length, value)
    const isUnused = bytes.subarray(at, at + SLOT_BYTES).equals(UNUSED)
    slots.push(isUnused ? 0 : isSound ? value : undefined)
  }
  return slots
}

const UNUSED = Buffer.alloc(SLOT_BYTES)

function put(bytes: Buffer, at: number, slot: number, value: number): void {
  bytes.writeDoubleLE(value, at)
  bytes.writeUInt32LE(checksum(slot, value), at + 8)
}

function checksum(slot: number, value: number): number {
  return crc32c(`${slot} ${value}`)
}
