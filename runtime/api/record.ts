import type { Schema } from './schema.ts'

/** A header keeps its place; names may repeat. Lists are never changed in place: make a new one. */
export interface Header {
  readonly key: string
  readonly schema: Schema | null
  readonly value: unknown
}

export type Headers = readonly Header[]

export const noHeaders: Headers = Object.freeze([])

/** A value and its type; schema null: schemaless. Value null is a tombstone, whatever the schema. */
export interface SchemaAndValue {
  readonly schema: Schema | null
  readonly value: unknown
}

/** What source and sink records share, as transformations and predicates see it. Never changed in place. */
export interface ConnectRecord {
  readonly topic: string
  /** Null: the log chooses, by key. */
  readonly partition: number | null
  readonly keySchema: Schema | null
  readonly key: unknown
  readonly valueSchema: Schema | null
  readonly value: unknown
  /** Ms since the epoch. Null on a source record: now. */
  readonly timestamp: number | null
  readonly headers: Headers
  /** Where the record lies in the log; null on a source record. */
  readonly offset: number | null
}

/** Text keys, primitive values. Written as JSON in the order given: keep that order stable, the bytes are the key of the offset topic. */
export type OffsetMap = Readonly<Record<string, string | number | bigint | boolean | null>>

/** What a source yields. `sourcePartition` and `sourceOffset` say where the source goes on after this record. */
export interface SourceRecord {
  readonly sourcePartition: OffsetMap
  readonly sourceOffset: OffsetMap
  readonly topic: string
  readonly partition?: number | null
  readonly keySchema?: Schema | null
  readonly key?: unknown
  readonly valueSchema?: Schema | null
  readonly value: unknown
  readonly timestamp?: number | null
  readonly headers?: Headers
}

export type TimestampType = 'NoTimestampType' | 'CreateTime' | 'LogAppendTime'

/** What a sink is given. The `original…` members tell where the record lies in the log, whatever transformations made of its topic. */
export interface SinkRecord extends ConnectRecord {
  readonly partition: number
  readonly offset: number
  readonly timestampType: TimestampType
  readonly originalTopic: string
  readonly originalPartition: number
  readonly originalOffset: number
}

/** What a whole-record transformation changed; members that are left out stay. */
export type RecordPatch = Partial<Omit<ConnectRecord, 'offset'>>

export function headersNamed(headers: Headers, key: string): Header[] {
  return headers.filter((header) => header.key === key)
}

export function lastHeader(headers: Headers, key: string): Header | undefined {
  return headers.findLast((header) => header.key === key)
}
