import { readFileSync } from 'node:fs'
import t from 'tap'
import { ipv6Text, macText } from '../../../runtime/packet/address-text.ts'
import { decodeFrame, epochText } from '../../../runtime/packet/decode-frame.ts'
import { planFields, resolveFields } from '../../../runtime/packet/field-plan.ts'
import { fieldText, packetFields } from '../../../runtime/packet/fields.ts'
import { Frame } from '../../../runtime/packet/frame.ts'
import { octetsText } from '../../../runtime/packet/octets-text.ts'
import { Packet } from '../../../runtime/packet/packet.ts'
import { airTime, channelOf } from '../../../runtime/packet/radio.ts'

type Fields = Record<string, string[]>

const everything = planFields(packetFields)

function decode(
  linkType: number,
  octets: Uint8Array | string,
  more: Partial<Packet> = {},
  plan = everything,
): Fields {
  const frame = new Frame(plan)
  decodeFrame(frame, packetOf(linkType, bytes(octets), more), bytes(octets))
  return fieldsOf(frame)
}

function bytes(octets: Uint8Array | string): Uint8Array {
  return typeof octets === 'string' ? Buffer.from(octets.replaceAll(' ', ''), 'hex') : octets
}

function packetOf(linkType: number, octets: Uint8Array, more: Partial<Packet> = {}): Packet {
  return Object.assign(new Packet(), {
    number: 1,
    linkType,
    captured: octets.length,
    length: octets.length,
    hasTime: true,
    seconds: 1584802202,
    nanoseconds: 655123000,
    ...more,
  })
}

function fieldsOf(frame: Frame): Fields {
  const fields: Fields = {}
  for (const { name, slot, kind } of frame.plan.fields) {
    const first = frame.first(slot)
    if (first === undefined) continue
    fields[name] = [first, ...frame.more(slot)].map((value) => fieldText(kind, value))
  }
  return fields
}

const macs = '665544332211 aabbccddeeff'
/** An IPv4 header, 20 octets, 10.0.0.1 → 10.0.0.2. */
function ip4(protocol: number, payload: string, { fragment = 0, total = 0 } = {}): string {
  const length = total || 20 + payload.replaceAll(' ', '').length / 2
  return `4500 ${hex(length, 4)} 1234 ${hex(fragment, 4)} 40 ${hex(protocol, 2)} 0000 0a000001 0a000002 ${payload}`
}
function ip6(next: number, payload: string): string {
  return `60000000 ${hex(payload.replaceAll(' ', '').length / 2, 4)} ${hex(next, 2)} 40 20010db8000000000000000000000001 fe80000000000000000000000000ffee ${payload}`
}
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
const udp = '14e9 0050 000c 0000 01020304'
const tcp = '0050 cafe fffffff0 00000010 5018 ffff 0000 0000 4142'

t.test('golden 802.11 frames give what tshark gives', async (t) => {
  const golden = JSON.parse(
    readFileSync(
      new URL('../../fixtures/capture-fields/golden-frames.json', import.meta.url),
      'utf8',
    ),
  ) as { what: string; frame: string; fields: Fields }[]
  t.equal(golden.length, 16)
  const names = [...new Set(golden.flatMap(({ fields }) => Object.keys(fields)))]
  const plan = planFields(resolveFields(names).fields)
  for (const { what, frame, fields } of golden) t.same(decode(127, frame, {}, plan), fields, what)
})

t.test('time on the air follows the rate', async (t) => {
  t.equal(airTime(28, 24, false), 32)
  t.equal(airTime(32, 24, false), 32)
  t.equal(airTime(10, 6, false), 40)
  t.equal(airTime(110, 54, false), 40)
  t.equal(airTime(10, 11, true), 104)
  t.equal(airTime(10, 1, false), 272)
  t.equal(airTime(10, 300, false), 0, 'no table for later standards')
})

t.test('frequencies belong to channels', async (t) => {
  for (const [mhz, channel] of [
    [2412, 1],
    [2472, 13],
    [2484, 14],
    [5180, 36],
    [5825, 165],
    [5935, 2],
    [5955, 1],
    [7115, 233],
    [4920, 184],
    [900, 0],
    [65535, 0],
  ] as const) {
    t.equal(channelOf(mhz), channel, `${mhz}`)
  }
})

