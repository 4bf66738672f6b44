import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { TopicResult } from './create-topics.ts'

export const createPartitionsApi: KafkaApi = {
  apiKey: 37,
  apiVersion: 1,
  apiName: 'CreatePartitions',
  isFlexible: false,
}

export interface CreatePartitionsArguments {
  /** `partitions` is how many the topic shall have in the end. */
  readonly topics: readonly { readonly topic: string; readonly partitions: number }[]
  readonly timeoutMs: number
  readonly validateOnly?: boolean
}

export interface CreatePartitionsAnswer {
  readonly throttleMs: number
  readonly topics: readonly TopicResult[]
}

export function createPartitionsRequest(
  asked: CreatePartitionsArguments,
): KafkaRequest<CreatePartitionsAnswer> {
  return {
    ...createPartitionsApi,
    encode(writer) {
      writer.array(asked.topics, ({ topic, partitions }) => {
        writer.string(topic)
        writer.int32(partitions)
        writer.int32(-1) // The brokers place them.
      })
      writer.int32(asked.timeoutMs)
      writer.boolean(asked.validateOnly ?? false)
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: reader.array(() => ({
        topic: reader.string(),
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
      })),
    }),
  }
}
