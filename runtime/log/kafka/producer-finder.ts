import { asBuffer } from '../batch/batch-decoder.ts'
import * as layout from '../batch/layout.ts'
import type { TopicPartition } from '../log.ts'
import type { KafkaCluster } from './cluster.ts'
import type { Piece, Stamp } from './producer-delivery.ts'
import { check } from './protocol/errors.ts'
import { fetchRequest } from './protocol/requests/fetch.ts'
import { EARLIEST, LATEST, listOffsetsRequest } from './protocol/requests/list-offsets.ts'

const isolation = 'read_uncommitted'
const OFFSET_OUT_OF_RANGE = 1
/** Well below `producer.id.expiration.ms`, which is a day unless somebody changed it. */
const FORGETTABLE_MS = 3_600_000
const FETCH_BYTES = 1024 * 1024
/** I6: what others wrote meanwhile is not all looked through. */
const MOST_FETCHES = 64

/**
 * A broker forgets a producer by the times of its records: one that replays a capture of last year is forgotten at once when the broker starts
 * again, and a batch that comes a second time is taken for a new one. So before such a batch is repeated, the end of the log is looked through.
 */
export function isForgettable({ batch: { bytes } }: Piece, now = Date.now()): boolean {
  return now - layout.readInt64(asBuffer(bytes), layout.MAX_TIMESTAMP) > FORGETTABLE_MS
}

/** Looks for batches of ours in a partition. */
export class ProducerFinder {
  readonly #cluster: KafkaCluster

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  /** The offset that the next record gets. */
  end(place: TopicPartition, leader: number): Promise<number> {
    return this.#list(place, leader, LATEST)
  }

  /** The base offset of the batch with this number, if it lies at `from` or behind. */
  async find(
    place: TopicPartition,
    leader: number,
    stamp: Stamp,
    from: number,
  ): Promise<number | undefined> {
    let least = from
    for (let at = from, fetches = 0; fetches < MOST_FETCHES; fetches++) {
      const bytes = await this.#fetch(place, leader, at)
      if (bytes === undefined) {
        // Retention took what lay there (old records are old to it too), or the log was cut, or is that of another topic by now.
        least = await this.#list(place, leader, EARLIEST)
        at = least
        continue
      }
      let next = at
      for (const batch of batchesOf(bytes)) {
        const base = layout.readInt64(batch, layout.BASE_OFFSET)
        if (base >= least && isOf(batch, stamp)) return base
        next = base + batch.readInt32BE(layout.LAST_OFFSET_DELTA) + 1
      }
      if (next <= at) return undefined
      at = next
    }
    return undefined
  }

  async #list({ topic, partition }: TopicPartition, leader: number, timestamp: number) {
    const asked = [{ partition, timestamp }]
    const request = listOffsetsRequest({ isolation, topics: [{ topic, partitions: asked }] })
    const { topics } = await this.#cluster.send(leader, request)
    const found = topics[0]?.partitions[0]
    check(found?.errorCode ?? -1, `Topic "${topic}", partition ${partition}: find its ends`)
    return found?.offset ?? 0
  }

  /** Undefined: nothing can be read from there. */
  async #fetch(place: TopicPartition, leader: number, offset: number): Promise<Buffer | undefined> {
    const { topic, partition } = place
    const asked = [{ partition, offset, leaderEpoch: -1, maxBytes: FETCH_BYTES }]
    const request = fetchRequest({
      isolation,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: FETCH_BYTES,
      rack: '',
      topics: [{ topic, partitions: asked }],
    })
    const answer = await this.#cluster.send(leader, request, { channel: 'fetch' })
    const what = `Topic "${topic}", partition ${partition}: look for a batch from offset ${offset}`
    check(answer.errorCode, what)
    const found = answer.topics[0]?.partitions[0]
    if (found?.errorCode === OFFSET_OUT_OF_RANGE) return undefined
    check(found?.errorCode ?? -1, what)
    return found?.recordSet ?? Buffer.alloc(0)
  }
}

function isOf(batch: Buffer, { identity, baseSequence }: Stamp): boolean {
  return (
    batch.readBigInt64BE(layout.PRODUCER_ID) === identity.producerId &&
    batch.readInt16BE(layout.PRODUCER_EPOCH) === identity.producerEpoch &&
    batch.readInt32BE(layout.BASE_SEQUENCE) === baseSequence
  )
}

/** Whole ones, by their headers alone. */
function* batchesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + layout.HEADER_BYTES <= bytes.length; ) {
    const size = bytes.readInt32BE(at + layout.BATCH_LENGTH) + layout.LENGTH_EXCLUDES
    if (size < layout.HEADER_BYTES || at + size > bytes.length) return
    yield bytes.subarray(at, at + size)
    at += size
  }
}
