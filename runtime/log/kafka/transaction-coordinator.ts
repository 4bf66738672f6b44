import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicOffset, TopicPartition } from '../log.ts'
import { persist } from './admin-persist.ts'
import { byTopic } from './by-topic.ts'
import type { KafkaCluster } from './cluster.ts'
import type { Identity } from './producer-delivery.ts'
import { BrokerException, check } from './protocol/errors.ts'
import type { KafkaRequest } from './protocol/request.ts'
import { addOffsetsToTxnRequest } from './protocol/requests/add-offsets-to-txn.ts'
import { addPartitionsToTxnRequest } from './protocol/requests/add-partitions-to-txn.ts'
import { endTxnRequest } from './protocol/requests/end-txn.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'
import { initProducerIdRequest } from './protocol/requests/init-producer-id.ts'
import { txnOffsetCommitRequest } from './protocol/requests/txn-offset-commit.ts'

const CONCURRENT_TRANSACTIONS = 51
/** The coordinator is busy with the end of the last transaction for some milliseconds: it is asked so often, and no less often for a while. */
const BUSY_MS = 10
const BUSY_TRIES = 200

export interface TransactionSettings {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** How long each step is tried. */
  readonly patienceMs: number
}

/** What a transactional id asks of its coordinator, step by step. Errors are the seam's, with the broker's as their cause. */
export class TransactionCoordinator {
  readonly #cluster: KafkaCluster
  readonly #settings: TransactionSettings
  readonly #closing = new AbortController()

  constructor(cluster: KafkaCluster, settings: TransactionSettings) {
    this.#cluster = cluster
    this.#settings = settings
  }

  /**
   * An identity that fences off every earlier one. With `last`, our own of before, only the next epoch of that: FencedException when somebody
   * else has taken over.
   */
  async init(last: Identity | undefined): Promise<Identity> {
    const { transactionalId, transactionTimeoutMs } = this.#settings
    const request = initProducerIdRequest({ transactionalId, transactionTimeoutMs, ...last })
    return this.#ask('begin', async (send, what) => {
      const { errorCode, producerId, producerEpoch } = await send(request)
      check(errorCode, what)
      return { producerId, producerEpoch }
    })
  }

  async addPartitions(identity: Identity, places: readonly TopicPartition[]): Promise<void> {
    const topics = byTopic(places).map(({ topic, partitions }) => ({
      topic,
      partitions: [...new Set(partitions.map(({ partition }) => partition))],
    }))
    const request = addPartitionsToTxnRequest({ ...this.#speaker(identity), topics })
    await this.#ask('take partitions in', async (send, what) => {
      const answer = await send(request)
      for (const { topic, partitions } of answer.topics)
        for (const { partition, errorCode } of partitions)
          check(errorCode, `${what}: topic "${topic}", partition ${partition}`)
    })
  }

  async commitOffsets(
    identity: Identity,
    group: string,
    offsets: readonly TopicOffset[],
    member: Omit<GroupMember, 'group'> = { generation: -1, memberId: '' },
  ): Promise<void> {
    const speaker = this.#speaker(identity)
    await this.#ask('take a group in', async (send, what) => {
      check((await send(addOffsetsToTxnRequest({ ...speaker, group }))).errorCode, what)
    })
    const request = txnOffsetCommitRequest({
      ...speaker,
      ...member,
      group,
      topics: byTopic(offsets),
    })
    await this.#ask(
      `commit offsets of group "${group}"`,
      async (send, what) => {
        const answer = await send(request)
        for (const { topic, partitions } of answer.topics)
          for (const { partition, errorCode } of partitions)
            check(errorCode, `${what}: topic "${topic}", partition ${partition}`)
      },
      { key: group, type: 'group' },
    )
  }

  async end(identity: Identity, committed: boolean): Promise<void> {
    const request = endTxnRequest({ ...this.#speaker(identity), committed })
    await this.#ask(committed ? 'commit' : 'abort', async (send, what) => {
      check((await send(request)).errorCode, what)
    })
  }

  /** What it asks now it asks for the last time. */
  close(): void {
    this.#closing.abort()
  }

  #speaker(identity: Identity) {
    return { transactionalId: this.#settings.transactionalId, ...identity }
  }

  #ask<T>(
    verb: string,
    call: (send: <A>(request: KafkaRequest<A>) => Promise<A>, what: string) => Promise<T>,
    who: { readonly key: string; readonly type: 'group' | 'transaction' } = {
      key: this.#settings.transactionalId,
      type: 'transaction',
    },
  ): Promise<T> {
    const { transactionalId, patienceMs } = this.#settings
    const what = `Transaction of "${transactionalId}": ${verb}`
    const cluster = this.#cluster
    return persist(
      async () => {
        const node = await cluster.coordinator(who.key, who.type)
        return whenFree(() => call((request) => cluster.send(node, request), what))
      },
      {
        what,
        forMs: patienceMs,
        signal: this.#closing.signal,
        forget: () => cluster.forgetCoordinator(who.key, who.type),
      },
    )
  }
}

async function whenFree<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      const isBusy = error instanceof BrokerException && error.errorCode === CONCURRENT_TRANSACTIONS
      if (!isBusy || tries >= BUSY_TRIES) throw error
    }
    await sleep(BUSY_MS)
  }
}
