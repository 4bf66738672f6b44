import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { OffsetToCommit, PartitionResult } from './committed-offset.ts'
import type { GroupMember } from './group-member.ts'
import { type OfTopic, readCompactTopics, writeCompactTopics } from './topic-list.ts'
import type { TransactionalProducer } from './transactional-producer.ts'

export const txnOffsetCommitApi: KafkaApi = {
  apiKey: 28,
  apiVersion: 3,
  apiName: 'TxnOffsetCommit',
  isFlexible: true,
}

/** Generation and member let the group refuse offsets of a member it has fenced off; -1 and an empty `memberId`: the group has none. */
export interface TxnOffsetCommitArguments extends TransactionalProducer, GroupMember {
  readonly topics: readonly OfTopic<OffsetToCommit>[]
}

export interface TxnOffsetCommitAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<PartitionResult>[]
}

export function txnOffsetCommitRequest(
  asked: TxnOffsetCommitArguments,
): KafkaRequest<TxnOffsetCommitAnswer> {
  return {
    ...txnOffsetCommitApi,
    encode(writer) {
      writer.compactString(asked.transactionalId)
      writer.compactString(asked.group)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writer.int32(asked.generation)
      writer.compactString(asked.memberId)
      writer.compactNullableString(asked.instanceId ?? null)
      writeCompactTopics(writer, asked.topics, (each) => {
        writer.int32(each.partition)
        writer.int64(each.offset)
        writer.int32(each.leaderEpoch ?? -1)
        writer.compactNullableString(each.metadata ?? '')
      })
      writer.tags()
    },
    decode(reader) {
      const throttleMs = reader.int32()
      const topics = readCompactTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
      }))
      reader.tags()
      return { throttleMs, topics }
    },
  }
}
