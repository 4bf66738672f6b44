/**
 * Kafka's primitive types, read one behind another. What it gives of bytes are views. Every read is checked against the end: a cut or
 * garbled answer is a RangeError, never a value (`decodeAnswer` says of which request).
 */
export class WireReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get remaining(): number {
    return this.#buffer.length - this.#at
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4))
  }

  /** An offset or a time; what a number cannot hold exactly is a RangeError. */
  int64(): number {
    const at = this.#take(8)
    const value = this.#buffer.readInt32BE(at) * 0x1_0000_0000 + this.#buffer.readUInt32BE(at + 4)
    if (!Number.isSafeInteger(value))
      throw new RangeError(`the int64 at byte ${at} is beyond what a number holds exactly`)
    return value
  }

  /** A producer id: any 64 bits. */
  bigInt64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** As the text that Kafka shows: 22 characters of base64url. */
  uuid(): string {
    return this.bytesView(16).toString('base64url')
  }

  string(): string {
    return this.nullableString() ?? this.#unexpectedNull()
  }

  nullableString(): string | null {
    const size = this.int16()
    return size < 0 ? null : this.#text(size)
  }

  bytes(): Buffer {
    return this.nullableBytes() ?? this.#unexpectedNull()
  }

  nullableBytes(): Buffer | null {
    const size = this.int32()
    return size < 0 ? null : this.bytesView(size)
  }

  array<T>(read: () => T): T[] {
    return this.nullableArray(read) ?? this.#unexpectedNull()
  }

  nullableArray<T>(read: () => T): T[] | null {
    const count = this.int32()
    return count < 0 ? null : this.#items(count, read)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new RangeError(`the length that ends at byte ${this.#at} has no end`)
  }

  compactString(): string {
    return this.compactNullableString() ?? this.#unexpectedNull()
  }

  compactNullableString(): string | null {
    const size = this.unsignedVarint()
    return size === 0 ? null : this.#text(size - 1)
  }

  compactBytes(): Buffer {
    return this.compactNullableBytes() ?? this.#unexpectedNull()
  }

  compactNullableBytes(): Buffer | null {
    const size = this.unsignedVarint()
    return size === 0 ? null : this.bytesView(size - 1)
  }

  compactArray<T>(read: () => T): T[] {
    return this.compactNullableArray(read) ?? this.#unexpectedNull()
  }

  compactNullableArray<T>(read: () => T): T[] | null {
    const size = this.unsignedVarint()
    return size === 0 ? null : this.#items(size - 1, read)
  }

  /** The end of a structure in a flexible version: tagged fields are additions we do not know, and are skipped. */
  tags(): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint()
      this.bytesView(this.unsignedVarint())
    }
  }

  bytesView(size: number): Buffer {
    const at = this.#take(size)
    return this.#buffer.subarray(at, at + size)
  }

  #text(size: number): string {
    const at = this.#take(size)
    return this.#buffer.toString('utf8', at, at + size)
  }

  #items<T>(count: number, read: () => T): T[] {
    // Each item takes a byte at least: a garbled count must not become a long loop.
    if (count > this.remaining)
      throw new RangeError(`a list before byte ${this.#at} claims ${count} items`)
    const items: T[] = []
    for (let left = count; left > 0; left--) items.push(read())
    return items
  }

  #take(size: number): number {
    const at = this.#at
    if (size < 0 || size > this.#buffer.length - at)
      throw new RangeError(`it ends at byte ${this.#buffer.length}, within a value at byte ${at}`)
    this.#at = at + size
    return at
  }

  #unexpectedNull(): never {
    throw new RangeError(`the value before byte ${this.#at} is null and must not be`)
  }
}
