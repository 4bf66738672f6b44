import { arp } from './arp.ts'
import { ethernet, llc } from './ethernet.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { ipAny, ipv4, ipv6, mpls, rawIp } from './ip.ts'
import { layer } from './layer.ts'
import { encapTypes, linkType } from './link-type.ts'
import { loopback, networkOrderLoopback, sll, sll2 } from './other-links.ts'
import type { Packet } from './packet.ts'
import { ppi } from './ppi.ts'
import { ppp, pppoeSession } from './ppp.ts'
import { radiotap } from './radiotap.ts'
import { gre, icmp, icmpv6, tcp, udp } from './transport.ts'
import { ieee80211 } from './wlan.ts'

const NUMBER = slot('frame.number')
const TIME_EPOCH = slot('frame.time_epoch')
const LENGTH = slot('frame.len')
const CAPTURED = slot('frame.cap_len')
const PROTOCOLS = slot('frame.protocols')
const TRUNCATED = slot('_truncated')
const ENCAP_TYPE = slot('frame.encap_type')
const INTERFACE_ID = slot('frame.interface_id')
const INTERFACE_NAME = slot('frame.interface_name')

/** Tunnels in tunnels end here. */
const MAX_LAYERS = 64

/** Decodes a packet into `frame`, as far as its plan asks. Never throws, whatever the octets: a header that is cut or absurd ends the decoding. */
export function decodeFrame(frame: Frame, packet: Packet, octets: Uint8Array): void {
  const { start } = packet
  const end = start + packet.captured
  // A damaged record may claim less on the wire than it holds: what is there counts.
  const wireEnd = Math.max(start + packet.length, end)
  frame.begin(octets, end, wireEnd)
  record(frame, packet)
  if (frame.depth === depth.record) return
  if (packet.fcsLength > 0) frame.narrow(Math.max(start, wireEnd - packet.fcsLength))
  const link = links.get(packet.linkType) ?? unknownLink
  link(frame, start)
  for (let count = 0; frame.next !== layer.end && count < MAX_LAYERS; count++) {
    const { next, at } = frame
    frame.next = layer.end
    layers[next]!(frame, at)
  }
  if (frame.wanted[PROTOCOLS] !== 0 && frame.protocols.text !== '')
    frame.put(PROTOCOLS, frame.protocols.text)
}

function record(frame: Frame, packet: Packet): void {
  const { wanted } = frame
  frame.put(NUMBER, packet.number)
  if (packet.hasTime && wanted[TIME_EPOCH] !== 0)
    frame.put(TIME_EPOCH, epochText(packet.seconds, packet.nanoseconds))
  frame.put(LENGTH, packet.length)
  frame.put(CAPTURED, packet.captured)
  if (packet.captured < packet.length) frame.put(TRUNCATED, 1)
  if (wanted[ENCAP_TYPE] !== 0) {
    const encapType = encapTypes.get(packet.linkType)
    if (encapType !== undefined) frame.put(ENCAP_TYPE, encapType)
  }
  if (packet.interfaceId < 0) return
  frame.put(INTERFACE_ID, packet.interfaceId)
  if (packet.interfaceName !== undefined) frame.put(INTERFACE_NAME, packet.interfaceName)
}

/** Seconds since 1970 with nine decimals. */
export function epochText(seconds: number, nanoseconds: number): string {
  if (seconds < 0 && nanoseconds > 0) {
    // The fraction counts up from the second below: -0.25 is second -1 and 750 ms.
    return `-${-(seconds + 1)}.${`${2e9 - nanoseconds}`.slice(1)}`
  }
  return `${seconds}.${`${1e9 + nanoseconds}`.slice(1)}`
}

type Decoder = (frame: Frame, at: number) => void

/** By link type: what a packet begins with. */
const links: ReadonlyMap<number, Decoder> = new Map([
  [linkType.null, loopback],
  [linkType.ethernet, ethernet],
  [linkType.ppp, ppp],
  [linkType.raw12, rawIp],
  [linkType.raw14, rawIp],
  [linkType.pppHdlc, ppp],
  [linkType.pppEthernet, pppoeSession],
  [linkType.raw, rawIp],
  [linkType.ieee80211, ieee80211],
  [linkType.loop, networkOrderLoopback],
  [linkType.sll, sll],
  [linkType.radiotap, radiotap],
  [linkType.ppi, ppi],
  [linkType.ipv4, ipv4],
  [linkType.ipv6, ipv6],
  [linkType.sll2, sll2],
])

const layers: readonly Decoder[] = Object.entries({
  end: () => {},
  ethernet,
  llc,
  pppoe: pppoeSession,
  ppp,
  mpls,
  ipAny,
  ipv4,
  ipv6,
  arp,
  tcp,
  udp,
  icmp,
  icmpv6,
  gre,
  ieee80211,
} satisfies Record<keyof typeof layer, Decoder>)
  .sort(([one], [other]) => layer[one as keyof typeof layer] - layer[other as keyof typeof layer])
  .map(([, decoder]) => decoder)

function unknownLink(frame: Frame): void {
  frame.enter('data')
}