t.test('every link type leads to the same network layer', async (t) => {
  const inner = ip4(17, udp)
  const expected = {
    ip_src: ['10.0.0.1'],
    ip_dst: ['10.0.0.2'],
    udp_srcport: ['5353'],
    udp_dstport: ['80'],
  }
  const links: [linkType: number, header: string, protocols: string, more?: Fields][] = [
    [
      1,
      `${macs} 0800`,
      'eth:ethertype:ip:udp',
      { eth_dst: ['66:55:44:33:22:11'], eth_src: ['aa:bb:cc:dd:ee:ff'], eth_type: ['0x0800'] },
    ],
    [1, `${macs} 0028 aaaa03 000000 0800`, 'eth:llc:ip:udp', { eth_len: ['40'] }],
    [
      1,
      `${macs} 8100 6064 0800`,
      'eth:ethertype:vlan:ethertype:ip:udp',
      { vlan_id: ['100'], vlan_priority: ['3'] },
    ],
    [
      1,
      `${macs} 88a8 0007 8100 0008 9100 0009 0800`,
      'eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:vlan:ethertype:ip:udp',
      { ieee8021ad_id: ['7'], vlan_id: ['8', '9'] },
    ],
    [1, `${macs} 8847 00001000 00002140`, 'eth:ethertype:mpls:ip:udp'],
    [
      1,
      `${macs} 8864 1100 0001 0022 0021`,
      'eth:ethertype:pppoes:ppp:ip:udp',
      { ppp_protocol: ['0x0021'] },
    ],
    [51, '1100 0001 0022 0021', 'pppoes:ppp:ip:udp'],
    [9, '0021', 'ppp:ip:udp'],
    [50, 'ff03 0021', 'ppp:ip:udp'],
    [50, 'ff03 21', 'ppp:ip:udp'],
    [101, '', 'raw:ip:udp'],
    [12, '', 'raw:ip:udp'],
    [14, '', 'raw:ip:udp'],
    [228, '', 'ip:udp'],
    [0, '02000000', 'null:ip:udp', { null_family: ['2'] }],
    [0, '00000002', 'null:ip:udp', { null_family: ['2'] }],
    [108, '00000002', 'null:ip:udp', { null_family: ['2'] }],
    [
      113,
      '0004 0001 0006 aabbccddeeff0000 0800',
      'sll:ethertype:ip:udp',
      { sll_pkttype: ['4'], sll_src_eth: ['aa:bb:cc:dd:ee:ff'] },
    ],
    [
      276,
      '0800 0000 00000003 0001 04 06 aabbccddeeff0000',
      'sll:ethertype:ip:udp',
      { sll_pkttype: ['4'], sll_src_eth: ['aa:bb:cc:dd:ee:ff'] },
    ],
    [
      105,
      '0801 3a01 010203040506 0a0b0c0d0e0f 111213141516 1000 aaaa03 000000 0800',
      'wlan:llc:ip:udp',
      {
        wlan_bssid: ['01:02:03:04:05:06'],
        wlan_staa: ['0a:0b:0c:0d:0e:0f'],
        wlan_seq: ['1'],
        wlan_duration: ['314'],
      },
    ],
    [
      127,
      '0000 0900 02000000 20 8801 0000 010203040506 0a0b0c0d0e0f 111213141516 1000 0000 0000 aaaa03 000000 0800',
      'radiotap:wlan_radio:wlan:llc:ip:udp',
    ],
    [
      192,
      '0000 2000 69000000 0200 1400 0000000000000000 0000 0200 6c09 a000 0000 c480 0802 0000 010203040506 0a0b0c0d0e0f 111213141516 1000 aaaa03 000000 0800',
      'ppi:wlan_radio:wlan:llc:ip:udp',
      {
        wlan_radio_channel: ['1'],
        wlan_radio_signal_dbm: ['-60'],
        wlan_bssid: ['0a:0b:0c:0d:0e:0f'],
      },
    ],
  ]
  for (const [linkType, header, protocols, more = {}] of links) {
    t.match(
      decode(linkType, header + inner),
      { ...expected, ...more, frame_protocols: [`${protocols}:mdns`] },
      `${linkType}: ${protocols}`,
    )
  }
  t.match(decode(229, ip6(17, udp)), {
    frame_protocols: ['ipv6:udp:mdns'],
    ipv6_dst: ['fe80::ffee'],
  })
  t.match(decode(0, `1e000000${ip6(17, udp)}`), { frame_protocols: ['null:ipv6:udp:mdns'] })
  const unknown = decode(9999, inner)
  t.same(unknown['frame_protocols'], ['data'])
  t.equal(unknown['ip_src'], undefined)
})

