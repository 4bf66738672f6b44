import {
  type Converter,
  Decimal,
  decimal,
  FLOAT64,
  INT32,
  INT64,
  parseConfig,
  SchemaBuilder,
  STRING,
  Struct,
} from '../../runtime/api/index.ts'
import json from '../../runtime/converters/json-converter.ts'

/** What a topic holds of packet i: 12 fields, an int64 above 2^53 and a decimal among them, the time as text, one field that is thrown away. */
const names = [
  'id',
  'src',
  'dst',
  'protocol',
  'length',
  'src_port',
  'dst_port',
  'host',
  'cost',
  'captured',
  'ratio',
  'noise',
] as const

const protocols = ['tcp', 'udp', 'icmp']

function values(i: number): unknown[] {
  return [
    9007199254740993n + BigInt(i),
    `10.0.${i % 256}.${(i * 7) % 256}`,
    `192.168.${(i * 3) % 256}.${i % 256}`,
    protocols[i % 3],
    60 + (i % 1400),
    (i * 31) % 65536,
    443,
    `host-${i % 5000}.example.com`,
    new Decimal(BigInt(i * 37), 2),
    new Date(1763700000000 + i * 13).toISOString().slice(0, -1),
    i / 7 + 0.5,
    `packet number ${i} of the capture`,
  ]
}

/** Plain JSON; the decimal as a number. */
export function schemalessText(): (i: number) => string {
  return (i) => {
    const fields = values(i).map(
      (value, at) =>
        `"${names[at]}":${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
    )
    return `{${fields.join(',')}}`
  }
}

/** With the schema beside each value. */
export function envelopeText(): (i: number) => string {
  const schema = SchemaBuilder.struct()
    .name('packet')
    .field('id', INT64)
    .field('src', STRING)
    .field('dst', STRING)
    .field('protocol', STRING)
    .field('length', INT32)
    .field('src_port', INT32)
    .field('dst_port', INT32)
    .field('host', STRING)
    .field('cost', decimal(2))
    .field('captured', STRING)
    .field('ratio', FLOAT64)
    .field('noise', STRING)
    .build()
  const definition = [json].flat()[0]!
  const converter: Converter = definition.create(
    parseConfig(definition.config, { 'converter.type': 'value' }),
    'value',
  )
  return (i) => String(converter.fromConnect('packets', schema, new Struct(schema, values(i))))
}
