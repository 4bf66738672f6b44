/** What the topics of the bench hold of flow i: 12 fields, 390 octets as plain JSON, 1,090 with the schema beside them. */

const start = Date.UTC(2026, 0, 1)
const plainBytes = 390
const envelopeBytes = 1_090

const types: Readonly<Record<string, string>> = {
  seq: 'int64',
  ts: 'string',
  src_ip: 'string',
  dst_ip: 'string',
  src_port: 'int32',
  dst_port: 'int32',
  protocol: 'string',
  bytes: 'int64',
  packets: 'int32',
  duration: 'double',
  host: 'string',
  note: 'string',
}

const schema = JSON.stringify({
  type: 'struct',
  fields: Object.entries(types).map(([field, type]) => ({ type, optional: false, field })),
  optional: false,
  name: 'net.Flow',
})

function flow(i: number): Record<keyof typeof types, string | number> {
  return {
    seq: i,
    ts: new Date(start + i * 13).toISOString().slice(0, 23).replace('T', ' '),
    src_ip: `10.20.${i % 256}.${(i * 7) % 256}`,
    dst_ip: `192.168.${(i * 3) % 256}.${(i * 11) % 256}`,
    src_port: 1024 + (i % 60_000),
    dst_port: 443,
    protocol: i % 3 === 0 ? 'udp' : 'tcp',
    bytes: 1500 * (i % 9000),
    packets: i % 9000,
    duration: 0.5 + (i % 4000) / 1000,
    host: `host-${i % 500}.example.net`,
    note: '',
  }
}

/** `note` fills it up: every text is of the same size. */
function filled(make: (note: string) => string, bytes: number): string {
  const missing = bytes - make('').length
  return make('seen by the sensor at the north gate of the lab '.repeat(12).slice(0, missing))
}

export function plainText(i: number): string {
  return filled((note) => JSON.stringify({ ...flow(i), note }), plainBytes)
}

export function envelopeText(i: number): string {
  return filled(
    (note) => `{"schema":${schema},"payload":${JSON.stringify({ ...flow(i), note })}}`,
    envelopeBytes,
  )
}
