import {
  noHeaders,
  type Schema,
  type SinkContext,
  type SinkRecord,
} from '../../runtime/api/index.ts'

interface Side {
  readonly schema?: Schema | null
  readonly value: unknown
}

/** A record as a sink gets it; what is left out is as plain as can be. */
export function sinkRecord(
  place: { readonly topic: string; readonly partition?: number; readonly offset: number },
  value: Side,
  key: Side = { value: null },
): SinkRecord {
  const { topic, partition = 0, offset } = place
  return {
    topic,
    partition,
    offset,
    keySchema: key.schema ?? null,
    key: key.value,
    valueSchema: value.schema ?? null,
    value: value.value,
    timestamp: 1_763_700_000_000 + offset,
    timestampType: 'CreateTime',
    headers: noHeaders,
    originalTopic: topic,
    originalPartition: partition,
    originalOffset: offset,
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export function sinkContext(signal = new AbortController().signal): SinkContext {
  return { connector: 'sink', task: 0, log: quiet, signal }
}
