import { CaptureError } from './capture-error.ts'
import type { Packet } from './packet.ts'
import { u16be, u16le, u32be, u32le, type Window } from './window.ts'

export const PCAP_HEADER_OCTETS = 24
/** The hard maximum of Wireshark. Larger lengths are damage; a file's own snap length is often broken by its writer. */
export const MAX_CAPTURED_OCTETS = 262_144

const FCS_LENGTH_PRESENT = 0x04000000

/** Walks the records of a classic pcap file, of either byte order, in micro- or nanoseconds. */
export class PcapFormat {
  readonly #u32: (octets: Uint8Array, at: number) => number
  readonly #fractionsPerSecond: number
  readonly #recordHeaderOctets: number
  readonly #linkType: number
  readonly #fcsLength: number
  /** Before version 2.3 the two lengths stood the other way round; some writers of 2.3 kept that. */
  readonly #maySwapLengths: boolean
  #numbered: number
  /** Packets whose fraction of a second was a second or more: carried over, as no reader agrees on them. */
  badFractions = 0

  /** `head` holds the file header; `numbered` is how many packets were read before, when reading resumes. */
  constructor(head: Uint8Array, numbered = 0) {
    const isBig = head[0] === 0xa1
    const u16 = isBig ? u16be : u16le
    const u32 = isBig ? u32be : u32le
    const magic = u32(head, 0)
    const major = u16(head, 4)
    const minor = u16(head, 6)
    if (major !== 2 || minor > 4) {
      throw new CaptureError('unsupported', 4, `pcap version ${major}.${minor} is not known`)
    }
    const network = u32(head, 20)
    this.#u32 = u32
    this.#fractionsPerSecond = magic === 0xa1b23c4d ? 1e9 : 1e6
    this.#recordHeaderOctets = magic === 0xa1b2cd34 ? 24 : 16
    this.#linkType = network & 0xffff
    this.#fcsLength = network & FCS_LENGTH_PRESENT ? (network >>> 28) * 2 : 0
    this.#maySwapLengths = minor <= 3
    this.#numbered = numbered
  }

  /** False when more octets are needed. */
  next(window: Window, packet: Packet): boolean {
    const { octets, at } = window
    const header = this.#recordHeaderOctets
    if (window.end - at < header) return false
    let captured = this.#u32(octets, at + 8)
    let length = this.#u32(octets, at + 12)
    if (this.#maySwapLengths && captured > length) {
      const swapped = captured
      captured = length
      length = swapped
    }
    if (captured > MAX_CAPTURED_OCTETS) {
      throw new CaptureError(
        'corrupt',
        window.position,
        `packet ${this.#numbered + 1} claims ${captured} captured octets, more than the ${MAX_CAPTURED_OCTETS} that any capture holds`,
      )
    }
    const end = at + header + captured
    if (end > window.end) return false
    this.#time(packet, this.#u32(octets, at), this.#u32(octets, at + 4))
    packet.number = ++this.#numbered
    packet.start = at + header
    packet.captured = captured
    packet.length = length
    packet.linkType = this.#linkType
    packet.fcsLength = this.#fcsLength
    packet.position = window.positionOf(at)
    packet.next = window.positionOf(end)
    window.at = end
    return true
  }

  #time(packet: Packet, seconds: number, fraction: number): void {
    const perSecond = this.#fractionsPerSecond
    packet.hasTime = true
    packet.seconds = seconds
    if (fraction >= perSecond) {
      this.badFractions++
      packet.seconds += Math.floor(fraction / perSecond)
    }
    packet.nanoseconds = (fraction % perSecond) * (1e9 / perSecond)
  }
}
