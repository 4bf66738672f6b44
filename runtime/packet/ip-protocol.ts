import type { Frame } from './frame.ts'
import { layer } from './layer.ts'

const layers: Readonly<Record<number, number>> = {
  1: layer.icmp,
  4: layer.ipv4,
  6: layer.tcp,
  17: layer.udp,
  41: layer.ipv6,
  47: layer.gre,
  58: layer.icmpv6,
}

/** Protocols that are named in the stack and not looked into. */
const opaque: Readonly<Record<number, string>> = {
  2: 'igmp',
  50: 'esp',
  51: 'ah',
  88: 'eigrp',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  136: 'udplite',
}

/** What an IP header carries. */
export function followProtocol(frame: Frame, protocol: number, at: number): void {
  const next = layers[protocol]
  const name = opaque[protocol]
  if (next !== undefined) frame.follow(next, at)
  else if (name !== undefined) frame.enter(name)
}
