import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const offsetForLeaderEpochApi: KafkaApi = {
  apiKey: 23,
  apiVersion: 3,
  apiName: 'OffsetForLeaderEpoch',
  isFlexible: false,
}

export interface OffsetForLeaderEpochArguments {
  readonly topics: readonly OfTopic<{
    readonly partition: number
    /** Of the leader now, as metadata have it. -1: do not compare. */
    readonly currentLeaderEpoch: number
    /** Of the record that was read last. */
    readonly leaderEpoch: number
  }>[]
}

export interface EpochEnd {
  readonly errorCode: number
  readonly partition: number
  readonly leaderEpoch: number
  /** Where that epoch ended: a position behind it was cut off. -1: not known. */
  readonly endOffset: number
}

export interface OffsetForLeaderEpochAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<EpochEnd>[]
}

export function offsetForLeaderEpochRequest(
  asked: OffsetForLeaderEpochArguments,
): KafkaRequest<OffsetForLeaderEpochAnswer> {
  return {
    ...offsetForLeaderEpochApi,
    encode(writer) {
      writer.int32(-1)
      writeTopics(writer, asked.topics, (each) => {
        writer.int32(each.partition)
        writer.int32(each.currentLeaderEpoch)
        writer.int32(each.leaderEpoch)
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: readTopics(reader, () => ({
        errorCode: reader.int16(),
        partition: reader.int32(),
        leaderEpoch: reader.int32(),
        endOffset: reader.int64(),
      })),
    }),
  }
}
