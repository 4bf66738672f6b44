import type { FieldPlan } from './field-plan.ts'
import { packetFields } from './fields.ts'
import { layer } from './layer.ts'
import { ProtocolPath } from './protocol-path.ts'

const NONE: readonly (string | number)[] = []

/** The outermost conversation of a frame, for a key that keeps both directions together. */
export interface Conversation {
  proto: number
  src: string
  dst: string
  srcPort: number
  dstPort: number
}

/**
 * One frame being decoded: where the octets are, and what was found so far. One instance serves all frames of a file; decoding makes no
 * objects but the texts. Layers advance by offsets into `octets`, never by slices.
 */
export class Frame {
  readonly plan: FieldPlan
  readonly wanted: Uint8Array
  readonly depth: number

  octets: Uint8Array = new Uint8Array(0)
  /** End of the captured octets of the current layer. */
  end = 0
  /** Where the current layer ends on the wire: beyond `end` when the snap length cut the packet. */
  wireEnd = 0
  /** The layer that follows, and where it begins. */
  next: number = layer.end
  at = 0
  protocols: ProtocolPath = ProtocolPath.root
  /** Network headers so far, outer ones first: tunnels and quoted packets nest. */
  networks = 0
  readonly conversation: Conversation = { proto: -1, src: '', dst: '', srcPort: -1, dstPort: -1 }
  /** The address that sent the frame, of Ethernet, 802.11 or cooked captures; kept when the plan wants it. */
  sender = ''
  readonly wantsSender: boolean
  /** Radiotap says that the 802.11 header is padded to 32 bits. */
  hasPad = false

  readonly #first: (string | number | undefined)[] = packetFields.map(() => undefined)
  readonly #more: (string | number)[][] = packetFields.map(() => [])
  readonly #filled = new Uint16Array(packetFields.length)
  #filledCount = 0
  #hasMore = false

  constructor(plan: FieldPlan) {
    this.plan = plan
    this.wanted = plan.wanted
    this.depth = plan.depth
    this.wantsSender = plan.wantsSender
  }

  begin(octets: Uint8Array, end: number, wireEnd: number): void {
    for (let i = 0; i < this.#filledCount; i++) {
      const slot = this.#filled[i]!
      this.#first[slot] = undefined
      if (this.#hasMore) this.#more[slot]!.length = 0
    }
    this.#filledCount = 0
    this.#hasMore = false
    this.octets = octets
    this.end = end
    this.wireEnd = wireEnd
    this.next = layer.end
    this.protocols = ProtocolPath.root
    this.networks = 0
    this.conversation.proto = -1
    this.conversation.srcPort = -1
    this.conversation.dstPort = -1
    this.sender = ''
    this.hasPad = false
  }

  put(slot: number, value: string | number): void {
    if (this.wanted[slot] === 0) return
    if (this.#first[slot] === undefined) {
      this.#first[slot] = value
      this.#filled[this.#filledCount++] = slot
    } else {
      this.#more[slot]!.push(value)
      this.#hasMore = true
    }
  }

  /** The first occurrence of a field, or undefined. */
  first(slot: number): string | number | undefined {
    return this.#first[slot]
  }

  /** Further occurrences, in the order of the frame; valid until the next frame. */
  more(slot: number): readonly (string | number)[] {
    return this.#hasMore ? this.#more[slot]! : NONE
  }

  /** The next layer to decode begins at `at`. */
  follow(next: number, at: number): void {
    this.next = next
    this.at = at
  }

  /** Adds `protocol` to the stack. */
  enter(protocol: string): void {
    this.protocols = this.protocols.with(protocol)
  }

  /** The current layer ends at `wireEnd`, when that is before the end known so far. */
  narrow(wireEnd: number): void {
    if (wireEnd < this.wireEnd) this.wireEnd = wireEnd
    if (wireEnd < this.end) this.end = wireEnd
  }
}
