import type { KafkaApi, KafkaRequest } from '../request.ts'

export const initProducerIdApi: KafkaApi = {
  apiKey: 22,
  apiVersion: 4,
  apiName: 'InitProducerId',
  isFlexible: true,
}

export interface InitProducerIdArguments {
  /** null: idempotent only. */
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /** Those of before, to get the same id with the next epoch; left out, the broker gives an id and fences off whoever had it. */
  readonly producerId?: bigint
  readonly producerEpoch?: number
}

export interface InitProducerIdAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}

export function initProducerIdRequest(
  asked: InitProducerIdArguments,
): KafkaRequest<InitProducerIdAnswer> {
  return {
    ...initProducerIdApi,
    encode(writer) {
      writer.compactNullableString(asked.transactionalId)
      writer.int32(asked.transactionTimeoutMs)
      writer.int64(asked.producerId ?? -1n)
      writer.int16(asked.producerEpoch ?? -1)
      writer.tags()
    },
    decode(reader) {
      const answer = {
        throttleMs: reader.int32(),
        errorCode: reader.int16(),
        producerId: reader.bigInt64(),
        producerEpoch: reader.int16(),
      }
      reader.tags()
      return answer
    },
  }
}
