import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type Isolation, isolationLevel } from './isolation.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const fetchApi: KafkaApi = {
  apiKey: 1,
  apiVersion: 11,
  apiName: 'Fetch',
  isFlexible: false,
}

export interface FetchArguments {
  readonly isolation: Isolation
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  /** `client.rack`: the broker may name a nearer replica in its answer. Empty: none. */
  readonly rack: string
  readonly topics: readonly OfTopic<{
    readonly partition: number
    readonly offset: number
    /** -1: not known, do not compare. */
    readonly leaderEpoch: number
    readonly maxBytes: number
  }>[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStart: number
  readonly abortedTransactions: readonly {
    readonly producerId: bigint
    readonly firstOffset: number
  }[]
  /** The broker to read this partition from; -1: this one. */
  readonly preferredReadReplica: number
  /** Batches one behind another, the last one perhaps cut: a view into the answer. */
  readonly recordSet: Buffer
}

export interface FetchAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly topics: readonly OfTopic<FetchedPartition>[]
}

const NOTHING = Buffer.alloc(0)

export function fetchRequest(asked: FetchArguments): KafkaRequest<FetchAnswer> {
  return {
    ...fetchApi,
    encode(writer) {
      writer.int32(-1) // A consumer, no replica.
      writer.int32(asked.maxWaitMs)
      writer.int32(asked.minBytes)
      writer.int32(asked.maxBytes)
      writer.int8(isolationLevel(asked.isolation))
      writer.int32(0) // No fetch session: each request names all its partitions.
      writer.int32(-1)
      writeTopics(writer, asked.topics, ({ partition, offset, leaderEpoch, maxBytes }) => {
        writer.int32(partition)
        writer.int32(leaderEpoch)
        writer.int64(offset)
        writer.int64(-1)
        writer.int32(maxBytes)
      })
      writer.int32(0)
      writer.string(asked.rack)
    },
    decode(reader) {
      const throttleMs = reader.int32()
      const errorCode = reader.int16()
      reader.int32()
      const topics = readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        highWatermark: reader.int64(),
        lastStableOffset: reader.int64(),
        logStart: reader.int64(),
        abortedTransactions:
          reader.nullableArray(() => ({
            producerId: reader.bigInt64(),
            firstOffset: reader.int64(),
          })) ?? [],
        preferredReadReplica: reader.int32(),
        recordSet: reader.nullableBytes() ?? NOTHING,
      }))
      return { throttleMs, errorCode, topics }
    },
  }
}