t.test('records of frames say what the container says', async (t) => {
  const more = { length: 1500, interfaceId: 2, interfaceName: 'eth2', number: 77 }
  t.match(decode(1, `${macs} 0800`, more), {
    frame_number: ['77'],
    frame_time_epoch: ['1584802202.655123000'],
    frame_len: ['1500'],
    frame_cap_len: ['14'],
    frame_encap_type: ['1'],
    frame_interface_id: ['2'],
    frame_interface_name: ['eth2'],
    _truncated: ['1'],
  })
  t.equal(decode(1, '', { hasTime: false })['frame_time_epoch'], undefined)
  t.equal(epochText(0, 1), '0.000000001')
  t.equal(epochText(-1, 750_000_000), '-0.250000000')
  t.equal(epochText(-2, 0), '-2.000000000')
})

t.test('network and transport headers give their fields', async (t) => {
  t.match(decode(228, ip4(6, tcp)), {
    ip_proto: ['6'],
    ip_ttl: ['64'],
    ip_len: ['42'],
    ip_id: ['0x1234'],
    tcp_srcport: ['80'],
    tcp_dstport: ['51966'],
    tcp_seq_raw: ['4294967280'],
    tcp_ack_raw: ['16'],
    tcp_flags: ['0x0018'],
    tcp_len: ['2'],
    tcp_window_size_value: ['65535'],
  })
  t.same(
    decode(228, ip4(6, `${tcp} 00000000`, { total: 42 }))['tcp_len'],
    ['2'],
    'padding is no payload',
  )
  t.same(
    decode(228, ip4(6, tcp, { total: 0xffff }), { length: 65535 })['tcp_len'],
    ['65495'],
    'cut by the snap length',
  )
  const offloaded = ip4(6, tcp).replace(/^4500 002a/, '4500 0000')
  t.same(decode(228, offloaded)['tcp_len'], ['2'], 'a total length of zero is left to the card')
  t.match(
    decode(1, `${macs} 0806 0001 0800 06 04 0002 aabbccddeeff 0a000001 665544332211 0a000002`),
    {
      frame_protocols: ['eth:ethertype:arp'],
      arp_opcode: ['2'],
      arp_src_hw_mac: ['aa:bb:cc:dd:ee:ff'],
      arp_src_proto_ipv4: ['10.0.0.1'],
      arp_dst_hw_mac: ['66:55:44:33:22:11'],
      arp_dst_proto_ipv4: ['10.0.0.2'],
    },
  )
  t.match(decode(228, ip4(1, '0800 0000')), {
    icmp_type: ['8'],
    icmp_code: ['0'],
    frame_protocols: ['ip:icmp'],
  })
  t.match(decode(229, ip6(58, '8600 0000')), { icmpv6_type: ['134'], icmpv6_code: ['0'] })
  t.match(decode(228, ip4(132, '0000')), { frame_protocols: ['ip:sctp'] })
})

t.test('a header cut by the snap length tells what is there', async (t) => {
  const cut = (octets: string, captured: number, linkType = 228) => {
    const whole = bytes(octets)
    return decode(linkType, whole.subarray(0, captured), { length: whole.length })
  }
  const header = ip4(6, tcp)
  t.match(cut(header, 10), { _truncated: ['1'], ip_len: ['42'], ip_ttl: ['64'], ip_proto: ['6'] })
  t.equal(cut(header, 10)['ip_src'], undefined)
  t.match(cut(header, 18), { ip_src: ['10.0.0.1'] })
  t.equal(cut(header, 18)['ip_dst'], undefined)
  t.match(cut(header, 30), { tcp_dstport: ['51966'] })
  t.equal(cut(header, 30)['tcp_seq_raw'], undefined)
  t.match(
    cut(header, 36),
    { tcp_len: ['2'], tcp_flags: ['0x0018'] },
    'lengths are those of the wire',
  )
  t.match(cut(ip6(17, udp), 24, 229), { ipv6_plen: ['12'], ipv6_src: ['2001:db8::1'] })
  t.equal(cut(ip6(17, udp), 24, 229)['ipv6_dst'], undefined)
  const quoted = ip4(1, `0301 0000 00000000 ${header}`)
  t.same(cut(quoted, 56)['tcp_seq_raw'], ['4294967280'], 'routers quote eight octets')
  t.equal(cut(`${macs} 0800`, 13, 1)['eth_dst'], undefined)
})

