import type { KafkaApi, KafkaRequest } from '../request.ts'

export const deleteTopicsApi: KafkaApi = {
  apiKey: 20,
  apiVersion: 3,
  apiName: 'DeleteTopics',
  isFlexible: false,
}

export interface DeleteTopicsArguments {
  readonly topics: readonly string[]
  readonly timeoutMs: number
}

export interface DeleteTopicsAnswer {
  readonly throttleMs: number
  readonly topics: readonly { readonly topic: string; readonly errorCode: number }[]
}

export function deleteTopicsRequest(
  asked: DeleteTopicsArguments,
): KafkaRequest<DeleteTopicsAnswer> {
  return {
    ...deleteTopicsApi,
    encode(writer) {
      writer.array(asked.topics, (topic) => writer.string(topic))
      writer.int32(asked.timeoutMs)
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: reader.array(() => ({ topic: reader.string(), errorCode: reader.int16() })),
    }),
  }
}
