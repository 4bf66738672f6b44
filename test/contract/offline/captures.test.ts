import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CaptureError } from '../../../runtime/packet/capture-error.ts'
import { packetField } from '../../../runtime/packet/fields.ts'
import { type Captured, readCapture } from './captures-reading.ts'

/**
 * Every capture, decoded by the source, against what tshark 4.0.17 says of it. `CAPTURES` names another folder of captures with such values.
 */
const fixtures = new URL('../../fixtures/captures/', import.meta.url).pathname
const demo = new URL('../../../configs/captures/', import.meta.url).pathname
const folder = process.env['CAPTURES'] ?? fixtures

interface Expected {
  readonly packets: number
  readonly pcapng_non_packet_records: number
  readonly readable: boolean
  readonly captured_bytes: number
  readonly histograms: Record<string, Record<string, number>>
  readonly endpoint_counts: Record<string, number>
  readonly endpoints_top10: Record<string, { key: string; frames: number; bytes: number }[]>
  readonly first_packets: Record<string, string[]>[]
}

/** Where we mean to differ, and why. */
const exceptions: Record<string, { readonly why: string; readonly fields: readonly string[] }> = {
  'eth-ipv6-ext-headers.pcap': {
    why: 'more than 16 extension headers',
    fields: ['udp_srcport', 'udp_dstport', 'udp_length', 'frame_protocols'],
  },
  'eth-ipv6-fragments-malformed.pcap': {
    why: 'more than 16 extension headers',
    fields: ['icmpv6_type', 'icmpv6_code', 'frame_protocols'],
  },
  'radiotap-wpa2-linkup.pcap': {
    why: 'tags inside of EAPOL keys are not read',
    fields: ['wlan_tag_oui', 'wlan_tag_vendor_oui_type'],
  },
  'eth-ip-fragments-dns.pcap': {
    why: 'tshark puts fragments together',
    fields: [
      'udp_srcport',
      'udp_dstport',
      'udp_length',
      'dns_qry_name',
      'dns_flags_response',
      'frame_protocols',
    ],
  },
  'eth-mixed-lan.pcap': {
    why: 'tshark guesses Ethernet behind MPLS labels, and puts fragments together',
    fields: ['ip_proto', 'icmp_type', 'vlan_id', 'frame_protocols', 'ip'],
  },
  'pcapng-le-multi-section.pcapng': {
    why: 'tshark names interfaces of later sections by those of the first',
    fields: ['frame_interface_name'],
  },
  'corrupt/sll-invalid-microseconds.pcap': { why: 'we carry over', fields: ['frame_time_epoch'] },
  'corrupt/fuzz-bad-linktype-ns.pcap': {
    why: 'we carry over',
    fields: ['frame_time_epoch', 'null_family'],
  },
  'corrupt/frelay-caplen-above-len.pcap': {
    why: 'frame relay is not decoded',
    fields: [
      'ip_src',
      'ip_dst',
      'ip_proto',
      'ip_id',
      'ip_ttl',
      'ip_len',
      'ip_flags_mf',
      'ip_frag_offset',
      'frame_encap_type',
      'frame_protocols',
      'ip',
    ],
  },
  'corrupt/unknown-linktype-160.pcap': {
    why: 'no decoder',
    fields: ['frame_encap_type', 'frame_protocols'],
  },
  'corrupt/wlan-20056-cut-last-packet.cap': {
    why: 'tags of one action frame are not read',
    fields: ['histogram wlan_ssid'],
  },
}

/** Protocols that we name in `frame_protocols`; tshark's stack counts up to the first that is not here. */
const named = new Set(
  'eth ethertype llc vlan ieee8021ad arp ip ipv6 tcp udp icmp icmpv6 igmp esp ah eigrp ospf pim vrrp sctp gre mpls pppoes pppoed ppp eapol lldp dns mdns llmnr null sll raw radiotap wlan_radio wlan ppi ipv6.hopopts ipv6.routing ipv6.fraghdr ipv6.dstopts'.split(
    ' ',
  ),
)

const files = [
  ...readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /\.(p?cap|pcapng)(\.gz)?$/.test(name))
    .map((name) => [name, join(folder, name)] as const),
  ...(folder === fixtures
    ? readdirSync(demo)
        .filter((name) => !name.endsWith('.md'))
        .map((name) => [name, join(demo, name)] as const)
    : []),
]

t.ok(files.length >= 40, 'there are captures')
for (const [name, path] of files) {
  t.test(name, async (t) => {
    const expected = expectedOf(name)
    const capture = await readCapture(path)
    t.equal(
      capture.packets.length,
      expected.packets - expected.pcapng_non_packet_records,
      'packets',
    )
    if (expected.readable) t.equal(capture.trouble, undefined)
    else t.ok(capture.trouble?.cause instanceof CaptureError, `${capture.trouble?.message}`)
    const excepted = exceptions[name]?.fields ?? []
    const all = allDifferences(capture, expected, new Set())
    const needless = excepted.filter(
      (field) => !all.some((problem) => problem.includes(`${field}: `)),
    )
    t.same(needless, [], 'every exception is one')
    t.same(
      allDifferences(capture, expected, new Set(excepted)),
      [],
      exceptions[name]?.why ?? 'the same as tshark',
    )
  })
}

