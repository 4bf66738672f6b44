const headerBytes = 20
const epochMs = Date.UTC(2000, 0, 1)
/** A buffer that one batch of long texts blew up is not kept for good (I6). */
const keptBytes = 1 << 20
const two32 = 2 ** 32
/** Beyond this a native call copies text faster than the loop below. */
const shortText = 64

/** What a value may not be; the column and the record are added by whoever knows them. */
export class BadValue extends Error {
  override name = 'BadValue'
}

/**
 * One parameter: a one-dimensional array in Postgres' binary format (header, then length and octets of each element). Binary spares both
 * sides the printing and parsing of text (test/bench/postgres-encodings.bench.ts). The buffer is reused from batch to batch: what `finish`
 * returned is valid until the next `begin`.
 */
export class ArrayWriter {
  #buffer = Buffer.allocUnsafeSlow(4096)
  #view = new DataView(this.#buffer.buffer)
  #at = 0
  #count = 0

  begin(elementOid: number): void {
    if (this.#buffer.length > keptBytes) this.#replace(Buffer.allocUnsafeSlow(4096))
    this.#at = headerBytes
    this.#count = 0
    const view = this.#view
    view.setInt32(0, 1) // dimensions
    view.setInt32(4, 1) // may hold nulls
    view.setInt32(8, elementOid)
    view.setInt32(16, 1) // lower bound
  }

  finish(): Buffer {
    this.#view.setInt32(12, this.#count)
    return this.#buffer.subarray(0, this.#at)
  }

  null(): void {
    this.#reserve(4)
    this.#view.setInt32(this.#at, -1)
    this.#at += 4
    this.#count++
  }

  boolean(value: boolean): void {
    this.#begin(1)
    this.#buffer[this.#at++] = value ? 1 : 0
  }

  int16(value: number): void {
    this.#begin(2)
    this.#view.setInt16(this.#at, value)
    this.#at += 2
  }

  int32(value: number): void {
    this.#begin(4)
    this.#view.setInt32(this.#at, value)
    this.#at += 4
  }

  bigint64(value: bigint): void {
    this.#begin(8)
    this.#view.setBigInt64(this.#at, value)
    this.#at += 8
  }

  /** A whole number up to 2^53 as 64 bits. */
  int64(value: number): void {
    this.#begin(8)
    this.#int64(value)
  }

  float32(value: number): void {
    this.#begin(4)
    this.#view.setFloat32(this.#at, value)
    this.#at += 4
  }

  float64(value: number): void {
    this.#begin(8)
    this.#view.setFloat64(this.#at, value)
    this.#at += 8
  }

  /** Microseconds since 2000, from ms since 1970. */
  timestamp(ms: number): void {
    const micros = (ms - epochMs) * 1000
    if (Number.isSafeInteger(micros)) this.int64(micros)
    else this.bigint64(BigInt(ms - epochMs) * 1000n)
  }

  bytes(value: Uint8Array): void {
    this.#begin(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** Refuses what a Postgres text cannot hold: U+0000, and halves of surrogate pairs, which UTF-8 would replace. */
  text(value: string): void {
    const length = value.length
    this.#reserve(4 + length * 3)
    const start = this.#at + 4
    let at = start
    if (length <= shortText) {
      const buffer = this.#buffer
      let i = 0
      for (; i < length; i++) {
        const code = value.charCodeAt(i)
        if (code === 0 || code > 127) break
        buffer[at++] = code
      }
      if (i < length) at = this.#nativeText(value, start)
    } else {
      at = this.#nativeText(value, start)
    }
    this.#view.setInt32(start - 4, at - start)
    this.#at = at
    this.#count++
  }

  /** `digits` × 10^-`scale`, exactly: groups of four decimal digits. */
  numeric(isNegative: boolean, digits: string, scale: number): void {
    const whole = digits.length - scale
    const groupsBeforePoint = Math.ceil(whole / 4)
    const lead = groupsBeforePoint * 4 - whole
    const groups = Math.ceil((lead + digits.length) / 4)
    const weight = groupsBeforePoint - 1
    if (weight > 32767 || groups > 32767 || scale > 16383) throw new BadValue('too many digits')
    const size = 8 + groups * 2
    this.#begin(size)
    const view = this.#view
    let at = this.#at
    view.setInt16(at, groups)
    view.setInt16(at + 2, weight)
    view.setUint16(at + 4, isNegative ? 0x4000 : 0)
    view.setInt16(at + 6, Math.max(scale, 0))
    at += 8
    let group = 0
    let held = lead
    for (let i = 0; i < digits.length; i++) {
      group = group * 10 + digits.charCodeAt(i) - 48
      if (++held === 4) {
        view.setInt16(at, group)
        at += 2
        group = 0
        held = 0
      }
    }
    if (held > 0) view.setInt16(at, group * 10 ** (4 - held))
    this.#at += size
  }

  /** NaN and the infinities of `numeric`. */
  specialNumeric(value: number): void {
    this.#begin(8)
    const sign = Number.isNaN(value) ? 0xc000 : value > 0 ? 0xd000 : 0xf000
    this.#view.setInt32(this.#at, 0)
    this.#view.setUint16(this.#at + 4, sign)
    this.#view.setUint16(this.#at + 6, 0)
    this.#at += 8
  }

  #nativeText(value: string, start: number): number {
    if (value.includes('\0')) throw new BadValue('a text with U+0000, which Postgres cannot store')
    if (!value.isWellFormed()) throw new BadValue('a text with half of a surrogate pair')
    return start + this.#buffer.write(value, start)
  }

  #int64(value: number): void {
    const high = Math.floor(value / two32)
    this.#view.setInt32(this.#at, high)
    this.#view.setUint32(this.#at + 4, value - high * two32)
    this.#at += 8
  }

  #begin(length: number): void {
    this.#reserve(4 + length)
    this.#view.setInt32(this.#at, length)
    this.#at += 4
    this.#count++
  }

  #reserve(octets: number): void {
    if (this.#at + octets <= this.#buffer.length) return
    const buffer = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + octets))
    this.#buffer.copy(buffer, 0, 0, this.#at)
    this.#replace(buffer)
  }

  #replace(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer)
  }
}
