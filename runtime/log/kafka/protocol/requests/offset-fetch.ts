import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type OfTopic, readCompactTopics } from './topic-list.ts'

export const offsetFetchApi: KafkaApi = {
  apiKey: 9,
  apiVersion: 7,
  apiName: 'OffsetFetch',
  isFlexible: true,
}

export interface OffsetFetchArguments {
  readonly group: string
  /** null: all that the group has committed. */
  readonly topics: readonly OfTopic<number>[] | null
  /**
   * Default true: while a transaction that commits offsets is open, its partitions answer UNSTABLE_OFFSET_COMMIT (ask again) instead of the
   * older offsets, from which a reader would repeat what the transaction already covers.
   */
  readonly requireStable?: boolean
}

export interface FetchedOffset {
  readonly partition: number
  /** -1: none is committed. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}

export interface OffsetFetchAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<FetchedOffset>[]
  readonly errorCode: number
}

export function offsetFetchRequest(asked: OffsetFetchArguments): KafkaRequest<OffsetFetchAnswer> {
  return {
    ...offsetFetchApi,
    encode(writer) {
      writer.compactString(asked.group)
      writer.compactNullableArray(asked.topics, ({ topic, partitions }) => {
        writer.compactString(topic)
        writer.compactArray(partitions, (partition) => writer.int32(partition))
        writer.tags()
      })
      writer.boolean(asked.requireStable ?? true)
      writer.tags()
    },
    decode(reader) {
      const throttleMs = reader.int32()
      const topics = readCompactTopics(reader, () => ({
        partition: reader.int32(),
        offset: reader.int64(),
        leaderEpoch: reader.int32(),
        metadata: reader.compactNullableString(),
        errorCode: reader.int16(),
      }))
      const errorCode = reader.int16()
      reader.tags()
      return { throttleMs, topics, errorCode }
    },
  }
}
