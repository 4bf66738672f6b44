import {
  Decimal,
  decimal,
  FLOAT64,
  INT32,
  INT64,
  Instant,
  noHeaders,
  SchemaBuilder,
  type SinkRecord,
  STRING,
  Struct,
  TIMESTAMP,
} from '../../runtime/api/index.ts'

/** 12 columns: an int64 above 2^53, a decimal and a timestamp among them. */
export const packetSchema = SchemaBuilder.struct()
  .name('packet')
  .field('id', INT64)
  .field('src', STRING)
  .field('dst', STRING)
  .field('protocol', STRING)
  .field('length', INT32)
  .field('src_port', INT32)
  .field('dst_port', INT32)
  .field('host', STRING)
  .field('info', STRING)
  .field('cost', decimal(2))
  .field('captured', TIMESTAMP)
  .field('ratio', FLOAT64)
  .build()

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
    `packet number ${i} of the capture`,
    new Decimal(BigInt(i * 37), 2),
    new Instant(1763700000000 + i * 13),
    i / 7,
  ]
}

function record(i: number, value: unknown, hasSchema: boolean): SinkRecord {
  return {
    topic: 'packets',
    partition: 0,
    offset: i,
    keySchema: null,
    key: null,
    valueSchema: hasSchema ? packetSchema : null,
    value,
    timestamp: 1763700000000,
    timestampType: 'CreateTime',
    headers: noHeaders,
    originalTopic: 'packets',
    originalPartition: 0,
    originalOffset: i,
  }
}

export function structRecord(i: number): SinkRecord {
  return record(i, new Struct(packetSchema, values(i)), true)
}

/** As a schemaless converter and chain would hand it over: a plain object. */
export function schemalessRecord(i: number): SinkRecord {
  const [id, src, dst, protocol, length, src_port, dst_port, host, info, cost, captured, ratio] =
    values(i)
  return record(
    i,
    { id, src, dst, protocol, length, src_port, dst_port, host, info, cost, captured, ratio },
    false,
  )
}
