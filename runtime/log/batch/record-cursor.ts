import type { RawHeader } from '../log.ts'

/**
 * Walks the records of a batch without making an object per record: `next`, then look at the fields. Every length is checked against the
 * record's own, and that against the batch: damaged bytes end in a RangeError, never in a read past the end.
 */
export class RecordCursor {
  readonly bytes: Buffer
  /** The record's bytes, its length included. */
  start = 0
  end: number
  timestampDelta = 0
  offsetDelta = 0
  keyStart = 0
  /** -1: null. */
  keyLength = 0
  valueStart = 0
  /** -1: null. */
  valueLength = 0
  headerCount = 0
  #at: number
  #left: number

  constructor(bytes: Buffer, from: number, records: number) {
    this.bytes = bytes
    this.end = from
    this.#at = from
    this.#left = records
  }

  next(): boolean {
    this.start = this.end
    this.#at = this.end
    if (this.#left === 0) {
      if (this.#at < this.bytes.length) throw new RangeError('bytes follow the last record')
      return false
    }
    this.#left--
    this.end = this.bytes.length
    const length = this.#varint()
    if (length < 0 || length > this.bytes.length - this.#at) throw new RangeError('a record is cut')
    this.end = this.#at + length
    this.#at++ // A record has attributes of its own; no bit of them is in use.
    this.timestampDelta = this.#varlong()
    this.offsetDelta = this.#varint()
    this.keyLength = this.#varint()
    this.keyStart = this.#skip(this.keyLength)
    this.valueLength = this.#varint()
    this.valueStart = this.#skip(this.valueLength)
    this.headerCount = this.#varint()
    if (this.headerCount < 0 || this.headerCount > this.end - this.#at)
      throw new RangeError('a record has an impossible number of headers')
    if (this.headerCount === 0) this.#expectEnd()
    return true
  }

  get key(): Buffer | null {
    return this.#view(this.keyStart, this.keyLength)
  }

  get value(): Buffer | null {
    return this.#view(this.valueStart, this.valueLength)
  }

  /** The headers of the current record. Call it once a record, and only if `headerCount` is not 0. */
  readHeaders(): RawHeader[] {
    const headers = new Array<RawHeader>(this.headerCount)
    for (let i = 0; i < headers.length; i++) {
      const keyLength = this.#varint()
      if (keyLength < 0) throw new RangeError('a header has no key')
      const keyStart = this.#skip(keyLength)
      const key = this.bytes.toString('utf8', keyStart, keyStart + keyLength)
      const valueLength = this.#varint()
      headers[i] = { key, value: this.#view(this.#skip(valueLength), valueLength) }
    }
    this.#expectEnd()
    return headers
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.bytes.subarray(start, start + length)
  }

  #expectEnd(): void {
    if (this.#at !== this.end) throw new RangeError('a record is longer than its fields')
  }

  /** Steps over a field and returns where it starts. */
  #skip(length: number): number {
    const start = this.#at
    if (length > this.end - start) throw new RangeError('a field is cut')
    if (length > 0) this.#at = start + length
    return start
  }

  #varint(): number {
    const bytes = this.bytes
    let byte = this.#byte(bytes)
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let zigzag = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.#byte(bytes)
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    throw new RangeError('a length has too many bytes')
  }

  #varlong(): number {
    const bytes = this.bytes
    let byte = this.#byte(bytes)
    // Even means positive, odd negative; the sign's bit never enters the sum, so nothing is rounded below 2^53.
    const negative = byte & 1
    let magnitude = (byte & 0x7f) >>> 1
    for (let scale = 0x40; byte >= 0x80; scale *= 0x80) {
      if (scale > 2 ** 62) throw new RangeError('a timestamp has too many bytes')
      byte = this.#byte(bytes)
      magnitude += (byte & 0x7f) * scale
    }
    return negative ? -magnitude - 1 : magnitude
  }

  #byte(bytes: Buffer): number {
    if (this.#at >= this.end) throw new RangeError('a field is cut')
    return bytes[this.#at++] as number
  }
}
