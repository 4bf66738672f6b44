import { isRetriable, type Logger, RetriableException } from '../../api/index.ts'
import type { TopicPartition } from '../log.ts'
import { byTopic } from './by-topic.ts'
import type { KafkaCluster } from './cluster.ts'
import { Backoff } from './connection/backoff.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Delivery, Piece } from './producer-delivery.ts'
import { isForgettable, type ProducerFinder } from './producer-finder.ts'
import type { IdentitySource } from './producer-identities.ts'
import { ProducerLane, type Ready } from './producer-lane.ts'
import type { ProducerLimits } from './producer-limits.ts'
import type { ProducerPieces } from './producer-pieces.ts'
import type { ProducerTopics } from './producer-topics.ts'
import { leavesDoubt, verdictOn } from './producer-verdict.ts'
import {
  atSeam,
  type BrokerError,
  BrokerException,
  brokerError,
  mayPass,
} from './protocol/errors.ts'
import type {
  ProduceAnswer,
  ProducedPartition,
  produceRequest,
} from './protocol/requests/produce.ts'

const UNKNOWN_TOPIC = 3
const CORRUPT_MESSAGE = 2
const UNKNOWN_SERVER_ERROR = -1
const SHORTEST_TIMEOUT_MS = 1000
/** After so many tries: a topic that is not there is gone, a batch that is called damaged has something that the topic never takes. */
const ENOUGH_TRIES = 4
const MAX_RENEWALS = 5

export interface SenderParts {
  readonly cluster: KafkaCluster
  readonly identities: IdentitySource | null
  readonly transactionalId: string | null
  readonly limits: ProducerLimits
  readonly topics: ProducerTopics
  readonly pieces: ProducerPieces
  readonly finder: ProducerFinder
  readonly produceRequest: typeof produceRequest
  readonly logger: Logger
  /** A partition's batches went back to their callers. */
  readonly onFailed: (error: Error) => void
}

