import type { KafkaApi, KafkaRequest } from '../request.ts'

export const metadataApi: KafkaApi = {
  apiKey: 3,
  apiVersion: 12,
  apiName: 'Metadata',
  isFlexible: true,
}

export interface MetadataArguments {
  /** null: all topics. */
  readonly topics: readonly string[] | null
  readonly allowAutoTopicCreation: boolean
}

export interface Broker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly errorCode: number
  readonly partition: number
  /** -1: none at this moment. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
  readonly offline: readonly number[]
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly topic: string
  /** Another one when the topic was deleted and made again. */
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface MetadataAnswer {
  readonly throttleMs: number
  readonly brokers: readonly Broker[]
  readonly clusterId: string | null
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

/** What stands for the id where a topic goes by its name. */
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

export function metadataRequest(asked: MetadataArguments): KafkaRequest<MetadataAnswer> {
  return {
    ...metadataApi,
    encode(writer) {
      writer.compactNullableArray(asked.topics, (topic) => {
        writer.uuid(NO_ID)
        writer.compactNullableString(topic)
        writer.tags()
      })
      writer.boolean(asked.allowAutoTopicCreation)
      writer.boolean(false) // No authorized operations.
      writer.tags()
    },
    decode(reader) {
      const throttleMs = reader.int32()
      const brokers = reader.compactArray(() => {
        const broker = {
          nodeId: reader.int32(),
          host: reader.compactString(),
          port: reader.int32(),
          rack: reader.compactNullableString(),
        }
        reader.tags()
        return broker
      })
      const clusterId = reader.compactNullableString()
      const controllerId = reader.int32()
      const topics = reader.compactArray(() => {
        const topic = {
          errorCode: reader.int16(),
          topic: reader.compactNullableString() ?? '',
          topicId: reader.uuid(),
          isInternal: reader.boolean(),
          partitions: reader.compactArray(() => {
            const partition = {
              errorCode: reader.int16(),
              partition: reader.int32(),
              leader: reader.int32(),
              leaderEpoch: reader.int32(),
              replicas: reader.compactArray(() => reader.int32()),
              inSync: reader.compactArray(() => reader.int32()),
              offline: reader.compactArray(() => reader.int32()),
            }
            reader.tags()
            return partition
          }),
        }
        reader.int32()
        reader.tags()
        return topic
      })
      reader.tags()
      return { throttleMs, brokers, clusterId, controllerId, topics }
    },
  }
}
