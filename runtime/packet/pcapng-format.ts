import { CaptureError } from './capture-error.ts'
import type { Packet } from './packet.ts'
import { MAX_CAPTURED_OCTETS } from './pcap-format.ts'
import { type CaptureInterface, parseInterface } from './pcapng-interface.ts'
import { setTime } from './resolution.ts'
import { u16be, u16le, u32be, u32le, type Window } from './window.ts'

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const EPB_FLAGS = 2

/** I6: a block is never buffered beyond this, and a section never names more interfaces than that. */
const MAX_BLOCK_OCTETS = 16 * 1024 * 1024
const MAX_INTERFACES = 4096

/** What must be known to read on in the middle of a section. */
export interface SectionState {
  readonly position: number
  readonly isBig: boolean
  readonly interfaces: readonly CaptureInterface[]
}

/** Walks the blocks of a pcapng file: any number of sections, each of its own byte order and with its own interfaces. */
export class PcapngFormat {
  #isBig = false
  #u16: (octets: Uint8Array, at: number) => number = u16le
  #u32: (octets: Uint8Array, at: number) => number = u32le
  #interfaces: CaptureInterface[] = []
  #sectionPosition = 0
  #isKnownVersion = true
  #state: SectionState | undefined
  #numbered: number

  constructor(resumed?: SectionState, numbered = 0) {
    this.#numbered = numbered
    if (resumed === undefined) return
    this.#order(resumed.isBig)
    this.#sectionPosition = resumed.position
    this.#interfaces = [...resumed.interfaces]
  }

  /** The same object until a section or an interface is added, so that it can be encoded once. */
  get section(): SectionState {
    this.#state ??= {
      position: this.#sectionPosition,
      isBig: this.#isBig,
      interfaces: [...this.#interfaces],
    }
    return this.#state
  }

  /** False when more octets are needed. Blocks that hold no packet are consumed on the way. */
  next(window: Window, packet: Packet): boolean {
    for (;;) {
      const { octets, at } = window
      if (window.end - at < 12) return false
      const isSection = u32be(octets, at) === SECTION
      if (isSection) this.#orderOf(octets, at + 8, window.position)
      const total = this.#u32(octets, at + 4)
      // Some writers forget to count the padding; the blocks they write are aligned all the same.
      const padded = (total + 3) & ~3
      if (total < 12 || total > MAX_BLOCK_OCTETS) {
        throw new CaptureError(
          'corrupt',
          window.position,
          `a block claims a length of ${total} octets`,
        )
      }
      if (window.end - at < padded) return false
      this.#checkTrailer(window, total, padded)
      const type = isSection ? SECTION : this.#u32(octets, at)
      const end = at + padded
      const isPacket = this.#block(window, packet, type, at + 8, end - 4)
      if (isPacket) {
        packet.number = ++this.#numbered
        packet.position = window.positionOf(at)
        packet.next = window.positionOf(end)
      }
      window.at = end
      if (isPacket) return true
    }
  }

  #block(window: Window, packet: Packet, type: number, body: number, end: number): boolean {
    const { octets } = window
    switch (type) {
      case SECTION:
        this.#openSection(octets, body, window.position)
        return false
      case INTERFACE:
        if (this.#isKnownVersion) this.#addInterface(window, body, end)
        return false
      case ENHANCED_PACKET:
      case OBSOLETE_PACKET:
        return this.#isKnownVersion && this.#timedPacket(window, packet, type, body, end)
      case SIMPLE_PACKET:
        return this.#isKnownVersion && this.#simplePacket(window, packet, body, end)
      default:
        return false // names, statistics, secrets, journal, custom and whatever comes after us
    }
  }

