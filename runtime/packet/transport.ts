import { dns, dnsOverTcp } from './dns.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16be, u32be } from './window.ts'

const TCP_SRC = slot('tcp.srcport')
const TCP_DST = slot('tcp.dstport')
const TCP_FLAGS = slot('tcp.flags')
const TCP_SEQ = slot('tcp.seq_raw')
const TCP_ACK = slot('tcp.ack_raw')
const TCP_LEN = slot('tcp.len')
const TCP_WINDOW = slot('tcp.window_size_value')
const UDP_SRC = slot('udp.srcport')
const UDP_DST = slot('udp.dstport')
const UDP_LENGTH = slot('udp.length')
const ICMP_TYPE = slot('icmp.type')
const ICMP_CODE = slot('icmp.code')
const ICMPV6_TYPE = slot('icmpv6.type')
const ICMPV6_CODE = slot('icmpv6.code')

export function tcp(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('tcp')
  if (at + 4 > end) return
  const source = u16be(octets, at)
  const target = u16be(octets, at + 2)
  frame.put(TCP_SRC, source)
  frame.put(TCP_DST, target)
  ports(frame, source, target)
  // A router that reports an error quotes eight octets of the segment; elsewhere a cut header tells the ports only, as in tshark.
  const isQuoted = frame.networks > 1
  if (at + 16 > end) {
    if (isQuoted && at + 8 <= end) frame.put(TCP_SEQ, u32be(octets, at + 4))
    return
  }
  frame.put(TCP_SEQ, u32be(octets, at + 4))
  const headerLength = (octets[at + 12]! >>> 4) * 4
  frame.put(TCP_ACK, u32be(octets, at + 8))
  if (headerLength < 20) return
  frame.put(TCP_FLAGS, u16be(octets, at + 12) & 0xfff)
  frame.put(TCP_WINDOW, u16be(octets, at + 14))
  const payload = at + headerLength
  if (frame.wireEnd >= payload) frame.put(TCP_LEN, frame.wireEnd - payload)
  if (frame.depth < depth.application || payload >= end) return
  if (source === 53 || target === 53) dnsOverTcp(frame, payload)
}

export function udp(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('udp')
  if (at + 4 > end) return
  const source = u16be(octets, at)
  const target = u16be(octets, at + 2)
  frame.put(UDP_SRC, source)
  frame.put(UDP_DST, target)
  ports(frame, source, target)
  if (at + 6 > end) return
  const length = u16be(octets, at + 4)
  frame.put(UDP_LENGTH, length)
  if (length >= 8) frame.narrow(at + length)
  if (frame.depth < depth.application || at + 8 >= frame.end) return
  const name = dnsNames[source] ?? dnsNames[target]
  if (name !== undefined) dns(frame, at + 8, name)
}

const dnsNames: Readonly<Record<number, string>> = { 53: 'dns', 5353: 'mdns', 5355: 'llmnr' }

function ports(frame: Frame, source: number, target: number): void {
  if (frame.networks !== 1) return
  frame.conversation.srcPort = source
  frame.conversation.dstPort = target
}

export function icmp(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('icmp')
  if (at + 2 > end) return
  const type = octets[at]!
  frame.put(ICMP_TYPE, type)
  frame.put(ICMP_CODE, octets[at + 1]!)
  // Unreachable, source quench, redirect, time exceeded, parameter problem: each quotes the packet it is about.
  const isError = type === 3 || type === 4 || type === 5 || type === 11 || type === 12
  if (isError && at + 8 < end) frame.follow(layer.ipv4, at + 8)
}

export function icmpv6(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('icmpv6')
  if (at + 2 > end) return
  const type = octets[at]!
  frame.put(ICMPV6_TYPE, type)
  frame.put(ICMPV6_CODE, octets[at + 1]!)
  const isError = type >= 1 && type <= 4
  if (isError && at + 8 < end) frame.follow(layer.ipv6, at + 8)
}

export function gre(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('gre')
  if (at + 4 > end) return
  const flags = u16be(octets, at)
  const type = u16be(octets, at + 2)
  const hasChecksum = (flags & 0xc000) !== 0
  const hasKey = (flags & 0x2000) !== 0
  const hasSequence = (flags & 0x1000) !== 0
  const hasAck = (flags & 0x0080) !== 0 && (flags & 7) === 1
  const payload = at + 4 + 4 * (+hasChecksum + +hasKey + +hasSequence + +hasAck)
  if (payload >= end) return
  if (type === 0x0800 || type === 0x86dd) frame.follow(layer.ipAny, payload)
  else if (type === 0x880b) frame.follow(layer.ppp, payload)
  else if (type === 0x6558) frame.follow(layer.ethernet, payload)
}
