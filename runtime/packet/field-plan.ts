import { depth, type PacketField, packetField, packetFields } from './fields.ts'

const presets: Readonly<Record<string, readonly string[]>> = {
  'ip-basic': [
    'frame_number',
    'frame_time_epoch',
    'frame_len',
    'frame_protocols',
    'eth_src',
    'eth_dst',
    'vlan_id',
    'ip_src',
    'ip_dst',
    'ipv6_src',
    'ipv6_dst',
    'ip_proto',
    'tcp_srcport',
    'tcp_dstport',
    'tcp_flags',
    'udp_srcport',
    'udp_dstport',
    'icmp_type',
    'dns_qry_name',
  ],
  'wlan-basic': [
    'frame_number',
    'frame_time_epoch',
    'frame_len',
    'wlan_fc_type',
    'wlan_fc_type_subtype',
    'wlan_radio_channel',
    'wlan_radio_signal_dbm',
    'wlan_ra',
    'wlan_da',
    'wlan_ta',
    'wlan_sa',
    'wlan_bssid',
    'wlan_seq',
    'wlan_ssid',
    'wlan_tag_oui',
  ],
  all: packetFields.map((field) => field.name),
}

export const presetNames: readonly string[] = Object.keys(presets)

/** What to decode of each frame, worked out once from the fields that are wanted. */
export interface FieldPlan {
  /** In the order asked for, each once. */
  readonly fields: readonly PacketField[]
  /** By slot: 1 when the value is wanted. */
  readonly wanted: Uint8Array
  readonly depth: number
  readonly wantsTags: boolean
  /** The frame's sender is asked for, whatever the link. */
  readonly wantsSender: boolean
}

/** What a key needs beyond the record's own fields. */
export interface PlanNeeds {
  readonly fields?: readonly PacketField[]
  readonly depth?: number
  readonly wantsSender?: boolean
}

/** Fields by name and presets, mixed, in order. A name that is neither comes back in `unknown`. */
export function resolveFields(names: readonly string[]): {
  fields: PacketField[]
  unknown: string[]
} {
  const fields = new Set<PacketField>()
  const unknown: string[] = []
  for (const name of names) {
    for (const member of Object.hasOwn(presets, name) ? presets[name]! : [name]) {
      const field = packetField(member)
      if (field === undefined) unknown.push(member)
      else fields.add(field)
    }
  }
  return { fields: [...fields], unknown }
}

export function planFields(fields: readonly PacketField[], needs: PlanNeeds = {}): FieldPlan {
  const wanted = new Uint8Array(packetFields.length)
  let deepest: number = Math.max(needs.wantsSender ? depth.link : depth.record, needs.depth ?? 0)
  let wantsTags = false
  for (const field of [...fields, ...(needs.fields ?? [])]) {
    wanted[field.slot] = 1
    deepest = Math.max(deepest, field.depth)
    wantsTags ||= field.isTag
  }
  return { fields, wanted, depth: deepest, wantsTags, wantsSender: needs.wantsSender ?? false }
}
