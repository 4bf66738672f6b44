import {
  atLeast,
  type ConfigOf,
  configDef,
  nonEmptyString,
  type Validator,
} from '../../runtime/api/index.ts'
import { presetNames, resolveFields } from '../../runtime/packet/field-plan.ts'
import { packetField } from '../../runtime/packet/fields.ts'
import { parsePace } from './pace.ts'

const DEFAULT_MAX_DECOMPRESSED_BYTES = 64 * 1024 ** 3

/** Values that the key will take when their feature is there: refused in words until then. */
function notYet(...later: readonly string[]): Validator {
  return (value) => (later.includes(String(value)) ? `${value} is not available yet` : undefined)
}

/** A key whose whole feature comes later: any value but the default is refused. */
function onlyDefault(what: string, usual: unknown = null): Validator {
  return (value) =>
    value === null || value === usual ? undefined : `${what} is not available yet; remove the key`
}

const GLOB = /[*?[\]{}]/

const paths: Validator = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'Name at least one capture file'
  for (const path of value as string[]) {
    if (path === '') return 'A file name is empty: look for a comma too many'
    if (path === '-') return 'Reading standard input is not available yet; name files'
    if (GLOB.test(path))
      return `Globs are not available yet: name the files that "${path}" stands for`
  }
  const repeated = value.find((path, index) => value.indexOf(path) !== index)
  return repeated === undefined ? undefined : `"${repeated}" is named twice; each file is read once`
}

const topic: Validator = (value, key) => {
  const empty = nonEmptyString(value, key)
  if (empty !== undefined) return empty
  const names = [...String(value).matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1])
  if (names.includes('interface')) return `\${interface} is not available yet; use \${file}`
  const unknown = names.find((name) => name !== 'file')
  return unknown === undefined
    ? undefined
    : `\${${unknown}} stands for nothing here; only \${file} does`
}

const presetsToCome: readonly string[] = ['wlan-article', 'traffic-logs']

const fields: Validator = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'Name at least one field or preset'
  const toCome = value.find((name) => presetsToCome.includes(name))
  if (toCome !== undefined) return `The preset ${toCome} is not available yet`
  const { unknown } = resolveFields(value as string[])
  if (unknown.length === 0) return undefined
  return `Not known: ${unknown.join(', ')}. Use field names such as ip_src, or the presets ${presetNames.join(', ')}`
}

const keyForms = ['none', '5tuple', 'mac', 'position'] as const

const key: Validator = (value) => {
  const text = String(value)
  if ((keyForms as readonly string[]).includes(text)) return undefined
  if (!text.startsWith('field:')) return `Must be one of: ${keyForms.join(', ')}, field:NAME`
  const name = text.slice('field:'.length)
  return packetField(name) === undefined
    ? `There is no field "${name}"; try field:ip_src`
    : undefined
}

const pace: Validator = (value) =>
  parsePace(String(value)) === undefined
    ? 'Must be none, original, a speed such as x2.0, or rate:PACKETS_PER_SECOND'
    : undefined