  #order(isBig: boolean): void {
    this.#isBig = isBig
    this.#u16 = isBig ? u16be : u16le
    this.#u32 = isBig ? u32be : u32le
  }

  #orderOf(octets: Uint8Array, at: number, position: number): void {
    if (u32be(octets, at) === BYTE_ORDER_MAGIC) this.#order(true)
    else if (u32le(octets, at) === BYTE_ORDER_MAGIC) this.#order(false)
    else throw new CaptureError('corrupt', position, 'a section header has no byte-order magic')
  }

  #openSection(octets: Uint8Array, body: number, position: number): void {
    const major = this.#u16(octets, body + 4)
    const minor = this.#u16(octets, body + 6)
    // A section of another version is skipped, block by block: the frame of a block is the same in all.
    this.#isKnownVersion = major === 1 && (minor === 0 || minor === 2)
    this.#interfaces = []
    this.#sectionPosition = position
    this.#state = undefined
  }

  #addInterface(window: Window, body: number, end: number): void {
    if (end - body < 8) throw this.#tooShort(window, 'interface')
    if (this.#interfaces.length >= MAX_INTERFACES) {
      throw new CaptureError(
        'corrupt',
        window.position,
        `a section names more than ${MAX_INTERFACES} interfaces`,
      )
    }
    this.#interfaces.push(parseInterface(window.octets, body, end, this.#isBig))
    this.#state = undefined
  }

  #timedPacket(window: Window, packet: Packet, type: number, body: number, end: number): boolean {
    const { octets } = window
    if (end - body < 20) throw this.#tooShort(window, 'packet')
    const id = type === ENHANCED_PACKET ? this.#u32(octets, body) : this.#u16(octets, body)
    const from = this.#interface(window, id)
    const captured = this.#u32(octets, body + 12)
    this.#fill(window, packet, id, from, body + 20, captured, this.#u32(octets, body + 16), end)
    setTime(packet, from.resolution, this.#u32(octets, body + 4), this.#u32(octets, body + 8))
    const options = body + 20 + ((captured + 3) & ~3)
    if (end - options >= 8) this.#flags(octets, options, end, packet)
    return true
  }

  #simplePacket(window: Window, packet: Packet, body: number, end: number): boolean {
    if (end - body < 4) throw this.#tooShort(window, 'packet')
    const from = this.#interface(window, 0)
    const length = this.#u32(window.octets, body)
    // The block's length would count the padding; only a snap length can have cut the packet.
    const captured = from.snapLength > 0 ? Math.min(length, from.snapLength) : length
    this.#fill(window, packet, 0, from, body + 4, captured, length, end)
    packet.hasTime = false
    packet.seconds = 0
    packet.nanoseconds = 0
    return true
  }

  #fill(
    window: Window,
    packet: Packet,
    id: number,
    from: CaptureInterface,
    start: number,
    captured: number,
    length: number,
    end: number,
  ): void {
    if (captured > MAX_CAPTURED_OCTETS || start + captured > end) {
      throw new CaptureError(
        'corrupt',
        window.position,
        `packet ${this.#numbered + 1} claims ${captured} captured octets in a block that has room for ${end - start}`,
      )
    }
    packet.start = start
    packet.captured = captured
    packet.length = length
    packet.linkType = from.linkType
    packet.fcsLength = from.fcsLength
    packet.interfaceId = id
    packet.interfaceName = from.name
  }

  #interface(window: Window, id: number): CaptureInterface {
    const found = this.#interfaces[id]
    if (found !== undefined) return found
    throw new CaptureError(
      'corrupt',
      window.position,
      `packet ${this.#numbered + 1} came from interface ${id}, and its section describes ${this.#interfaces.length}`,
    )
  }

  /** Only one option of a packet changes how it is decoded: the length of its frame check sequence. */
  #flags(octets: Uint8Array, options: number, end: number, packet: Packet): void {
    let at = options
    while (at + 4 <= end) {
      const code = this.#u16(octets, at)
      const length = this.#u16(octets, at + 2)
      if (code === 0 || at + 4 + length > end) return
      if (code === EPB_FLAGS && length === 4) {
        const fcsLength = (this.#u32(octets, at + 4) >>> 5) & 15
        if (fcsLength > 0) packet.fcsLength = fcsLength
        return
      }
      at += 4 + ((length + 3) & ~3)
    }
  }

  #checkTrailer(window: Window, total: number, padded: number): void {
    const trailer = this.#u32(window.octets, window.at + padded - 4)
    if (trailer === total || trailer === padded) return
    throw new CaptureError(
      'corrupt',
      window.position,
      `a block says it has ${total} octets at its start and ${trailer} at its end`,
    )
  }

  #tooShort(window: Window, what: string): CaptureError {
    return new CaptureError(
      'corrupt',
      window.position,
      `a block of type ${what} is too short to hold its own fields`,
    )
  }
}
