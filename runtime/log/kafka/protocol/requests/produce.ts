import type { KafkaApi, KafkaRequest } from '../request.ts'
import { type OfTopic, readTopics, writeTopics } from './topic-list.ts'

export const produceApi: KafkaApi = {
  apiKey: 0,
  apiVersion: 7,
  apiName: 'Produce',
  isFlexible: false,
}

export interface ProduceArguments {
  readonly transactionalId: string | null
  /** -1 is all replicas in sync. With 0 the broker sends no answer at all. */
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  /** Each batch is sent from where it lies, without a copy. */
  readonly topics: readonly OfTopic<{ readonly partition: number; readonly batch: Buffer }>[]
}

export interface ProducedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: number
  /** -1 unless the topic stamps records itself. */
  readonly logAppendTime: number
  readonly logStart: number
}

export interface ProduceAnswer {
  readonly topics: readonly OfTopic<ProducedPartition>[]
  readonly throttleMs: number
}

export function produceRequest(asked: ProduceArguments): KafkaRequest<ProduceAnswer> {
  return {
    ...produceApi,
    encode(writer) {
      writer.nullableString(asked.transactionalId)
      writer.int16(asked.acks)
      writer.int32(asked.timeoutMs)
      writeTopics(writer, asked.topics, ({ partition, batch }) => {
        writer.int32(partition)
        writer.bytes(batch)
      })
    },
    decode: (reader) => ({
      topics: readTopics(reader, () => ({
        partition: reader.int32(),
        errorCode: reader.int16(),
        baseOffset: reader.int64(),
        logAppendTime: reader.int64(),
        logStart: reader.int64(),
      })),
      throttleMs: reader.int32(),
    }),
  }
}
