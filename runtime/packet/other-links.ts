import { macText } from './address-text.ts'
import { ethertype } from './ethernet.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16be, u32be, u32le } from './window.ts'

const SLL_PACKET_TYPE = slot('sll.pkttype')
const SLL_SOURCE = slot('sll.src.eth')
const NULL_FAMILY = slot('null.family')

const ARPHRD_ETHERNET = 1
const ARPHRD_LOOPBACK = 772
const MAC_OCTETS = 6
const SLL_LLC = 4
const LEAST_ETHERTYPE = 0x600

/** What Linux writes for the "any" interface, first version. */
export function sll(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('sll')
  if (at + 16 > end) return
  frame.put(SLL_PACKET_TYPE, u16be(octets, at))
  cookedSource(frame, u16be(octets, at + 2), u16be(octets, at + 4), at + 6)
  cookedProtocol(frame, u16be(octets, at + 14), at + 16)
}

/** The second version, which also names the interface. tshark calls both layers `sll`. */
export function sll2(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('sll')
  if (at + 20 > end) return
  frame.put(SLL_PACKET_TYPE, octets[at + 10]!)
  cookedSource(frame, u16be(octets, at + 8), octets[at + 11]!, at + 12)
  cookedProtocol(frame, u16be(octets, at), at + 20)
}

function cookedSource(frame: Frame, hardware: number, length: number, at: number): void {
  const isMac =
    (hardware === ARPHRD_ETHERNET || hardware === ARPHRD_LOOPBACK) && length === MAC_OCTETS
  if (!isMac) return
  const source = macText(frame.octets, at)
  if (frame.wantsSender) frame.sender = source
  frame.put(SLL_SOURCE, source)
}

function cookedProtocol(frame: Frame, protocol: number, at: number): void {
  if (protocol >= LEAST_ETHERTYPE) ethertype(frame, protocol, at)
  else if (protocol === SLL_LLC) frame.follow(layer.llc, at)
}

/** BSD loopback: an address family in the byte order of whoever wrote the file. */
export function loopback(frame: Frame, at: number): void {
  frame.enter('null')
  if (at + 4 > frame.end) return
  const big = u32be(frame.octets, at)
  const little = u32le(frame.octets, at)
  family(frame, Math.min(big, little), at + 4)
}

/** OpenBSD's form of it: the family is in network order. */
export function networkOrderLoopback(frame: Frame, at: number): void {
  frame.enter('null')
  if (at + 4 <= frame.end) family(frame, u32be(frame.octets, at), at + 4)
}

/** Each system numbers IPv6 its own way: Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS. */
const IPV6_FAMILIES: readonly number[] = [10, 23, 24, 28, 30]
const IPV4_FAMILY = 2

function family(frame: Frame, number: number, at: number): void {
  frame.put(NULL_FAMILY, number)
  if (frame.depth < depth.network) return
  if (number === IPV4_FAMILY) frame.follow(layer.ipv4, at)
  else if (IPV6_FAMILIES.includes(number)) frame.follow(layer.ipv6, at)
}
