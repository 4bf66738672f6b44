import { ipv4Text, ipv6Text } from './address-text.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { followProtocol } from './ip-protocol.ts'
import { layer } from './layer.ts'
import { u16be } from './window.ts'

const IP_SRC = slot('ip.src')
const IP_DST = slot('ip.dst')
const IP_PROTO = slot('ip.proto')
const IP_TTL = slot('ip.ttl')
const IP_LEN = slot('ip.len')
const IP_ID = slot('ip.id')
const IP_DF = slot('ip.flags.df')
const IP_MF = slot('ip.flags.mf')
const IP_OFFSET = slot('ip.frag_offset')
const IPV6_SRC = slot('ipv6.src')
const IPV6_DST = slot('ipv6.dst')
const IPV6_NEXT = slot('ipv6.nxt')
const IPV6_PAYLOAD = slot('ipv6.plen')
const IPV6_HOPS = slot('ipv6.hlim')

/** Tunnels and quoted packets nest; hostile frames nest for ever. */
const MAX_NETWORKS = 8
const MAX_EXTENSIONS = 16
const MAX_LABELS = 16

/** IP of the version that its first half octet says. */
export function ipAny(frame: Frame, at: number): void {
  if (frame.depth < depth.network || at >= frame.end) return
  const version = frame.octets[at]! >>> 4
  if (version === 4) frame.follow(layer.ipv4, at)
  else if (version === 6) frame.follow(layer.ipv6, at)
}

/** A capture without a link layer. */
export function rawIp(frame: Frame, at: number): void {
  frame.enter('raw')
  ipAny(frame, at)
}

export function mpls(frame: Frame, at: number): void {
  frame.enter('mpls')
  for (let labels = 0; labels < MAX_LABELS && at + 4 <= frame.end; labels++, at += 4) {
    const isBottom = (frame.octets[at + 2]! & 1) === 1
    if (!isBottom) continue
    frame.follow(layer.ipAny, at + 4)
    return
  }
}

export function ipv4(frame: Frame, at: number): void {
  if (frame.depth < depth.network || frame.networks === MAX_NETWORKS) return
  const { octets, end, wanted } = frame
  frame.enter('ip')
  if (at + 20 > end) {
    cutIpv4(frame, at)
    return
  }
  const headerLength = (octets[at]! & 15) * 4
  if (octets[at]! >>> 4 !== 4 || headerLength < 20) return
  const total = u16be(octets, at + 2)
  const fragment = u16be(octets, at + 6)
  const protocol = octets[at + 9]!
  const isOutermost = frame.networks++ === 0
  frame.put(IP_LEN, total)
  frame.put(IP_ID, u16be(octets, at + 4))
  fragmentation(frame, fragment)
  frame.put(IP_TTL, octets[at + 8]!)
  frame.put(IP_PROTO, protocol)
  if (wanted[IP_SRC] !== 0) frame.put(IP_SRC, ipv4Text(octets, at + 12))
  if (wanted[IP_DST] !== 0) frame.put(IP_DST, ipv4Text(octets, at + 16))
  if (frame.depth < depth.transport) return
  if (isOutermost) {
    frame.conversation.proto = protocol
    frame.conversation.src = ipv4Text(octets, at + 12)
    frame.conversation.dst = ipv4Text(octets, at + 16)
  }
  // Zero: the card cuts the segment later (TSO), and the capture holds the whole of it.
  if (total >= headerLength) frame.narrow(at + total)
  const isFirstFragment = (fragment & 0x1fff) === 0
  if (isFirstFragment) followProtocol(frame, protocol, at + headerLength)
}

function fragmentation(frame: Frame, word: number): void {
  frame.put(IP_DF, (word >>> 14) & 1)
  frame.put(IP_MF, (word >>> 13) & 1)
  frame.put(IP_OFFSET, word & 0x1fff)
}

/** The snap length cut the header: what is there is told, as by tshark. */
function cutIpv4(frame: Frame, at: number): void {
  const { octets, end, wanted } = frame
  if (at + 4 > end || octets[at]! >>> 4 !== 4 || (octets[at]! & 15) < 5) return
  frame.put(IP_LEN, u16be(octets, at + 2))
  if (at + 6 <= end) frame.put(IP_ID, u16be(octets, at + 4))
  if (at + 8 <= end) fragmentation(frame, u16be(octets, at + 6))
  if (at + 9 <= end) frame.put(IP_TTL, octets[at + 8]!)
  if (at + 10 <= end) frame.put(IP_PROTO, octets[at + 9]!)
  if (at + 16 <= end && wanted[IP_SRC] !== 0) frame.put(IP_SRC, ipv4Text(octets, at + 12))
}

export function ipv6(frame: Frame, at: number): void {
  if (frame.depth < depth.network || frame.networks === MAX_NETWORKS) return
  const { octets, end, wanted } = frame
  frame.enter('ipv6')
  if (at + 8 > end || octets[at]! >>> 4 !== 6) return
  const payload = u16be(octets, at + 4)
  const next = octets[at + 6]!
  frame.put(IPV6_PAYLOAD, payload)
  frame.put(IPV6_NEXT, next)
  frame.put(IPV6_HOPS, octets[at + 7]!)
  if (at + 24 <= end && wanted[IPV6_SRC] !== 0) frame.put(IPV6_SRC, ipv6Text(octets, at + 8))
  if (at + 40 > end) return
  const isOutermost = frame.networks++ === 0
  if (wanted[IPV6_DST] !== 0) frame.put(IPV6_DST, ipv6Text(octets, at + 24))
  if (frame.depth < depth.transport) return
  if (isOutermost) {
    frame.conversation.src = ipv6Text(octets, at + 8)
    frame.conversation.dst = ipv6Text(octets, at + 24)
    frame.conversation.proto = next
  }
  // Zero: a jumbogram, whose length is in an option, or a segment that the card cuts later.
  if (payload > 0) frame.narrow(at + 40 + payload)
  extensions(frame, next, at + 40, isOutermost)
}

function extensions(frame: Frame, next: number, at: number, isOutermost: boolean): void {
  const { octets, end } = frame
  for (let headers = 0; headers < MAX_EXTENSIONS; headers++) {
    const name = extensionNames[next]
    if (name === undefined) {
      if (isOutermost) frame.conversation.proto = next
      followProtocol(frame, next, at)
      return
    }
    frame.enter(name)
    if (at + 8 > end) return
    const isFragment = next === 44
    const isLaterFragment = isFragment && u16be(octets, at + 2) >>> 3 > 0
    const length = isFragment
      ? 8
      : next === 51
        ? 4 * (octets[at + 1]! + 2)
        : 8 * (octets[at + 1]! + 1)
    next = octets[at]!
    at += length
    if (isLaterFragment) {
      if (isOutermost) frame.conversation.proto = next
      return
    }
  }
}

const extensionNames: Readonly<Record<number, string>> = {
  0: 'ipv6.hopopts',
  43: 'ipv6.routing',
  44: 'ipv6.fraghdr',
  51: 'ah',
  60: 'ipv6.dstopts',
  135: 'mipv6',
  139: 'hip',
  140: 'shim6',
}