export const config = configDef({
  'pcap.path': {
    type: 'list',
    importance: 'high',
    doc: 'Capture files to read, pcap or pcapng, plain or compressed with gzip or zstd: recognised by content. Folders, globs, standard input and FIFOs are not available yet.',
    validator: paths,
    group: 'Capture',
    width: 'long',
    displayName: 'Capture files',
  },
  topic: {
    type: 'string',
    importance: 'high',
    doc: `Topic of the records. \`\${file}\` stands for the base name of the capture; characters that no topic may hold become \`_\`.`,
    validator: topic,
    group: 'Records',
    displayName: 'Topic',
  },
  'pcap.fields': {
    type: 'list',
    importance: 'high',
    doc: 'Fields of each record, by tshark’s names with underscores for dots, and presets: `ip-basic`, `wlan-basic`, `all`. Only the layers that these fields need are decoded. `wlan-article` and `traffic-logs` are not available yet.',
    default: ['ip-basic'],
    validator: fields,
    recommended: () => presetNames,
    group: 'Records',
    width: 'long',
    displayName: 'Fields',
  },
  'pcap.shape': {
    type: 'string',
    importance: 'medium',
    doc: '`wireshark-ek`: an object without schema, `timestamp` in ms and each field that occurs as a list of texts, as `tshark -T ek` prints them. `typed`: a Struct in which each field is optional and holds its first occurrence, numbers as numbers. `layers` and `raw` are not available yet.',
    oneOf: ['wireshark-ek', 'typed', 'layers', 'raw'],
    default: 'wireshark-ek',
    validator: notYet('layers', 'raw'),
    group: 'Records',
    displayName: 'Shape',
  },
  'pcap.key': {
    type: 'string',
    importance: 'medium',
    doc: 'Key of each record. `none`; `5tuple`: protocol and both endpoints as text, the same for both directions; `mac`: the address that sent the frame; `field:NAME`: first occurrence of a field as text; `position`: a Struct of file and packet number, which names a packet for an upsert. Packets that lack it have a null key.',
    default: 'none',
    validator: key,
    recommended: () => keyForms,
    group: 'Records',
    displayName: 'Key',
  },
  'pcap.on.eof': {
    type: 'string',
    importance: 'medium',
    doc: 'What happens at the end of the files. `stop`: the task stays and has nothing to do. `tail` and `reopen` are not available yet.',
    oneOf: ['stop', 'tail', 'reopen'],
    default: 'stop',
    validator: notYet('tail', 'reopen'),
    group: 'Capture',
    displayName: 'At the end',
  },
  'pcap.on.corrupt': {
    type: 'string',
    importance: 'medium',
    doc: 'What happens when a capture is damaged, cut short or no capture. All packets before the trouble are delivered first. `stop`: the task fails and says where. `skip-file`: a warning, then the next file. `resync` is not available yet.',
    oneOf: ['stop', 'skip-file', 'resync'],
    default: 'stop',
    validator: notYet('resync'),
    group: 'Capture',
    displayName: 'When damaged',
  },
  'pcap.max.decompressed.bytes': {
    type: 'long',
    importance: 'low',
    doc: 'A compressed capture that grows beyond this counts as damaged.',
    default: DEFAULT_MAX_DECOMPRESSED_BYTES,
    validator: atLeast(1),
    group: 'Capture',
    displayName: 'Most octets of a compressed file',
  },
  'pcap.order': {
    type: 'string',
    importance: 'low',
    doc: 'Order of several files in a task: by `name`. `mtime` and `counter` are not available yet.',
    oneOf: ['name', 'mtime', 'counter'],
    default: 'name',
    validator: notYet('mtime', 'counter'),
    group: 'Capture',
    displayName: 'Order of files',
  },
  'pcap.pace': {
    type: 'string',
    importance: 'low',
    doc: 'How fast packets are told, for demos and replay. `none`: as fast as they are taken; `original`: with the pauses of the capture; `x2.0`: the same, twice as fast; `rate:20000`: packets a second. After a restart the pace begins anew.',
    default: 'none',
    validator: pace,
    recommended: () => ['none', 'original', 'x2.0', 'rate:20000'],
    group: 'Capture',
    displayName: 'Pace',
  },
  'pcap.payload': {
    type: 'string',
    importance: 'low',
    doc: 'Octets of the payload in each record. Only `none` is available yet.',
    default: 'none',
    validator: onlyDefault('The payload of packets', 'none'),
    group: 'Records',
  },
  'pcap.settle.ms': {
    type: 'long',
    importance: 'low',
    doc: 'When a growing file counts as done. Not available yet.',
    default: 2000,
    validator: onlyDefault('Reading growing files', 2000),
    group: 'Capture',
  },
  'pcap.after': {
    type: 'string',
    importance: 'low',
    doc: 'What becomes of a file when every record of it is acknowledged. Only `keep` is available yet.',
    default: 'keep',
    validator: onlyDefault('Removing, marking or moving files', 'keep'),
    group: 'Capture',
  },
  'pcap.vendor.dissected': {
    type: 'list',
    importance: 'low',
    doc: 'Vendors whose 802.11 tags give no `wlan_tag_vendor_data`. Not available yet: those that Wireshark takes apart.',
    default: null,
    validator: onlyDefault('A vendor list of your own'),
    group: 'Records',
  },
  'pcap.interface': {
    type: 'string',
    importance: 'low',
    doc: 'Interface to capture from. Not available yet.',
    default: null,
    validator: onlyDefault('Live capture'),
    group: 'Live',
  },
  'pcap.filter': {
    type: 'string',
    importance: 'low',
    doc: 'Capture filter of a live capture. Not available yet.',
    default: null,
    validator: onlyDefault('Live capture'),
    group: 'Live',
  },
  'pcap.snaplen': {
    type: 'int',
    importance: 'low',
    doc: 'Octets kept of each packet of a live capture. Not available yet.',
    default: null,
    validator: onlyDefault('Live capture'),
    group: 'Live',
  },
  'pcap.monitor': {
    type: 'boolean',
    importance: 'low',
    doc: 'Monitor mode of a live capture. Not available yet.',
    default: null,
    validator: onlyDefault('Live capture'),
    group: 'Live',
  },
  'pcap.ring': {
    type: 'string',
    importance: 'low',
    doc: 'Folder of a live capture’s ring of files. Not available yet.',
    default: null,
    validator: onlyDefault('Live capture'),
    group: 'Live',
  },
})

export type Config = ConfigOf<typeof config>