function expectedOf(name: string): Expected {
  const file = join(folder, 'expected', `${name.replaceAll('/', '__')}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Expected
}

/** Every field that tshark was asked for, so that what it does not show must not show here either. */
const asked = new Set(
  files.flatMap(([name]) =>
    expectedOf(name).first_packets.flatMap((packet) => Object.keys(packet)),
  ),
)

function allDifferences(
  capture: Captured,
  expected: Expected,
  except: ReadonlySet<string>,
): string[] {
  return [
    ...differences(capture, expected, except),
    ...histogramDifferences(capture, expected, except),
    ...endpointDifferences(capture, expected, except),
  ]
}

function differences(capture: Captured, expected: Expected, except: ReadonlySet<string>): string[] {
  const problems: string[] = []
  // tshark counts pcapng's custom blocks as packets, of no encapsulation.
  const theirs = expected.first_packets.filter((packet) => packet['frame.encap_type'])
  theirs.forEach((packet, index) => {
    const ours = capture.packets[index]
    if (ours === undefined) return
    for (const dotted of asked) {
      const field = packetField(dotted)
      if (field === undefined || except.has(field.name)) continue
      if (field.name === 'frame_number' && expected.pcapng_non_packet_records > 0) continue
      const value = (ours[field.name] as string[] | undefined)?.join('|')
      const their = packet[dotted]?.map((text) => normal(field.name, text)).join('|')
      if (value !== their)
        problems.push(`packet ${index + 1} ${field.name}: ours ${value}, tshark ${their}`)
    }
  })
  return problems
}

/** tshark's value in the form that records have. */
function normal(field: string, text: string): string {
  if (field === 'wlan_fc_type_subtype') return `${Number(text)}`
  if (field === 'wlan_ssid') return ssid(text)
  if (field !== 'frame_protocols') return text
  const protocols = text.split(':')
  const foreign = protocols.findIndex((protocol) => !named.has(protocol))
  return (foreign < 0 ? protocols : protocols.slice(0, foreign)).join(':')
}

function ssid(hex: string): string {
  if (hex === '<MISSING>' || /^(00)*$/.test(hex)) return ''
  const octets = Buffer.from(hex, 'hex')
  const text = octets.toString()
  const isText = Buffer.from(text).equals(octets) && !octets.includes(0)
  if (isText) return text
  return Array.from(octets, (octet) =>
    octet >= 0x20 && octet <= 0x7e && octet !== 0x5c
      ? String.fromCharCode(octet)
      : `\\x${octet.toString(16).padStart(2, '0')}`,
  ).join('')
}

function histogramDifferences(
  capture: Captured,
  expected: Expected,
  except: ReadonlySet<string>,
): string[] {
  const problems: string[] = []
  for (const [dotted, theirs] of Object.entries(expected.histograms)) {
    const field = packetField(dotted)
    if (field === undefined || except.has(field.name) || except.has(`histogram ${field.name}`))
      continue
    const ours = new Map<string, number>()
    for (const packet of capture.packets)
      for (const value of (packet[field.name] as string[] | undefined) ?? [])
        ours.set(value, (ours.get(value) ?? 0) + 1)
    for (const [value, count] of Object.entries(theirs)) {
      const mine = ours.get(normal(field.name, value))
      if (mine !== count)
        problems.push(`histogram ${field.name}: ${value}, ours ${mine}, tshark ${count}`)
    }
  }
  return problems
}

const endpoints: Record<string, readonly (readonly [address: string, port?: string])[]> = {
  eth: [['eth_src'], ['eth_dst']],
  ip: [['ip_src'], ['ip_dst']],
  ipv6: [['ipv6_src'], ['ipv6_dst']],
  wlan: [['wlan_ta'], ['wlan_ra']],
}

function endpointDifferences(
  capture: Captured,
  expected: Expected,
  except: ReadonlySet<string>,
): string[] {
  const problems: string[] = []
  for (const [kind, sides] of Object.entries(endpoints)) {
    const theirs = expected.endpoints_top10[kind]
    if (theirs === undefined || except.has(kind)) continue
    const ours = new Map<string, { frames: number; bytes: number }>()
    for (const packet of capture.packets) {
      const keys = new Set(
        sides.flatMap(([address]) => (packet[address] as string[] | undefined)?.[0] ?? []),
      )
      for (const key of keys) {
        const at = ours.get(key) ?? { frames: 0, bytes: 0 }
        at.frames++
        at.bytes += Number((packet['frame_len'] as string[])[0])
        ours.set(key, at)
      }
    }
    const count = expected.endpoint_counts[kind]
    if (ours.size !== count)
      problems.push(`endpoints ${kind}: ours ${ours.size} endpoints, tshark ${count}`)
    for (const { key, frames, bytes } of theirs) {
      const mine = ours.get(key)
      if (mine?.frames !== frames || mine.bytes !== bytes) {
        problems.push(
          `endpoints ${kind}: ${key}, ours ${JSON.stringify(mine)}, tshark ${frames} frames, ${bytes} octets`,
        )
      }
    }
  }
  return problems
}
