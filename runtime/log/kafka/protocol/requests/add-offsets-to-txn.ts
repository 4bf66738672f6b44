import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { TransactionAnswer, TransactionalProducer } from './transactional-producer.ts'

export const addOffsetsToTxnApi: KafkaApi = {
  apiKey: 25,
  apiVersion: 2,
  apiName: 'AddOffsetsToTxn',
  isFlexible: false,
}

export interface AddOffsetsToTxnArguments extends TransactionalProducer {
  readonly group: string
}

export function addOffsetsToTxnRequest(
  asked: AddOffsetsToTxnArguments,
): KafkaRequest<TransactionAnswer> {
  return {
    ...addOffsetsToTxnApi,
    encode(writer) {
      writer.string(asked.transactionalId)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writer.string(asked.group)
    },
    decode: (reader) => ({ throttleMs: reader.int32(), errorCode: reader.int16() }),
  }
}
