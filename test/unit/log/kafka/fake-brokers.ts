import { RetriableException } from '../../../../runtime/api/errors.ts'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { asBuffer, decodeBatch } from '../../../../runtime/log/batch/batch-decoder.ts'
import * as layout from '../../../../runtime/log/batch/layout.ts'
import type { KafkaCluster } from '../../../../runtime/log/kafka/cluster.ts'
import { Producer } from '../../../../runtime/log/kafka/producer.ts'
import { ProducerIdentities } from '../../../../runtime/log/kafka/producer-identities.ts'
import type { ProducerLimits } from '../../../../runtime/log/kafka/producer-limits.ts'
import type { KafkaRequest } from '../../../../runtime/log/kafka/protocol/request.ts'
import type {
  ProduceAnswer,
  ProduceArguments,
} from '../../../../runtime/log/kafka/protocol/requests/produce.ts'
import type { EncodedBatch, TopicPartition } from '../../../../runtime/log/log.ts'

const OUT_OF_ORDER = 45

export interface Sent {
  readonly place: string
  readonly values: readonly (string | undefined)[]
  readonly producerId: number
  readonly sequence: number
}

/** What happens to a batch: it is written or not, and an answer comes (0 or an error code) or none. */
export interface Fate {
  readonly isWritten: boolean
  readonly errorCode: number | null
}

const fine: Fate = { isWritten: true, errorCode: 0 }

/** FAKE: brokers in memory that number records and know producers by their sequences as Kafka's do, with troubles on order. */
export class FakeBrokers {
  readonly sent: Sent[] = []
  /** Batches in one request, request by request. */
  readonly requests: number[] = []
  /** For the batches to come, in order of their arrival. */
  readonly fates: Fate[] = []
  readonly logs = new Map<string, string[]>()
  readonly #sequences = new Map<string, { next: number; base: number; offset: number }>()
  #producers = 0
  /** Held back until it resolves. */
  gate: Promise<void> = Promise.resolve()

  producer(limits: Partial<ProducerLimits> = {}, partitions = 3): Producer {
    const cluster = {
      sendAny: async () => ({
        errorCode: 0,
        producerId: BigInt(++this.#producers),
        producerEpoch: 0,
      }),
      leaderOf: async () => ({ node: 1, epoch: 0 }),
      forget: () => {},
      send: (_node: number, request: KafkaRequest<ProduceAnswer> & { asked: ProduceArguments }) =>
        this.#produce(request.asked),
    } as unknown as KafkaCluster
    return new Producer({
      cluster,
      topics: {
        find: async (topic) => topicOf(topic, partitions),
        autoCreate: async () => null,
      },
      identities: new ProducerIdentities(cluster),
      transactionalId: null,
      limits: { ...usual, ...limits },
      produceRequest: ((asked: ProduceArguments) => ({ asked })) as never,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    })
  }

  async #produce({ topics }: ProduceArguments): Promise<ProduceAnswer> {
    await this.gate
    this.requests.push(topics.reduce((sum, { partitions }) => sum + partitions.length, 0))
    let isSilent = false
    const answer = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, batch }) => {
        const fate = this.fates.shift() ?? fine
        const result = this.#write({ topic, partition }, batch, fate)
        isSilent ||= fate.errorCode === null
        return { partition, logAppendTime: -1, logStart: 0, ...result }
      }),
    }))
    if (isSilent) throw new RetriableException('FAKE: the connection broke')
    return { topics: answer, throttleMs: 0 }
  }

  #write(place: TopicPartition, batch: Buffer, fate: Fate) {
    const name = `${place.topic}/${place.partition}`
    const values = decodeBatch(batch, place).map(({ value }) => value?.toString() ?? '')
    const producerId = Number(batch.readBigInt64BE(layout.PRODUCER_ID))
    const sequence = batch.readInt32BE(layout.BASE_SEQUENCE)
    this.sent.push({ place: name, values, producerId, sequence })
    const log = this.logs.get(name) ?? []
    this.logs.set(name, log)
    if (!fate.isWritten) return { errorCode: fate.errorCode ?? 0, baseOffset: -1 }
    const key = `${name} ${producerId}`
    const last = this.#sequences.get(key)
    if (last && last.base === sequence) return { errorCode: 0, baseOffset: last.offset }
    if ((last?.next ?? 0) !== sequence) return { errorCode: OUT_OF_ORDER, baseOffset: -1 }
    const offset = log.length
    log.push(...values)
    this.#sequences.set(key, { next: sequence + values.length, base: sequence, offset })
    return { errorCode: fate.errorCode ?? 0, baseOffset: offset }
  }
}

/** Records `k<n>` → `v<n>` of this moment: no broker would have forgotten their producer. */
export function batchOf(place: TopicPartition, from: number, count: number): EncodedBatch {
  const builder = new BatchBuilder(place)
  for (let n = from; n < from + count; n++) builder.append(`k${n}`, `v${n}`, Date.now())
  return builder.build()
}

export const bytesOf = (batch: EncodedBatch) => asBuffer(batch.bytes).length

const usual: ProducerLimits = {
  acks: -1,
  codec: 'none',
  batchBytes: 1_000_000,
  requestBytes: 1_000_000,
  requests: 5,
  bufferBytes: 1_000_000,
  requestTimeoutMs: 1000,
  patienceMs: 1000,
  backoffMs: 1,
  backoffMaxMs: 2,
}

function topicOf(topic: string, partitions: number) {
  const ids = Array.from({ length: partitions }, (_, partition) => partition)
  return {
    errorCode: 0,
    topic,
    topicId: 'id',
    isInternal: false,
    partitions: ids.map((partition) => ({
      errorCode: 0,
      partition,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1],
      inSync: [1],
      offline: [],
    })),
  }
}
