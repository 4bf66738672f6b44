import { macText } from './address-text.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16be } from './window.ts'

const ETH_SRC = slot('eth.src')
const ETH_DST = slot('eth.dst')
const ETH_TYPE = slot('eth.type')
const ETH_LEN = slot('eth.len')
const VLAN_ID = slot('vlan.id')
const VLAN_PRIORITY = slot('vlan.priority')
const VLAN_ETYPE = slot('vlan.etype')
const PROVIDER_ID = slot('ieee8021ad.id')

/** Below this the two octets after the addresses are a length, and a LLC header follows. */
const LEAST_ETHERTYPE = 0x600
const MAX_VLANS = 8

export function ethernet(frame: Frame, at: number): void {
  const { octets, end, wanted } = frame
  frame.enter('eth')
  if (at + 14 > end) return
  if (wanted[ETH_DST] !== 0) frame.put(ETH_DST, macText(octets, at))
  if (wanted[ETH_SRC] !== 0) frame.put(ETH_SRC, macText(octets, at + 6))
  if (frame.wantsSender && frame.sender === '') frame.sender = macText(octets, at + 6)
  const type = u16be(octets, at + 12)
  if (type < LEAST_ETHERTYPE) {
    frame.put(ETH_LEN, type)
    frame.narrow(at + 14 + type)
    llc(frame, at + 14)
  } else {
    frame.put(ETH_TYPE, type)
    ethertype(frame, type, at + 14)
  }
}

/** What follows an ethertype, in Ethernet and cooked captures: any number of VLAN tags, then a network layer. */
export function ethertype(frame: Frame, type: number, at: number): void {
  const { octets } = frame
  for (let tags = 0; ; tags++) {
    frame.enter('ethertype')
    if (!isVlan(type)) {
      network(frame, type, at)
      return
    }
    if (tags === MAX_VLANS) return
    const isProvider = type === 0x88a8
    frame.enter(isProvider ? 'ieee8021ad' : 'vlan')
    if (at + 4 > frame.end) return
    const control = u16be(octets, at)
    type = u16be(octets, at + 2)
    at += 4
    // tshark keeps the provider's tag of 802.1ad apart from the customer's.
    if (isProvider) frame.put(PROVIDER_ID, control & 0xfff)
    else {
      frame.put(VLAN_PRIORITY, control >>> 13)
      frame.put(VLAN_ID, control & 0xfff)
      frame.put(VLAN_ETYPE, type)
    }
    if (type < LEAST_ETHERTYPE) {
      llc(frame, at)
      return
    }
  }
}

function isVlan(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200
}

const layers: Readonly<Record<number, number>> = {
  [0x0800]: layer.ipv4,
  [0x86dd]: layer.ipv6,
  [0x0806]: layer.arp,
  [0x8847]: layer.mpls,
  [0x8848]: layer.mpls,
  [0x8864]: layer.pppoe,
}

/** Protocols that are named in the stack and not looked into. */
const opaque: Readonly<Record<number, string>> = {
  [0x8863]: 'pppoed',
  [0x888e]: 'eapol',
  [0x88cc]: 'lldp',
}

function network(frame: Frame, type: number, at: number): void {
  if (frame.depth < depth.network) return
  const next = layers[type]
  const name = opaque[type]
  if (next !== undefined) frame.follow(next, at)
  else if (name !== undefined) frame.enter(name)
}

/** 802.2: an ethertype behind a SNAP header is all that is followed. */
export function llc(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('llc')
  if (at + 8 > end || octets[at] !== 0xaa || octets[at + 1] !== 0xaa || octets[at + 2] !== 3) return
  const oui = (octets[at + 3]! << 16) | (octets[at + 4]! << 8) | octets[at + 5]!
  const isEthertype = oui === 0 || oui === 0x0000f8
  if (isEthertype) network(frame, u16be(octets, at + 6), at + 8)
}