/** Takes each partition's batches to its leader, and does what the answers ask for. */
export class ProducerSender {
  readonly #parts: SenderParts
  readonly #lanes = new Map<number, ProducerLane>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  push(queue: PartitionQueue, delivery: Delivery): void {
    queue.push(delivery)
    if (queue.isBusy) return
    queue.isBusy = true
    this.#go(queue)
  }

  close(error: Error): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    for (const queue of this.#parts.topics) queue.fail(error, error)
  }

  #go(queue: PartitionQueue): void {
    if (queue.head === undefined) queue.isBusy = false
    else if (queue.leader === undefined || this.#lacksIdentity(queue)) void this.#prepare(queue)
    else this.#ready(queue, queue.leader)
  }

  async #prepare(queue: PartitionQueue): Promise<void> {
    const { cluster, identities, topics } = this.#parts
    try {
      if (queue.isMissing) await topics.learn(queue)
      if (this.#lacksIdentity(queue)) {
        const identity = await identities?.other(queue.identity)
        if (identity) queue.identify(identity)
      }
      queue.leader ??= (await cluster.leaderOf(queue)).node
      await this.#recall(queue, queue.leader)
    } catch (error) {
      this.#trouble(queue, error)
      return
    }
    this.#go(queue)
  }

  /** What the broker may have forgotten is looked up before it is sent again. */
  async #recall(queue: PartitionQueue, leader: number): Promise<void> {
    const { identities, finder } = this.#parts
    const { head } = queue
    if (!identities || identities.isTransactional || !head || !isForgettable(head)) return
    if (head.isInDoubt && head.stamp && queue.floor !== undefined) {
      const found = await finder.find(queue, leader, head.stamp, queue.floor)
      if (found !== undefined && queue.head === head) queue.written(found)
    }
    queue.floor ??= await finder.end(queue, leader)
  }

  #lacksIdentity(queue: PartitionQueue): boolean {
    return this.#parts.identities !== null && queue.needsIdentity
  }

  #ready(queue: PartitionQueue, leader: number): void {
    try {
      const bytes = this.#parts.pieces.prepare(queue)
      this.#lane(leader).add({ queue, piece: queue.head as Piece, bytes })
    } catch (error) {
      this.#fail(queue, error as Error)
    }
  }

  #lane(node: number): ProducerLane {
    const known = this.#lanes.get(node)
    if (known) return known
    const lane = new ProducerLane(this.#parts.limits, (batches) => this.#send(node, batches))
    this.#lanes.set(node, lane)
    return lane
  }

  /** Never rejects: each queue is told what became of its batch. */
  async #send(node: number, batches: readonly Ready[]): Promise<void> {
    const now = performance.now()
    for (const { queue } of batches) queue.sentAtMs = now
    let answer: ProduceAnswer
    try {
      answer = await this.#exchange(node, batches, now)
    } catch (error) {
      for (const { queue, piece } of batches) {
        piece.isInDoubt = true
        if (queue.head === piece) this.#trouble(queue, error)
      }
      return
    }
    for (const { queue, piece } of batches) {
      // Otherwise the producer was closed meanwhile.
      if (queue.head === piece) this.#answered(queue, piece, resultOf(answer, queue))
    }
  }

  async #exchange(node: number, batches: readonly Ready[], now: number): Promise<ProduceAnswer> {
    const { cluster, limits, transactionalId } = this.#parts
    const { acks, requestTimeoutMs, patienceMs } = limits
    const topics = byTopic(
      batches.map(({ queue: { topic, partition }, bytes }) => ({ topic, partition, batch: bytes })),
    )
    const request = this.#parts.produceRequest({
      transactionalId,
      acks,
      timeoutMs: requestTimeoutMs,
      topics,
    })
    if (acks === 0) {
      await cluster.post(node, request)
      return { topics: [], throttleMs: 0 }
    }
    const left = batches.map(({ queue }) => (queue.failingSinceMs ?? now) + patienceMs - now)
    const timeoutMs = Math.min(requestTimeoutMs, Math.max(SHORTEST_TIMEOUT_MS, ...left))
    return cluster.send(node, request, { timeoutMs })
  }

  #answered(queue: PartitionQueue, piece: Piece, { errorCode, baseOffset }: PieceResult): void {
    if (leavesDoubt(errorCode)) piece.isInDoubt = true
    const verdict = verdictOn(errorCode)
    if (verdict === 'written') {
      queue.written(baseOffset)
      this.#go(queue)
    } else if (verdict === 'split') {
      void this.#shrink(queue)
    } else if (verdict === 'renew' && this.#mayRenew(piece)) {
      this.#renew(queue, piece, errorCode)
    } else {
      this.#trouble(queue, errorOf(queue, errorCode))
    }
  }

  async #shrink(queue: PartitionQueue): Promise<void> {
    try {
      await this.#parts.pieces.shrink(queue)
    } catch (error) {
      this.#trouble(queue, error)
      return
    }
    this.#go(queue)
  }

  #mayRenew(piece: Piece): boolean {
    const { identities } = this.#parts
    return identities !== null && !identities.isTransactional && piece.renewals < MAX_RENEWALS
  }

  #renew(queue: PartitionQueue, { isInDoubt }: Piece, errorCode: number): void {
    const { topic, partition } = queue
    const err = errorOf(queue, errorCode)
    const message = isInDoubt
      ? 'the broker lost track of what was written: a batch may be in the log twice'
      : 'the broker lost track of what was written: the batch is numbered anew'
    this.#parts.logger.warn({ err, topic, partition }, message)
    queue.renew()
    this.#go(queue)
  }

  /** The head was not written, or nobody knows: it is tried again for as long as that may help. */
  #trouble(queue: PartitionQueue, error: unknown): void {
    const { cluster, limits, topics } = this.#parts
    const { topic, partition } = queue
    const now = performance.now()
    queue.failures++
    queue.failingSinceMs ??= Math.min(now, queue.sentAtMs || now)
    queue.leader = undefined
    cluster.forget(topic)
    const isTried = queue.failures >= ENOUGH_TRIES
    queue.isMissing = isTried && hasCode(error, UNKNOWN_TOPIC)
    const isOver = now - queue.failingSinceMs >= limits.patienceMs
    if (!mayPass(error) || isOver || (isTried && hasCode(error, CORRUPT_MESSAGE))) {
      if (queue.isMissing || !mayPass(error)) topics.forget(topic)
      this.#fail(queue, atSeam(error, `Topic "${topic}", partition ${partition}: write`))
      return
    }
    const backoff = new Backoff(limits.backoffMs, limits.backoffMaxMs)
    for (let i = 0; i < queue.failures; i++) backoff.failed()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#go(queue)
    }, backoff.ms)
    this.#timers.add(timer)
  }

  #fail(queue: PartitionQueue, error: Error): void {
    const { topic, partition } = queue
    const behind = isRetriable(error)
      ? error
      : new RetriableException(
          `Topic "${topic}", partition ${partition}: the batch before this one was refused`,
          { cause: error },
        )
    queue.isBusy = false
    queue.fail(error, behind)
    this.#parts.onFailed(behind)
  }
}

type PieceResult = Pick<ProducedPartition, 'errorCode' | 'baseOffset'>

function resultOf({ topics }: ProduceAnswer, { topic, partition }: TopicPartition): PieceResult {
  // Nothing asked, nothing answered: acks=0.
  if (topics.length === 0) return { errorCode: 0, baseOffset: -1 }
  const found = topics
    .find((each) => each.topic === topic)
    ?.partitions.find((each) => each.partition === partition)
  return found ?? { errorCode: UNKNOWN_SERVER_ERROR, baseOffset: -1 }
}

function errorOf({ topic, partition }: TopicPartition, errorCode: number): BrokerException {
  const error = brokerError(errorCode) as BrokerError
  return new BrokerException(error, `Topic "${topic}", partition ${partition}: write`)
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof BrokerException && error.errorCode === code
}
