/** Builds captures octet by octet, so that tests know what a reader must find in them. */

export interface BuiltPacket {
  readonly seconds: number
  /** Units below the second, in the resolution of the file. */
  readonly fraction: number
  readonly octets: Uint8Array
  /** On the wire; default: as captured. */
  readonly length?: number
}

export interface PcapForm {
  readonly isBig: boolean
  readonly isNano?: boolean
  readonly isModified?: boolean
  readonly minor?: number
  readonly network?: number
  readonly snapLength?: number
}

export class Octets {
  readonly #isBig: boolean
  readonly #parts: Buffer[] = []

  constructor(isBig: boolean) {
    this.#isBig = isBig
  }

  u8(...values: number[]): this {
    this.#parts.push(Buffer.from(values))
    return this
  }

  u16(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(2)
      if (this.#isBig) part.writeUInt16BE(value)
      else part.writeUInt16LE(value)
      this.#parts.push(part)
    }
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4)
      if (this.#isBig) part.writeUInt32BE(value)
      else part.writeUInt32LE(value)
      this.#parts.push(part)
    }
    return this
  }

  i64(value: bigint): this {
    const part = Buffer.alloc(8)
    if (this.#isBig) part.writeBigInt64BE(value)
    else part.writeBigInt64LE(value)
    this.#parts.push(part)
    return this
  }

  raw(octets: Uint8Array): this {
    this.#parts.push(Buffer.from(octets))
    return this
  }

  padded(octets: Uint8Array): this {
    return this.raw(octets).raw(Buffer.alloc((4 - (octets.length % 4)) % 4))
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

export function pcapFile(form: PcapForm, packets: readonly BuiltPacket[]): Buffer {
  const {
    isBig,
    isNano = false,
    isModified = false,
    minor = 4,
    network = 1,
    snapLength = 65535,
  } = form
  const magic = isModified ? 0xa1b2cd34 : isNano ? 0xa1b23c4d : 0xa1b2c3d4
  const file = new Octets(isBig).u32(magic).u16(2, minor).u32(0, 0, snapLength, network)
  for (const { seconds, fraction, octets, length = octets.length } of packets) {
    file.u32(seconds, fraction, octets.length, length)
    if (isModified) file.u32(0).u16(0).u8(0, 0)
    file.raw(octets)
  }
  return file.done()
}

export function block(isBig: boolean, type: number, body: Uint8Array): Buffer {
  const total = 12 + Math.ceil(body.length / 4) * 4
  return new Octets(isBig).u32(type, total).padded(body).u32(total).done()
}

export function section(isBig: boolean, version: readonly [number, number] = [1, 0]): Buffer {
  return block(
    isBig,
    0x0a0d0d0a,
    new Octets(isBig)
      .u32(0x1a2b3c4d)
      .u16(...version)
      .i64(-1n)
      .done(),
  )
}

export interface InterfaceForm {
  readonly linkType?: number
  readonly snapLength?: number
  readonly name?: string
  readonly resolution?: number
  readonly offset?: bigint
  readonly fcsLength?: number
}

export function interfaceBlock(isBig: boolean, form: InterfaceForm = {}): Buffer {
  const { linkType = 1, snapLength = 0, name, resolution, offset, fcsLength } = form
  const body = new Octets(isBig).u16(linkType, 0).u32(snapLength)
  if (name !== undefined) body.u16(2, Buffer.byteLength(name)).padded(Buffer.from(name))
  if (resolution !== undefined) body.u16(9, 1).padded(Buffer.of(resolution))
  if (fcsLength !== undefined) body.u16(13, 1).padded(Buffer.of(fcsLength))
  if (offset !== undefined) body.u16(14, 8).i64(offset)
  return block(isBig, 1, body.u16(0, 0).done())
}

export interface TimedPacket {
  readonly interfaceId?: number
  readonly units: bigint
  readonly octets: Uint8Array
  readonly length?: number
  readonly flags?: number
}

export function enhancedPacket(isBig: boolean, packet: TimedPacket): Buffer {
  const { interfaceId = 0, units, octets, length = octets.length, flags } = packet
  const body = new Octets(isBig)
    .u32(interfaceId, Number(units >> 32n), Number(units & 0xffffffffn), octets.length, length)
    .padded(octets)
  if (flags !== undefined) body.u16(2, 4).u32(flags).u16(0, 0)
  return block(isBig, 6, body.done())
}

export function obsoletePacket(isBig: boolean, packet: TimedPacket): Buffer {
  const { interfaceId = 0, units, octets, length = octets.length } = packet
  const body = new Octets(isBig)
    .u16(interfaceId, 0)
    .u32(Number(units >> 32n), Number(units & 0xffffffffn), octets.length, length)
    .padded(octets)
  return block(isBig, 2, body.done())
}

export function simplePacket(isBig: boolean, octets: Uint8Array, length = octets.length): Buffer {
  return block(isBig, 3, new Octets(isBig).u32(length).padded(octets).done())
}
