import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { PartitionResult } from './committed-offset.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'
import type { TransactionalProducer } from './transactional-producer.ts'

export const addPartitionsToTxnApi: KafkaApi = {
  apiKey: 24,
  apiVersion: 2,
  apiName: 'AddPartitionsToTxn',
  isFlexible: false,
}

export interface AddPartitionsToTxnArguments extends TransactionalProducer {
  readonly topics: readonly OfTopic<number>[]
}

export interface AddPartitionsToTxnAnswer {
  readonly throttleMs: number
  readonly topics: readonly OfTopic<PartitionResult>[]
}

export function addPartitionsToTxnRequest(
  asked: AddPartitionsToTxnArguments,
): KafkaRequest<AddPartitionsToTxnAnswer> {
  return {
    ...addPartitionsToTxnApi,
    encode(writer) {
      writer.string(asked.transactionalId)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writeTopics(writer, asked.topics, (partition) => writer.int32(partition))
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
