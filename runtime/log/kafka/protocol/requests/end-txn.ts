import type { KafkaRequest } from '../request.ts'
import type { TransactionAnswer, TransactionalProducer } from './transactional-producer.ts'

export interface EndTxnArguments extends TransactionalProducer {
  /** False aborts. */
  readonly committed: boolean
}

export function endTxnRequest(asked: EndTxnArguments): KafkaRequest<TransactionAnswer> {
  return {
    apiKey: 26,
    apiVersion: 2,
    apiName: 'EndTxn',
    isFlexible: false,
    encode(writer) {
      writer.string(asked.transactionalId)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writer.boolean(asked.committed)
    },
    decode: (reader) => ({ throttleMs: reader.int32(), errorCode: reader.int16() }),
  }
}
