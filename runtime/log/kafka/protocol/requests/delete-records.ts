import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const deleteRecordsApi: KafkaApi = {
  apiKey: 21,
  apiVersion: 1,
  apiName: 'DeleteRecords',
  isFlexible: false,
}

export interface DeleteRecordsArguments {
  /** All before `offset` goes; -1: all there is. */
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly offset: number }>[]
  readonly timeoutMs: number
}

export interface DeletedRecords {
  readonly partition: number
  /** The first offset that is left. */
  readonly lowWatermark: number
  readonly errorCode: number
}

export interface DeleteRecordsAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<DeletedRecords>[]
}

export function deleteRecordsRequest(
  asked: DeleteRecordsArguments,
): KafkaRequest<DeleteRecordsAnswer> {
  return {
    ...deleteRecordsApi,
    encode(writer) {
      writeTopics(writer, asked.topics, ({ partition, offset }) => {
        writer.int32(partition)
        writer.int64(offset)
      })
      writer.int32(asked.timeoutMs)
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        lowWatermark: reader.int64(),
        errorCode: reader.int16(),
      })),
    }),
  }
}
