import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type Isolation, isolationLevel } from './isolation.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const listOffsetsApi: KafkaApi = {
  apiKey: 2,
  apiVersion: 5,
  apiName: 'ListOffsets',
  isFlexible: false,
}

export const LATEST = -1
export const EARLIEST = -2

export interface ListOffsetsArguments {
  readonly isolation: Isolation
  readonly topics: readonly OfTopic<{
    readonly partition: number
    /** `LATEST`, `EARLIEST`, or a time in ms: the first record at or after it. */
    readonly timestamp: number
    /** Left out: not known, do not compare. */
    readonly leaderEpoch?: number
  }>[]
}

export interface ListedOffset {
  readonly partition: number
  readonly errorCode: number
  readonly timestamp: number
  /** -1: no record at or after the time. */
  readonly offset: number
  readonly leaderEpoch: number
}

export interface ListOffsetsAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<ListedOffset>[]
}

export function listOffsetsRequest(asked: ListOffsetsArguments): KafkaRequest<ListOffsetsAnswer> {
  return {
    ...listOffsetsApi,
    encode(writer) {
      writer.int32(-1)
      writer.int8(isolationLevel(asked.isolation))
      writeTopics(writer, asked.topics, ({ partition, timestamp, leaderEpoch = -1 }) => {
        writer.int32(partition)
        writer.int32(leaderEpoch)
        writer.int64(timestamp)
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        timestamp: reader.int64(),
        offset: reader.int64(),
        leaderEpoch: reader.int32(),
      })),
    }),
  }
}
