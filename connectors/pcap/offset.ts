import { createHash } from 'node:crypto'
import { ConnectException, type OffsetMap } from '../../runtime/api/index.ts'
import {
  type CaptureReader,
  decodeInterfaces,
  encodeInterfaces,
  type ResumePoint,
  type SectionState,
} from '../../runtime/packet/index.ts'

/** Source partition of a file: its path as configured. */
export function partitionOf(path: string): OffsetMap {
  return { file: path }
}

export function headHash(head: Uint8Array): string {
  return createHash('sha256').update(head).digest('hex').slice(0, 32)
}

/**
 * Makes source offsets for the packets of one file: where its next record begins in the decompressed stream, how many packets came before, a
 * hash of the file's first octets, and, for pcapng, the section's interfaces, which the packets to come refer to.
 */
export class OffsetMaker {
  readonly #head: string
  #section: SectionState | undefined
  #described: OffsetMap | undefined

  constructor(head: string) {
    this.#head = head
  }

  after(reader: CaptureReader): OffsetMap {
    const { next, number } = reader.packet
    const { section } = reader
    if (section === undefined) return { pos: next, n: number, head: this.#head }
    if (section !== this.#section) {
      this.#section = section
      this.#described = {
        section: section.position,
        order: section.isBig ? 'big' : 'little',
        ifaces: encodeInterfaces(section.interfaces),
      }
    }
    return { pos: next, n: number, head: this.#head, ...this.#described }
  }
}

/** What {@link OffsetMaker} made. Throws for anything else, as an offset altered by hand may be. */
export function parseOffset(offset: OffsetMap): ResumePoint & { readonly head: string } {
  const position = whole(offset, 'pos')
  const number = whole(offset, 'n')
  const head = text(offset, 'head')
  if (!('section' in offset)) return { position, number, head }
  const interfaces = decodeInterfaces(text(offset, 'ifaces'))
  const order = text(offset, 'order')
  if (interfaces === undefined) throw unreadable('ifaces')
  if (order !== 'big' && order !== 'little') throw unreadable('order')
  return {
    position,
    number,
    head,
    section: { position: whole(offset, 'section'), isBig: order === 'big', interfaces },
  }
}

/** Refuses offsets that could not be resumed from. */
export function checkOffset(partition: OffsetMap, offset: OffsetMap | null): void {
  const isOurs = typeof partition['file'] === 'string' && Object.keys(partition).length === 1
  if (!isOurs) {
    throw new ConnectException('A source partition of captures has one member, "file"', {
      hint: 'Name the file as pcap.path does, for example {"file": "capture.pcap"}.',
    })
  }
  if (offset !== null) parseOffset(offset)
}

function whole(offset: OffsetMap, name: string): number {
  const value = Number(offset[name] ?? Number.NaN)
  if (!Number.isSafeInteger(value) || value < 0) throw unreadable(name)
  return value
}

function text(offset: OffsetMap, name: string): string {
  const value = offset[name]
  if (typeof value !== 'string') throw unreadable(name)
  return value
}

function unreadable(name: string): ConnectException {
  return new ConnectException(`The source offset of a capture has no usable "${name}"`, {
    hint: 'Offsets have the members pos, n, head and, for pcapng, section, order and ifaces: copy one that the connector wrote, or set null to read the file from its start.',
  })
}
