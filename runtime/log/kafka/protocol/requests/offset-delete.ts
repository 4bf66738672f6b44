import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { PartitionResult } from './committed-offset.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const offsetDeleteApi: KafkaApi = {
  apiKey: 47,
  apiVersion: 0,
  apiName: 'OffsetDelete',
  isFlexible: false,
}

export interface OffsetDeleteArguments {
  readonly group: string
  readonly topics: readonly OfTopic<number>[]
}

export interface OffsetDeleteAnswer {
  readonly errorCode: number
  readonly throttleMs: number
  readonly topics: readonly OfTopic<PartitionResult>[]
}

export function offsetDeleteRequest(
  asked: OffsetDeleteArguments,
): KafkaRequest<OffsetDeleteAnswer> {
  return {
    ...offsetDeleteApi,
    encode(writer) {
      writer.string(asked.group)
      writeTopics(writer, asked.topics, (partition) => writer.int32(partition))
    },
    decode: (reader) => ({
      errorCode: reader.int16(),
      throttleMs: reader.int32(),
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
      })),
    }),
  }
}
