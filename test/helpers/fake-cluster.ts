import { setTimeout as sleep } from 'node:timers/promises'
import { RetriableException } from '../../runtime/api/errors.ts'
import type { KafkaCluster, SendTo } from '../../runtime/log/kafka/cluster.ts'
import type { KafkaRequest } from '../../runtime/log/kafka/protocol/request.ts'
import {
  type FetchAnswer,
  type FetchArguments,
  type FetchedPartition,
  fetchApi,
} from '../../runtime/log/kafka/protocol/requests/fetch.ts'
import type { MetadataAnswer } from '../../runtime/log/kafka/protocol/requests/metadata.ts'

export interface FakeFetch extends FetchArguments {
  readonly node: number
  readonly channel: string | undefined
}

type FetchRequest = KafkaRequest<FetchAnswer> & { readonly asked: FetchArguments }

/** Brokers that answer what a test says: for what real ones do seldom, or not to order. One topic, `t`, with one leader per partition. */
export class FakeCluster {
  readonly settings = {
    rack: '',
    requestTimeoutMs: 30_000,
    apiTimeoutMs: 60_000,
    retryBackoffMs: 1,
    retryBackoffMaxMs: 10,
    metadataMaxAgeMs: 300_000,
  }
  topicId = 'first'
  /** What metadata say of the topic; with an error it has no partitions. */
  topicError = 0
  leaders: { node: number; epoch: number }[] = [{ node: 1, epoch: 1 }]
  readonly fetches: FakeFetch[] = []
  renewals = -1 // the first sibling is the consumer's own
  /** Undefined: never answered. */
  onFetch: (asked: FakeFetch, number: number) => readonly Partial<FetchedPartition>[] | undefined =
    () => []
  /** By the name of the request: the answer. */
  readonly others = new Map<string, (node: number) => unknown>()
  coordinators: number[] = [1]

  get asKafka(): KafkaCluster {
    return this as unknown as KafkaCluster
  }

  /** Goes as `codec.fetchRequest`: keeps what was asked. */
  readonly fetchRequest = (asked: FetchArguments): FetchRequest => ({
    ...fetchApi,
    asked,
    encode() {},
    decode: () => ({ throttleMs: 0, errorCode: 0, topics: [] }),
  })

  sibling(): FakeCluster {
    this.renewals++
    return this
  }

  async metadata(): Promise<MetadataAnswer> {
    const partitions = this.leaders.map(({ node, epoch }, partition) => ({
      errorCode: 0,
      partition,
      leader: node,
      leaderEpoch: epoch,
      replicas: [],
      inSync: [],
      offline: [],
    }))
    const { topicId, topicError: errorCode } = this
    return {
      throttleMs: 0,
      brokers: [],
      clusterId: 'fake',
      controllerId: 1,
      topics: [
        {
          errorCode,
          topic: 't',
          topicId,
          isInternal: false,
          partitions: errorCode === 0 ? partitions : [],
        },
      ],
    }
  }

  async coordinator(): Promise<number> {
    return this.coordinators[0] as number
  }

  forgetCoordinator(): void {
    if (this.coordinators.length > 1) this.coordinators.shift()
  }

  async send(node: number, request: KafkaRequest<unknown>, to: SendTo = {}): Promise<unknown> {
    await sleep(1)
    if (request.apiName === 'Fetch') return this.#fetch(node, request as FetchRequest, to)
    const answer = this.others.get(request.apiName)
    if (!answer) throw new RetriableException(`the fake has no answer to ${request.apiName}`)
    return answer(node)
  }

  async close(): Promise<void> {}

  async #fetch(node: number, { asked }: FetchRequest, { channel }: SendTo): Promise<FetchAnswer> {
    const fetch = { ...asked, node, channel }
    const number = this.fetches.push(fetch)
    const partitions = this.onFetch(fetch, number)
    if (partitions === undefined) return new Promise(() => {})
    // A broker without news waits.
    if (partitions.length === 0) await sleep(asked.maxWaitMs, undefined, { ref: false })
    const answered = partitions.map((each) => ({ ...nothing, ...each }))
    return { throttleMs: 0, errorCode: 0, topics: [{ topic: 't', partitions: answered }] }
  }
}

const nothing: FetchedPartition = {
  partition: 0,
  errorCode: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  logStart: 0,
  abortedTransactions: [],
  preferredReadReplica: -1,
  recordSet: Buffer.alloc(0),
}
