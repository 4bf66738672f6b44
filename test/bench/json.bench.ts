/**
 * What does JSON cost a record? Read and written by the JsonConverter, plain (390 bytes) and with the schema beside the value (1,090 bytes): median
 * microseconds a record of 15 rounds, with the spread. Every record differs; what was read is written again and compared first.
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import {
  type Converter,
  FLOAT64,
  INT32,
  INT64,
  Instant,
  OPTIONAL_STRING,
  parseConfig,
  Schema,
  type SchemaAndValue,
  STRING,
  Struct,
  TIMESTAMP,
} from '../../runtime/api/index.ts'
import definition from '../../runtime/converters/json-converter.ts'

const records = 20_000
const rounds = 15

const flow = new Schema({
  type: 'struct',
  name: 'net.Flow',
  fields: [
    ['id', INT64],
    ['ts', TIMESTAMP],
    ['src_ip', STRING],
    ['dst_ip', STRING],
    ['src_port', INT32],
    ['dst_port', INT32],
    ['protocol', STRING],
    ['bytes', INT64],
    ['packets', INT32],
    ['duration', FLOAT64],
    ['host', OPTIONAL_STRING],
    ['note', OPTIONAL_STRING],
  ].map(([name, schema]) => ({ name: name as string, schema: schema as Schema })),
})

function flowOf(i: number): Struct {
  return new Struct(flow, [
    BigInt(4_000_000_000 + i * 7919),
    new Instant(1_700_000_000_000 + i * 13),
    `10.20.${i % 256}.${(i * 7) % 256}`,
    `192.168.${(i * 3) % 256}.${(i * 11) % 256}`,
    1024 + (i % 60_000),
    443,
    i % 3 === 0 ? 'udp' : 'tcp',
    BigInt(1500 * (i % 9000)),
    i % 9000,
    Number((1.0005 + ((i * 31) % 100_000) / 1000).toFixed(4)),
    i % 5 === 0 ? null : `host-${i % 500}.example.net`,
    `flow ${i} seen by sensor-${i % 40} on interface eth${i % 8}, rule set ${'abcdefghijklmnopqrstuvwxyz012'.repeat(4)} ${i % 100}`,
  ])
}

function converterOf(schemas: boolean): Converter {
  const values = parseConfig(definition.config, { 'schemas.enable': String(schemas) })
  return definition.create(values, 'value')
}

function bytesOf(text: Uint8Array | string | null): Buffer {
  return Buffer.from(text as string)
}

function measure(name: string, bytes: number, run: () => void): void {
  for (let i = 0; i < 5; i++) run()
  const cpu = process.cpuUsage()
  const micros = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint()
    run()
    return Number(process.hrtime.bigint() - start) / 1000 / records
  }).sort((a, b) => a - b)
  const { user, system } = process.cpuUsage(cpu)
  const median = micros[rounds >> 1] as number
  const line = {
    bench: 'json',
    case: name,
    commit,
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    bytesPerRecord: Math.round(bytes),
    microsPerRecord: Number(median.toFixed(2)),
    spread: [micros[0], micros.at(-1)].map((each) => Number(each?.toFixed(2))),
    cpuMicrosPerRecord: Number(((user + system) / rounds / records).toFixed(2)),
    recordsPerSecond: Math.round(1e6 / median),
    megabytesPerSecond: Math.round(bytes / median),
    rssMegabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function compare(name: string, converter: Converter, texts: readonly Buffer[]): SchemaAndValue[] {
  const values = texts.map((text) => converter.toConnect('bench', text))
  for (const [i, { schema, value }] of values.entries())
    if (!bytesOf(converter.fromConnect('bench', schema, value)).equals(texts[i] as Buffer))
      throw new Error(`${name}: record ${i} is not what it was`)
  return values
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()

for (const schemas of [false, true]) {
  const name = schemas ? 'envelope' : 'schemaless'
  const converter = converterOf(schemas)
  const texts = Array.from({ length: records }, (_, i) =>
    bytesOf(converter.fromConnect('bench', flow, flowOf(i))),
  )
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) / records
  const values = compare(name, converter, texts)
  measure(`read ${name}`, bytes, () => {
    for (const text of texts) converter.toConnect('bench', text)
  })
  measure(`write ${name}`, bytes, () => {
    for (const { schema, value } of values)
      Buffer.byteLength(converter.fromConnect('bench', schema, value) as string)
  })
}
