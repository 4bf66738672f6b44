import { asBuffer } from '../batch/batch-decoder.ts'
import { effectiveSettings } from './admin-settings.ts'
import type { KafkaCluster } from './cluster.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Piece } from './producer-delivery.ts'
import type { ProducerLimits } from './producer-limits.ts'
import type { ProducerTopics } from './producer-topics.ts'
import { tooLarge } from './producer-verdict.ts'
import { compressBatch } from './records/compress.ts'
import { splitBatch } from './records/split.ts'
import { stampBatch } from './records/stamp.ts'

/** Makes what is sent: small enough, compressed, numbered. */
export class ProducerPieces {
  readonly #cluster: KafkaCluster
  readonly #topics: ProducerTopics
  readonly #limits: ProducerLimits
  readonly #isTransactional: boolean

  constructor(
    cluster: KafkaCluster,
    topics: ProducerTopics,
    limits: ProducerLimits,
    isTransactional: boolean,
  ) {
    this.#cluster = cluster
    this.#topics = topics
    this.#limits = limits
    this.#isTransactional = isTransactional
  }

  /** The bytes of the queue's head. A batch that is known to be too large is split first. */
  prepare(queue: PartitionQueue): Buffer {
    for (;;) {
      const head = queue.head as Piece
      if (head.stamp !== undefined && head.bytes !== undefined) return asBuffer(head.bytes)
      head.bytes ??= compressBatch(head.batch.bytes, this.#limits.codec)
      const most = this.#mostBytes(queue)
      if (head.bytes.length <= most) return this.#stamp(queue, head)
      if (head.batch.records === 1) throw this.#tooLarge(queue, head)
      this.#split(queue, head, most)
    }
  }

  /** The broker will not take the head, so large: it is cut, by what the topic says it takes. Throws when that cannot help. */
  async shrink(queue: PartitionQueue): Promise<void> {
    const head = queue.head as Piece
    const bytes = head.bytes?.length ?? head.batch.bytes.length
    const topic = this.#topics.get(queue.topic)
    const key = 'max.message.bytes'
    const settings = await effectiveSettings(this.#cluster, [queue.topic], [key])
    const limit = Number(settings.get(queue.topic)?.[key])
    if (topic && limit > 0) topic.maxBatchBytes = limit
    if (head.batch.records === 1) throw this.#tooLarge(queue, head, limit)
    // A limit that is not known, or that this batch keeps: the broker has another one.
    this.#split(queue, head, limit < bytes ? limit : Math.ceil(bytes / 2))
  }

  #stamp(queue: PartitionQueue, head: Piece): Buffer {
    queue.number(head)
    const bytes = asBuffer(head.bytes as Uint8Array)
    if (head.stamp === undefined) return bytes
    const { identity, baseSequence } = head.stamp
    stampBatch(bytes, { ...identity, baseSequence, isTransactional: this.#isTransactional })
    return bytes
  }

  #split(queue: PartitionQueue, head: Piece, mostBytes: number): void {
    const plain = head.batch.bytes.length
    // What is compressed may be larger before; the parts are looked at again.
    const share = (mostBytes * plain) / (head.bytes?.length ?? plain)
    queue.split(splitBatch(head.batch, Math.floor(Math.min(share, plain * 0.9))))
  }

  #mostBytes(queue: PartitionQueue): number {
    const known = this.#topics.get(queue.topic)?.maxBatchBytes
    return Math.min(this.#limits.batchBytes, known ?? Infinity)
  }

  #tooLarge(queue: PartitionQueue, { batch, bytes = batch.bytes }: Piece, limit?: number) {
    const known = limit || this.#topics.get(queue.topic)?.maxBatchBytes
    const isOurs = bytes.length > this.#limits.batchBytes
    return tooLarge(
      queue,
      bytes.length,
      isOurs
        ? { bytes: this.#limits.batchBytes, setting: 'max.request.size' }
        : { bytes: known, setting: 'max.message.bytes' },
    )
  }
}