t.test('fragments, extension headers and tunnels are followed as far as they lead', async (t) => {
  const first = decode(228, ip4(17, udp, { fragment: 0x2000 }))
  t.match(first, { ip_flags_mf: ['1'], ip_frag_offset: ['0'], udp_dstport: ['80'] })
  const later = decode(228, ip4(17, udp, { fragment: 0x00b9 }))
  t.match(later, { ip_frag_offset: ['185'], frame_protocols: ['ip'] })
  t.equal(later['udp_dstport'], undefined)
  const chain = `2b00000000000000 2c00000000000000 3300000000000001 11020000 00000000 00000000 00000000 ${udp}`
  t.match(decode(229, ip6(0, chain)), {
    frame_protocols: ['ipv6:ipv6.hopopts:ipv6.routing:ipv6.fraghdr:ah:udp:mdns'],
    ipv6_nxt: ['0'],
    udp_dstport: ['80'],
  })
  const laterFragment = decode(229, ip6(44, `11000010 00000001 ${udp}`))
  t.match(laterFragment, { frame_protocols: ['ipv6:ipv6.fraghdr'] })
  t.equal(laterFragment['udp_dstport'], undefined)
  const quoted = decode(228, ip4(1, `0301 0000 00000000 ${ip4(17, udp)}`))
  t.match(quoted, {
    frame_protocols: ['ip:icmp:ip:udp:mdns'],
    ip_src: ['10.0.0.1', '10.0.0.1'],
    udp_dstport: ['80'],
  })
  t.match(decode(228, ip4(4, ip4(17, udp))), { frame_protocols: ['ip:ip:udp:mdns'] })
  t.match(decode(228, ip4(41, ip6(17, udp))), { frame_protocols: ['ip:ipv6:udp:mdns'] })
  t.match(decode(228, ip4(47, `2000 0800 00000001 ${ip4(17, udp)}`)), {
    frame_protocols: ['ip:gre:ip:udp:mdns'],
  })
  t.match(decode(228, ip4(47, `0000 6558 ${macs} 0800 ${ip4(17, udp)}`)), {
    frame_protocols: ['ip:gre:eth:ethertype:ip:udp:mdns'],
  })
  let nested = ip4(17, udp)
  for (let depth = 0; depth < 40; depth++) nested = ip4(4, nested)
  t.equal(decode(228, nested)['ip_src']?.length, 8, 'tunnels in tunnels end')
})

