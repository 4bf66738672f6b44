import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { OffsetToCommit, PartitionResult } from './committed-offset.ts'
import type { GroupMember } from './group-member.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const offsetCommitApi: KafkaApi = {
  apiKey: 8,
  apiVersion: 7,
  apiName: 'OffsetCommit',
  isFlexible: false,
}

/** Without members, a group takes offsets under generation -1 and an empty `memberId`. */
export interface OffsetCommitArguments extends GroupMember {
  readonly topics: readonly OfTopic<OffsetToCommit>[]
}

export interface OffsetCommitAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<PartitionResult>[]
}

export function offsetCommitRequest(
  asked: OffsetCommitArguments,
): KafkaRequest<OffsetCommitAnswer> {
  return {
    ...offsetCommitApi,
    encode(writer) {
      writer.string(asked.group)
      writer.int32(asked.generation)
      writer.string(asked.memberId)
      writer.nullableString(asked.instanceId ?? null)
      writeTopics(writer, asked.topics, ({ partition, offset, leaderEpoch = -1, metadata }) => {
        writer.int32(partition)
        writer.int64(offset)
        writer.int32(leaderEpoch)
        writer.nullableString(metadata ?? '')
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
      })),
    }),
  }
}
