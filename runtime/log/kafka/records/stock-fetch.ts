import type { KafkaRequest } from '../protocol/request.ts'
import {
  type FetchAnswer,
  type FetchArguments,
  type FetchedPartition,
  fetchApi,
} from '../protocol/requests/fetch.ts'
import { isolationLevel } from '../protocol/requests/isolation.ts'
import { type StockDecoder, stockProtocol } from './stock-kafkajs.ts'

const NOTHING = Buffer.alloc(0)

/**
 * `fetchRequest` by kafkajs's encoder and decoder. Its own reading of an answer would decode the records at once, without their CRC and
 * without saying where an empty batch ends; so they stay as they are here, for `RecordSet` with `stockReadRecords`.
 */
export function stockFetchRequest(asked: FetchArguments): KafkaRequest<FetchAnswer> {
  return {
    ...fetchApi,
    async encode(writer) {
      const request = stockProtocol().fetchRequest({
        replicaId: -1,
        isolationLevel: isolationLevel(asked.isolation),
        maxWaitTime: asked.maxWaitMs,
        minBytes: asked.minBytes,
        maxBytes: asked.maxBytes,
        rackId: asked.rack,
        topics: asked.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, offset, leaderEpoch, maxBytes }) => ({
            partition,
            currentLeaderEpoch: leaderEpoch,
            fetchOffset: offset,
            maxBytes,
          })),
        })),
      })
      writer.raw((await request.encode()).buffer)
    },
    decode(reader) {
      const { Decoder } = stockProtocol()
      const decoder = new Decoder(reader.bytesView(reader.remaining))
      const throttleMs = decoder.readInt32()
      const errorCode = decoder.readInt16()
      decoder.readInt32()
      const topics = decoder.readArray(() => ({
        topic: decoder.readString(),
        partitions: decoder.readArray(readPartition),
      }))
      return { throttleMs, errorCode, topics }
    },
  }
}

function readPartition(decoder: StockDecoder): FetchedPartition {
  return {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: Number(decoder.readInt64()),
    lastStableOffset: Number(decoder.readInt64()),
    logStart: Number(decoder.readInt64()),
    abortedTransactions: decoder.readArray(() => ({
      producerId: BigInt(decoder.readInt64().toString()),
      firstOffset: Number(decoder.readInt64()),
    })),
    preferredReadReplica: decoder.readInt32(),
    recordSet: decoder.readBytes() ?? NOTHING,
  }
}
