import type { KafkaRequest } from '../request.ts'
import type { TransactionAnswer, TransactionalProducer } from './transactional-producer.ts'

export interface AddOffsetsToTxnArguments extends TransactionalProducer {
  readonly group: string
}

export function addOffsetsToTxnRequest(
  asked: AddOffsetsToTxnArguments,
): KafkaRequest<TransactionAnswer> {
  return {
    apiKey: 25,
    apiVersion: 2,
    apiName: 'AddOffsetsToTxn',
    isFlexible: false,
    encode(writer) {
      writer.string(asked.transactionalId)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writer.string(asked.group)
    },
    decode: (reader) => ({ throttleMs: reader.int32(), errorCode: reader.int16() }),
  }
}
