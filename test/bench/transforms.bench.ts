/**
 * What do InsertField, ReplaceField and TimestampConverter (text → Timestamp) cost a record together, the chain included, on a parsed value of
 * 12 columns? Plain maps from JSON.parse (one shape; 12 and 100 in turn) and structs: median microseconds of 51 rounds, with the spread. The
 * outcome is compared before anything is measured. `five` adds Cast and RegexRouter.
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import {
  type ConnectRecord,
  FLOAT64,
  INT32,
  INT64,
  Instant,
  OPTIONAL_STRING,
  type RawConfig,
  Schema,
  type SinkRecord,
  STRING,
  Struct,
} from '../../runtime/api/index.ts'
import { PluginRegistry } from '../../runtime/plugins/registry.ts'
import { TransformationChain } from '../../runtime/worker/transformation-chain.ts'

const records = 2_000
const rounds = 51

const three: RawConfig = {
  transforms: 'insert,replace,time',
  'transforms.insert.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
  'transforms.insert.topic.field': 'topic',
  'transforms.replace.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
  'transforms.replace.exclude': 'note',
  'transforms.replace.renames': 'host:host_name',
  'transforms.time.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
  'transforms.time.field': 'ts',
  'transforms.time.format': 'yyyy-MM-dd HH:mm:ss.SSS',
  'transforms.time.target.type': 'Timestamp',
}

const five: RawConfig = {
  ...three,
  transforms: 'insert,replace,time,cast,route',
  'transforms.cast.type': 'org.apache.kafka.connect.transforms.Cast$Value',
  'transforms.cast.spec': 'src_port:string',
  'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
  'transforms.route.regex': '(flows)',
  'transforms.route.replacement': 'net.$1',
}

const columns = {
  id: INT64,
  ts: STRING,
  src_ip: STRING,
  dst_ip: STRING,
  src_port: INT32,
  dst_port: INT32,
  protocol: STRING,
  bytes: INT64,
  packets: INT32,
  duration: FLOAT64,
  host: OPTIONAL_STRING,
  note: OPTIONAL_STRING,
}

const schema = new Schema({
  type: 'struct',
  name: 'net.Flow',
  fields: Object.entries(columns).map(([name, schema]) => ({ name, schema })),
})

const start = Date.UTC(2026, 0, 1)

function flow(i: number): Record<keyof typeof columns, unknown> {
  return {
    id: 4_000_000_000 + i * 7919,
    ts: new Date(start + i * 1013).toISOString().slice(0, 23).replace('T', ' '),
    src_ip: `10.20.${i % 256}.${(i * 7) % 256}`,
    dst_ip: `192.168.${(i * 3) % 256}.${(i * 11) % 256}`,
    src_port: 1024 + (i % 60_000),
    dst_port: 443,
    protocol: i % 3 === 0 ? 'udp' : 'tcp',
    bytes: 1500 * (i % 9000),
    packets: i % 9000,
    duration: 1.0005 + i / 1000,
    host: i % 5 === 0 ? null : `host-${i % 500}.example.net`,
    note: `flow ${i}`,
  }
}

function recordOf(value: unknown, valueSchema: Schema | null, i: number): SinkRecord {
  return {
    topic: 'flows',
    partition: i % 4,
    keySchema: null,
    key: `k${i}`,
    valueSchema,
    value,
    timestamp: start + i,
    headers: [],
    offset: i,
    timestampType: 'CreateTime',
    originalTopic: 'flows',
    originalPartition: i % 4,
    originalOffset: i,
  }
}

/** One JSON text per record, so that the objects are what a converter hands on. */
function plain(shapes: number): SinkRecord[] {
  return Array.from({ length: records }, (_, i) => {
    const further = shapes === 1 ? {} : { [`x${i % shapes}`]: i }
    return recordOf(JSON.parse(JSON.stringify({ ...flow(i), ...further })), null, i)
  })
}

function structs(): SinkRecord[] {
  return Array.from({ length: records }, (_, i) => {
    const { id, bytes, ...rest } = flow(i)
    const values = { ...rest, id: BigInt(id as number), bytes: BigInt(bytes as number) }
    const inOrder = schema.fields.map(({ name }) => values[name as keyof typeof columns])
    return recordOf(new Struct(schema, inOrder), schema, i)
  })
}

function verify(chain: TransformationChain, all: readonly SinkRecord[]): void {
  for (const [i, record] of all.entries()) {
    const { ts, host_name, topic, note } = fieldsOf(chain.apply(record))
    const { host } = flow(i)
    if (!(ts instanceof Instant) || ts.epochMs !== start + i * 1013) throw new Error(`ts of ${i}`)
    if (host_name !== host || topic !== 'flows' || note !== undefined)
      throw new Error(`columns of ${i}`)
  }
}

function fieldsOf(record: ConnectRecord | null): Record<string, unknown> {
  const value = record?.value
  if (!(value instanceof Struct)) return value as Record<string, unknown>
  return Object.fromEntries(value.schema.fields.map(({ name }) => [name, value.get(name)]))
}

const machine = `${cpus().length} × ${cpus()[0]?.model}`
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

function measure(name: string, raw: RawConfig, all: readonly SinkRecord[]): void {
  const chain = TransformationChain.create(raw, registry)
  verify(chain, all)
  for (let i = 0; i < 50; i++) run(chain, all)
  const cpu = process.cpuUsage()
  const micros = Array.from({ length: rounds }, () => {
    const from = process.hrtime.bigint()
    run(chain, all)
    return Number(process.hrtime.bigint() - from) / 1000 / records
  }).sort((a, b) => a - b)
  const { user, system } = process.cpuUsage(cpu)
  const round = (value: number | undefined) => Number(value?.toFixed(3))
  process.stdout.write(
    `${JSON.stringify({
      bench: 'transforms',
      name,
      microsPerRecord: round(micros[rounds >> 1]),
      fastest: round(micros[0]),
      slowest: round(micros.at(-1)),
      cpuMicrosPerRecord: round((user + system) / rounds / records),
      records,
      rounds,
      commit,
      node: process.version,
      machine,
    })}\n`,
  )
}

function run(chain: TransformationChain, all: readonly SinkRecord[]): void {
  let kept = 0
  for (const record of all) if (chain.apply(record) !== null) kept++
  if (kept !== all.length) throw new Error(`${kept} of ${all.length} records were left`)
}

const registry = await PluginRegistry.scan()
measure('three, schemaless', three, plain(1))
measure('three, with schema', three, structs())
measure('five, schemaless', five, plain(1))
measure('five, with schema', five, structs())
// Last: many shapes leave V8's inline caches slower for whatever follows.
measure('three, schemaless, 12 shapes', three, plain(12))
measure('three, schemaless, 100 shapes', three, plain(100))