t.test('DNS names are spelt over UDP and TCP, whatever their pointers do', async (t) => {
  const header = (flags: string, counts: string) => `beef ${flags} ${counts}`
  const example = '076578616d706c6503636f6d00'
  const over = (port: string, message: string) => {
    const length = message.replaceAll(' ', '').length / 2
    return ip4(17, `${port} c350 ${hex(length + 8, 4)} 0000 ${message}`)
  }
  const answer = `c00c 0005 0001 0000003c 0006 03777777c00c c00c 0001 0001 ffffffff 0004 01020304 c00c 001c 0001 00000001 0010 20010db8000000000000000000000001`
  const message = `${header('8183', '0001 0003 0000 0000')} ${example} 0001 0001 ${answer}`
  const expected = {
    dns_id: ['0xbeef'],
    dns_flags_response: ['1'],
    dns_flags_rcode: ['3'],
    dns_qry_name: ['example.com'],
    dns_qry_type: ['1'],
    dns_resp_name: ['example.com', 'example.com', 'example.com'],
    dns_resp_ttl: ['60', '4294967295', '1'],
    dns_cname: ['www.example.com'],
    dns_a: ['1.2.3.4'],
    dns_aaaa: ['2001:db8::1'],
  }
  t.match(decode(228, over('0035', message)), { ...expected, frame_protocols: ['ip:udp:dns'] })
  t.match(decode(228, over('14eb', message)), { frame_protocols: ['ip:udp:llmnr'] })
  const length = hex(message.replaceAll(' ', '').length / 2, 4)
  const segment = `0035 c350 00000000 00000000 5018 ffff 0000 0000 ${length} ${message}`
  t.match(decode(228, ip4(6, segment)), { ...expected, frame_protocols: ['ip:tcp:dns'] })
  const cut = decode(228, ip4(6, segment.slice(0, -4)))
  t.same(
    cut['frame_protocols'],
    ['ip:tcp'],
    'a message that goes on in the next segment is left out',
  )
  for (const [name, text] of [
    ['00', '<Root>'],
    ['c00c', '<Root>'], // to itself
    ['c0ff', '<Root>'], // forwards
    ['01ff00', '\\xff'],
    ['016100', 'a'],
    ['c300', '<Root>'],
  ] as const) {
    const asked = decode(
      228,
      over('0035', `${header('0100', '0001 0000 0000 0000')} ${name} 0001 0001`),
    )
    t.same(asked['dns_qry_name'], [text], name)
  }
  const overrun = decode(228, over('0035', `${header('0100', '0001 0000 0000 0000')} 3f6161`))
  t.equal(overrun['dns_qry_name'], undefined)
})

t.test('802.11 control and data frames name who is who', async (t) => {
  const a = ['010203040506', '111213141516', '212223242526', '313233343536'] as const
  const m = a.map((address) => address.match(/../g)!.join(':'))
  const control = (subtype: string) => decode(105, `${subtype}00 0000 ${a[0]} ${a[1]}`)
  t.match(control('a4'), {
    wlan_ra: [m[0]],
    wlan_bssid: [m[0]],
    wlan_ta: [m[1]],
    wlan_fc_type_subtype: ['26'],
  })
  t.equal(control('a4')['wlan_duration'], undefined, 'an association id is no duration')
  t.match(control('e4'), { wlan_ra: [m[0]], wlan_bssid: [m[1]], wlan_ta: [m[1]] })
  t.match(control('84'), { wlan_ra: [m[0]], wlan_ta: [m[1]] })
  const data = (flags: string) =>
    decode(105, `08${flags} 0000 ${a[0]} ${a[1]} ${a[2]} 3412 ${a[3]}`)
  t.match(data('00'), { wlan_da: [m[0]], wlan_sa: [m[1]], wlan_bssid: [m[2]] })
  t.equal(data('00')['wlan_staa'], undefined)
  t.match(data('01'), { wlan_bssid: [m[0]], wlan_sa: [m[1]], wlan_da: [m[2]], wlan_staa: [m[1]] })
  t.match(data('02'), { wlan_da: [m[0]], wlan_bssid: [m[1]], wlan_sa: [m[2]], wlan_staa: [m[0]] })
  t.match(data('03'), {
    wlan_ra: [m[0]],
    wlan_ta: [m[1]],
    wlan_da: [m[2]],
    wlan_sa: [m[3]],
    wlan_seq: ['291'],
    wlan_frag: ['4'],
  })
  t.match(data('48'), { wlan_fc_retry: ['1'], wlan_fc_protected: ['1'], frame_protocols: ['wlan'] })
})

t.test('radiotap fields are found behind vendor words and unknown bits', async (t) => {
  const ack = 'd4000000a4fc776c550d'
  const vendor = `0000 1e00 20000060 20000000 c4 00 506f9a 01 0800 0102030405060708 00 cd`
  const withVendor = decode(127, `${vendor.replace('1e00', '1b00')} 0000 ${ack}`)
  t.ok(withVendor['radiotap_dbm_antsignal'], 'signal before the vendor word')
  const unknown = decode(127, `0000 0d00 22000008 10 c4 00 00 00 ${ack} 01020304`)
  t.match(unknown, { wlan_radio_signal_dbm: ['-60'], wlan_ra: ['a4:fc:77:6c:55:0d'] })
  const short = decode(127, `0000 ffff 00000000 ${ack}`)
  t.same(short['frame_protocols'], ['radiotap'], 'a header longer than the frame')
})

