import type { KafkaApi, KafkaRequest } from '../request.ts'

export const createTopicsApi: KafkaApi = {
  apiKey: 19,
  apiVersion: 4,
  apiName: 'CreateTopics',
  isFlexible: false,
}

export interface CreateTopicsArguments {
  readonly topics: readonly {
    readonly topic: string
    /** -1: the brokers' default; so for the replicas. */
    readonly partitions: number
    readonly replicationFactor: number
    readonly settings?: Readonly<Record<string, string>>
  }[]
  readonly timeoutMs: number
  /** Only says whether it could be done. */
  readonly validateOnly?: boolean
}

export interface TopicResult {
  readonly topic: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface CreateTopicsAnswer {
  readonly throttleMs: number
  readonly topics: readonly TopicResult[]
}

export function createTopicsRequest(
  asked: CreateTopicsArguments,
): KafkaRequest<CreateTopicsAnswer> {
  return {
    ...createTopicsApi,
    encode(writer) {
      writer.array(asked.topics, ({ topic, partitions, replicationFactor, settings }) => {
        writer.string(topic)
        writer.int32(partitions)
        writer.int16(replicationFactor)
        writer.int32(0) // The brokers place the replicas.
        writer.array(Object.entries(settings ?? {}), ([name, value]) => {
          writer.string(name)
          writer.nullableString(value)
        })
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
