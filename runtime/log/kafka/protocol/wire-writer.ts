const CHUNK_BYTES = 1024
const MAX_STRING_BYTES = 0x7fff

/**
 * Kafka's primitive types, written one behind another. Small values go to a buffer of its own; `raw` appends memory of the caller as it is,
 * without a copy: it must not change until the request was sent.
 */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  /** Where what is not yet in `#chunks` begins, and where the next value goes. */
  #start = 0
  #end = 0
  readonly #chunks: Buffer[] = []
  #chunkBytes = 0

  /** Bytes written so far. */
  get length(): number {
    return this.#chunkBytes + this.#end - this.#start
  }

  /** All that was written, in order. The writer may be written further. */
  chunks(): Buffer[] {
    this.#flush()
    return [...this.#chunks]
  }

  int8(value: number): void {
    this.#reserve(1)
    this.#end = this.#buffer.writeInt8(value, this.#end)
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#end = this.#buffer.writeInt16BE(value, this.#end)
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#end = this.#buffer.writeInt32BE(value, this.#end)
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#end = this.#buffer.writeUInt32BE(value, this.#end)
  }

  int64(value: number | bigint): void {
    this.#reserve(8)
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new RangeError(`${value} is no whole number that an int64 can be made of exactly`)
    this.#end = this.#buffer.writeBigInt64BE(BigInt(value), this.#end)
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  /** As the text that Kafka shows: 22 characters of base64url. */
  uuid(text: string): void {
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.length !== 16) throw new RangeError(`"${text}" is no topic id`)
    this.raw(bytes)
  }

  string(value: string): void {
    const size = Buffer.byteLength(value)
    if (size > MAX_STRING_BYTES)
      throw new RangeError(`A text of ${size} bytes is longer than Kafka's protocol can carry`)
    this.int16(size)
    this.#text(value, size)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.int32(items.length)
    for (const item of items) write(item)
  }

  nullableArray<T>(items: readonly T[] | null, write: (item: T) => void): void {
    if (items === null) this.int32(-1)
    else this.array(items, write)
  }

  unsignedVarint(value: number): void {
    this.#reserve(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.#buffer[this.#end++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#end++] = rest
  }

  compactString(value: string): void {
    const size = Buffer.byteLength(value)
    this.unsignedVarint(size + 1)
    this.#text(value, size)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): void {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
  }

  compactNullableArray<T>(items: readonly T[] | null, write: (item: T) => void): void {
    if (items === null) this.unsignedVarint(0)
    else this.compactArray(items, write)
  }

  /** The end of a structure in a flexible version: no tagged fields. */
  tags(): void {
    this.unsignedVarint(0)
  }

  raw(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#flush()
    this.#chunks.push(
      bytes instanceof Buffer
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    )
    this.#chunkBytes += bytes.length
  }

  #text(value: string, size: number): void {
    this.#reserve(size)
    this.#end += this.#buffer.write(value, this.#end)
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    this.#flush()
    this.#buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes))
    this.#start = 0
    this.#end = 0
  }

  #flush(): void {
    if (this.#end === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#end))
    this.#chunkBytes += this.#end - this.#start
    this.#start = this.#end
  }
}
