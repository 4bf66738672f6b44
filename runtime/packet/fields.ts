/**
 * Every field that frames are decoded into, under tshark's name. The kind says how a value is kept and shown: texts as they are, numbers in
 * decimal, `hex` as tshark prints it (0x0800), a `boolean` is there when it is true. Numbers that may pass 2^31 are `int64`.
 */
export type FieldKind = 'string' | 'int32' | 'int64' | 'hex' | 'boolean'

const declared = {
  'frame.number': 'int64',
  'frame.time_epoch': 'string',
  'frame.len': 'int64',
  'frame.cap_len': 'int32',
  'frame.protocols': 'string',
  'frame.encap_type': 'int32',
  'frame.interface_id': 'int32',
  'frame.interface_name': 'string',
  'eth.src': 'string',
  'eth.dst': 'string',
  'eth.type': 'hex',
  'eth.len': 'int32',
  'vlan.id': 'int32',
  'vlan.priority': 'int32',
  'vlan.etype': 'hex',
  'ieee8021ad.id': 'int32',
  'sll.pkttype': 'int32',
  'sll.src.eth': 'string',
  'null.family': 'int64',
  'ppp.protocol': 'hex',
  'radiotap.length': 'int32',
  'radiotap.dbm_antsignal': 'int32',
  'radiotap.channel.freq': 'int32',
  'wlan_radio.channel': 'int32',
  'wlan_radio.frequency': 'int32',
  'wlan_radio.signal_dbm': 'int32',
  'wlan_radio.duration': 'int64',
  'wlan.fc.type': 'int32',
  'wlan.fc.type_subtype': 'int32',
  'wlan.fc.retry': 'int32',
  'wlan.fc.protected': 'int32',
  'wlan.duration': 'int32',
  'wlan.ra': 'string',
  'wlan.da': 'string',
  'wlan.ta': 'string',
  'wlan.sa': 'string',
  'wlan.staa': 'string',
  'wlan.bssid': 'string',
  'wlan.frag': 'int32',
  'wlan.seq': 'int32',
  'wlan.tagged.all': 'string',
  'wlan.ssid': 'string',
  'wlan.country_info.code': 'string',
  'wlan.tag.oui': 'int32',
  'wlan.tag.vendor.oui.type': 'int32',
  'wlan.tag.vendor.data': 'string',
  'wps.device_name': 'string',
  'arp.opcode': 'int32',
  'arp.src.hw_mac': 'string',
  'arp.src.proto_ipv4': 'string',
  'arp.dst.hw_mac': 'string',
  'arp.dst.proto_ipv4': 'string',
  'ip.src': 'string',
  'ip.dst': 'string',
  'ip.proto': 'int32',
  'ip.ttl': 'int32',
  'ip.len': 'int32',
  'ip.id': 'hex',
  'ip.flags.df': 'int32',
  'ip.flags.mf': 'int32',
  'ip.frag_offset': 'int32',
  'ipv6.src': 'string',
  'ipv6.dst': 'string',
  'ipv6.nxt': 'int32',
  'ipv6.plen': 'int32',
  'ipv6.hlim': 'int32',
  'tcp.srcport': 'int32',
  'tcp.dstport': 'int32',
  'tcp.flags': 'hex',
  'tcp.seq_raw': 'int64',
  'tcp.ack_raw': 'int64',
  'tcp.len': 'int64',
  'tcp.window_size_value': 'int32',
  'udp.srcport': 'int32',
  'udp.dstport': 'int32',
  'udp.length': 'int32',
  'icmp.type': 'int32',
  'icmp.code': 'int32',
  'icmpv6.type': 'int32',
  'icmpv6.code': 'int32',
  'dns.id': 'hex',
  'dns.flags.response': 'int32',
  'dns.flags.rcode': 'int32',
  'dns.qry.name': 'string',
  'dns.qry.type': 'int32',
  'dns.resp.name': 'string',
  'dns.resp.ttl': 'int64',
  'dns.a': 'string',
  'dns.aaaa': 'string',
  'dns.cname': 'string',
  // Ours: the snap length cut the packet.
  _truncated: 'boolean',
} as const satisfies Record<string, FieldKind>

/** A field under tshark's own name, with dots. */
export type TsharkName = keyof typeof declared

/** How far into a frame a field lies: nothing deeper than the plan's deepest field is decoded. */
export const depth = { record: 0, link: 1, network: 2, transport: 3, application: 4 } as const

const depthOfProtocol: Readonly<Record<string, number>> = {
  frame: depth.record,
  _truncated: depth.record,
  ppp: depth.network,
  arp: depth.network,
  ip: depth.network,
  ipv6: depth.network,
  tcp: depth.transport,
  udp: depth.transport,
  icmp: depth.transport,
  icmpv6: depth.transport,
  dns: depth.application,
}

const tagFields: ReadonlySet<string> = new Set<TsharkName>([
  'wlan.tagged.all',
  'wlan.ssid',
  'wlan.country_info.code',
  'wlan.tag.oui',
  'wlan.tag.vendor.oui.type',
  'wlan.tag.vendor.data',
  'wps.device_name',
])

export interface PacketField {
  /** As in records: dots become underscores. */
  readonly name: string
  readonly tsharkName: TsharkName
  readonly kind: FieldKind
  /** Index into a frame's values. */
  readonly slot: number
  readonly depth: number
  /** Lies in the tagged part of an 802.11 management frame. */
  readonly isTag: boolean
}

export const packetFields: readonly PacketField[] = (Object.keys(declared) as TsharkName[]).map(
  (tsharkName, slot) => ({
    name: tsharkName.replaceAll('.', '_'),
    tsharkName,
    kind: declared[tsharkName],
    slot,
    // The protocol stack is known only when everything was decoded.
    depth:
      tsharkName === 'frame.protocols'
        ? depth.application
        : (depthOfProtocol[tsharkName.split('.')[0]!] ?? depth.link),
    isTag: tagFields.has(tsharkName),
  }),
)

const byName = new Map<string, PacketField>(
  packetFields.flatMap((field) => [
    [field.name, field],
    [field.tsharkName, field],
  ]),
)

/** By its name in records or by tshark's. */
export function packetField(name: string): PacketField | undefined {
  return byName.get(name)
}

export function slot(name: TsharkName): number {
  return byName.get(name)!.slot
}

const hexTexts: string[] = []

/** A value as tshark prints it. */
export function fieldText(kind: FieldKind, value: string | number): string {
  if (typeof value === 'string') return value
  if (kind !== 'hex') return `${value}`
  const known = hexTexts[value]
  if (known !== undefined) return known
  const text = `0x${value.toString(16).padStart(4, '0')}`
  // I6: hex fields have 16 bits.
  if (value <= 0xffff) hexTexts[value] = text
  return text
}