t.test('names of networks are text whatever their octets', async (t) => {
  const probe = (ssid: string) =>
    decode(
      105,
      `40000000 ffffffffffff e8b2ac6f3fa8 ffffffffffff 1000 00${hex(ssid.length / 2, 2)}${ssid}`,
    )['wlan_ssid']
  t.same(probe(''), [''])
  t.same(probe('00000000'), [''], 'hidden')
  t.same(probe('436166c3a9'), ['Café'])
  t.same(probe('61005c62'), ['a\\x00\\x5cb'], 'no NUL, no ambiguous backslash')
  t.equal(octetsText(Buffer.from('a\\b'), 0, 3), 'a\\b', 'plain text stays')
})

t.test('addresses are spelt as tshark spells them', async (t) => {
  const six = (text: string) => ipv6Text(Buffer.from(text, 'hex'), 0)
  t.equal(six('00000000000000000000000000000000'), '::')
  t.equal(six('00000000000000000000000000000001'), '::1')
  t.equal(
    six('20010db8000000000001000000000001'),
    '2001:db8::1:0:0:1',
    'the first of two equal runs',
  )
  t.equal(six('20010db8000100000001000100010001'), '2001:db8:1:0:1:1:1:1', 'one zero group stays')
  t.equal(six('00000000000000000000ffff0a000001'), '::ffff:10.0.0.1')
  t.equal(six('0000000000000000000000000a000001'), '::10.0.0.1')
  t.equal(six('fe800000000000000000000000000000'), 'fe80::')
  // Addresses that share a place of the cache, one after the other.
  for (let round = 0; round < 3; round++)
    for (let i = 0; i < 20_000; i += 977) {
      const octets = Buffer.alloc(6)
      octets.writeUIntBE(i * 4096, 0, 6)
      if (macText(octets, 0).replaceAll(':', '') !== octets.toString('hex')) t.fail(`${i}`)
    }
})

t.test('a plan decodes no deeper than its fields', async (t) => {
  const octets = bytes(`${macs} 0800 ${ip4(6, tcp)}`)
  const depthOf = (...names: string[]) => {
    const { fields, unknown } = resolveFields(names)
    t.same(unknown, [])
    const frame = new Frame(planFields(fields))
    decodeFrame(frame, packetOf(1, octets), octets)
    return frame.protocols.text
  }
  t.equal(depthOf('frame_len', 'frame_number'), '')
  t.equal(depthOf('eth_src'), 'eth:ethertype')
  t.equal(depthOf('ip_src', 'eth_src'), 'eth:ethertype:ip')
  t.equal(depthOf('tcp.flags'), 'eth:ethertype:ip:tcp')
  t.same(resolveFields(['ip-basic', 'nonsense', 'ip_src']).unknown, ['nonsense'])
  t.equal(resolveFields(['ip-basic', 'ip_src', 'ip-basic']).fields.length, 19)
  t.equal(resolveFields(['wlan-basic']).fields.length, 15)
})

t.test('frames of random octets never throw and never read beyond their end', async (t) => {
  let state = 99
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state >>> 24
  }
  const seeds = [
    `${macs} 0800 ${ip4(17, udp)}`,
    `${macs} 86dd ${ip6(0, '2b00000000000000')}`,
    ip4(6, tcp),
  ].map(bytes)
  const frame = new Frame(everything)
  for (const linkType of [0, 1, 9, 50, 51, 101, 105, 108, 113, 127, 192, 228, 229, 276]) {
    for (let round = 0; round < 400; round++) {
      const octets = Buffer.alloc(200, 0)
      seeds[round % seeds.length]!.forEach((octet, at) => {
        octets[at] = octet
      })
      for (let i = round % 3 === 0 ? 0 : 20; i < 200; i++) octets[i] = random()
      octets[random() % 60] = random()
      const captured = random() % 200
      decodeFrame(
        frame,
        packetOf(linkType, octets, { captured, length: captured + (round % 2) * 99 }),
        octets,
      )
      const whole = JSON.stringify(fieldsOf(frame))
      const alone = octets.subarray(0, captured)
      decodeFrame(frame, packetOf(linkType, alone, { length: captured + (round % 2) * 99 }), alone)
      if (JSON.stringify(fieldsOf(frame)) !== whole) t.fail(`link type ${linkType}, round ${round}`)
    }
  }
})
