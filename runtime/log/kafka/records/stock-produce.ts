import type { StockMessage } from 'kafkajs/src/protocol/requests/produce/v7/request.js'
import { ConnectException } from '../../../api/errors.ts'
import { decodeBatch } from '../../batch/batch-decoder.ts'
import * as layout from '../../batch/layout.ts'
import type { LogRecord, TopicPartition } from '../../log.ts'
import type { KafkaRequest } from '../protocol/request.ts'
import {
  type ProduceAnswer,
  type ProduceArguments,
  produceApi,
} from '../protocol/requests/produce.ts'
import { registerStockCodecs } from './stock-codecs.ts'
import { stockProtocol } from './stock-kafkajs.ts'

/**
 * `produceRequest` by kafkajs's encoder and decoder: the batches are taken apart, with their stamps and their codec, and it makes them anew.
 * One request has one producer and one codec, those of its first batch that has any.
 */
export function stockProduceRequest(asked: ProduceArguments): KafkaRequest<ProduceAnswer> {
  return {
    ...produceApi,
    async encode(writer) {
      registerStockCodecs()
      const batches = asked.topics.flatMap(({ partitions }) => partitions.map((p) => p.batch))
      const request = stockProtocol().produceRequest({
        transactionalId: asked.transactionalId,
        acks: asked.acks,
        timeout: asked.timeoutMs,
        ...producerOf(batches),
        compression: batches.map(codecOf).find((codec) => codec !== 0) ?? 0,
        topicData: asked.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, batch }) => ({
            partition,
            firstSequence: batch.readInt32BE(layout.BASE_SEQUENCE),
            messages: messagesOf(batch, { topic, partition }),
          })),
        })),
      })
      writer.raw((await request.encode()).buffer)
    },
    async decode(reader) {
      const { produceResponse } = stockProtocol()
      const answer = await produceResponse.decode(reader.bytesView(reader.remaining))
      return {
        topics: answer.topics.map(({ topicName, partitions }) => ({
          topic: topicName,
          partitions: partitions.map((each) => ({
            partition: each.partition,
            errorCode: each.errorCode,
            baseOffset: Number(each.baseOffset),
            logAppendTime: Number(each.logAppendTime),
            logStart: Number(each.logStartOffset),
          })),
        })),
        throttleMs: answer.clientSideThrottleTime,
      }
    },
  }
}

function producerOf(batches: readonly Buffer[]): { producerId: string; producerEpoch: number } {
  const first = batches[0]
  if (first === undefined) return { producerId: '-1', producerEpoch: -1 }
  return {
    producerId: String(first.readBigInt64BE(layout.PRODUCER_ID)),
    producerEpoch: first.readInt16BE(layout.PRODUCER_EPOCH),
  }
}

function codecOf(batch: Buffer): number {
  return batch.readInt16BE(layout.ATTRIBUTES) & layout.COMPRESSION_MASK
}

function messagesOf(batch: Buffer, place: TopicPartition): StockMessage[] {
  return decodeBatch(batch, place).map((record) => ({
    key: record.key,
    value: record.value,
    // As text: kafkajs takes the number 0 for no timestamp.
    timestamp: String(record.timestamp),
    headers: headersOf(record, place),
  }))
}

function headersOf(
  record: LogRecord,
  { topic, partition }: TopicPartition,
): StockMessage['headers'] {
  const headers = new Map<string, Buffer[]>()
  for (const { key, value } of record.headers) {
    if (value === null) {
      throw new ConnectException(
        `Topic "${topic}", partition ${partition}: the stock codec cannot write the header "${key}", which has no value`,
        { hint: "Use the worker's own codec, or give the header a value." },
      )
    }
    headers.set(key, [...(headers.get(key) ?? []), value])
  }
  return Object.fromEntries(headers)
}
