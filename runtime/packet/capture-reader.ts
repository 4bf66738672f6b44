import { CaptureError } from './capture-error.ts'
import { detectContainer } from './container.ts'
import { Packet } from './packet.ts'
import { PCAP_HEADER_OCTETS, PcapFormat } from './pcap-format.ts'
import { PcapngFormat, type SectionState } from './pcapng-format.ts'
import { Window } from './window.ts'

/** Where to read on: everything that a source offset must hold. */
export interface ResumePoint {
  /** Octet of the next record in the decompressed stream. */
  readonly position: number
  /** Packets before it. */
  readonly number: number
  /** For pcapng: the section that `position` lies in. */
  readonly section?: SectionState
}

/** Octets of a file's start that {@link CaptureReader.resume} needs. */
export const RESUME_HEAD_OCTETS = PCAP_HEADER_OCTETS

/**
 * Reads the packets of a capture from chunks of its decompressed stream, of any size:
 *
 *     reader.feed(chunk); while (reader.next()) use(reader.packet, reader.octets); … reader.end()
 *
 * Any method may throw a {@link CaptureError}; all packets before the trouble were given by then, and the reader is done.
 */
export class CaptureReader {
  readonly packet = new Packet()
  readonly #window: Window
  #format: PcapFormat | PcapngFormat | undefined

  /** `position` is where in the stream the first chunk begins. */
  constructor(position = 0) {
    this.#window = new Window(position)
  }

  /** A reader that is fed from `point.position` on. `head` are the first octets of the stream. */
  static resume(head: Uint8Array, point: ResumePoint): CaptureReader {
    const reader = new CaptureReader(point.position)
    reader.#format = formatOf(head, point)
    reader.packet.number = point.number
    return reader
  }

  get octets(): Uint8Array {
    return this.#window.octets
  }

  /** Of pcapng: what must be known to read on after the current packet. */
  get section(): SectionState | undefined {
    return this.#format instanceof PcapngFormat ? this.#format.section : undefined
  }

  /** Packets whose fraction of a second was out of range and was carried over. */
  get badFractions(): number {
    return this.#format instanceof PcapFormat ? this.#format.badFractions : 0
  }

  feed(chunk: Uint8Array): void {
    this.#window.feed(chunk)
  }

  /** Moves to the next packet; false when none is complete yet. */
  next(): boolean {
    this.#format ??= this.#open()
    return this.#format?.next(this.#window, this.packet) ?? false
  }

  /** The stream has ended: throws when it did so inside a header, a record or a block. */
  end(): void {
    const { available, position } = this.#window
    if (available === 0) return
    const where =
      this.#format === undefined
        ? 'the file header'
        : `the record after packet ${this.packet.number}`
    throw new CaptureError(
      'cut-short',
      position,
      `the capture ends inside ${where}: ${available} octets are left over`,
    )
  }

  #open(): PcapFormat | PcapngFormat | undefined {
    const window = this.#window
    if (window.available < 4) return undefined
    const head = window.octets.subarray(window.at, window.end)
    const container = detectContainer(head)
    if (container === 'pcap' && head.length < PCAP_HEADER_OCTETS) return undefined
    const format = formatOf(head)
    if (container === 'pcap') window.at += PCAP_HEADER_OCTETS
    return format
  }
}

function formatOf(head: Uint8Array, point?: ResumePoint): PcapFormat | PcapngFormat {
  const container = detectContainer(head)
  switch (container) {
    case 'pcap':
      return new PcapFormat(head, point?.number)
    case 'pcapng':
      return new PcapngFormat(point?.section, point?.number)
    case 'unknown':
      throw new CaptureError('not-a-capture', 0, 'the first octets are those of no capture format')
    default:
      throw new CaptureError('unsupported', 0, `the stream is compressed with ${container}`)
  }
}
