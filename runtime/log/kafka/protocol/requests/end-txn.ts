import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { TransactionAnswer, TransactionalProducer } from './transactional-producer.ts'

export const endTxnApi: KafkaApi = {
  apiKey: 26,
  apiVersion: 2,
  apiName: 'EndTxn',
  isFlexible: false,
}

export interface EndTxnArguments extends TransactionalProducer {
  /** False aborts. */
  readonly committed: boolean
}

export function endTxnRequest(asked: EndTxnArguments): KafkaRequest<TransactionAnswer> {
  return {
    ...endTxnApi,
    encode(writer) {
      writer.string(asked.transactionalId)
      writer.int64(asked.producerId)
      writer.int16(asked.producerEpoch)
      writer.boolean(asked.committed)
    },
    decode: (reader) => ({ throttleMs: reader.int32(), errorCode: reader.int16() }),
  }
}
