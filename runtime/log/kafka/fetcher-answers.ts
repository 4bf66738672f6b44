import type { ConsumerCore } from './consumer-parts.ts'
import type { PartitionPosition } from './position.ts'
import { atSeam } from './protocol/at-seam.ts'
import { BrokerException, brokerError } from './protocol/errors.ts'
import type { FetchedPartition } from './protocol/requests/fetch.ts'
import type { Subscription } from './subscription.ts'

const OFFSET_OUT_OF_RANGE = 1
/** A topic that was deleted, and perhaps made again, shows itself so. */
const mayBeAnother = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'])

/** What the answer to a fetch means for a partition. */
export class FetcherAnswers {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription

  constructor(core: ConsumerCore, subscription: Subscription) {
    this.#core = core
    this.#subscription = subscription
  }

  take(position: PartitionPosition, answer: FetchedPartition, node: number): void {
    const error = brokerError(answer.errorCode)
    if (error === null) this.#keep(position, answer, node)
    else if (error.code === OFFSET_OUT_OF_RANGE) this.#outOfRange(position)
    else {
      const exception = new BrokerException(error, `${position.name}: read`)
      // The broker's own disk is damaged there: asking again gives the same.
      const isLasting = !error.isRetriable || error.name === 'CORRUPT_MESSAGE'
      if (isLasting) position.failure = atSeam(exception, position.name)
      else this.#later(position, exception)
    }
  }

  #keep(position: PartitionPosition, answer: FetchedPartition, node: number): void {
    const { highWatermark, logStart, preferredReadReplica } = answer
    const isShrunk = highWatermark < position.highWatermark || logStart < position.logStart
    // A replica may be behind its leader; a leader that is behind itself leads another topic of that name, perhaps.
    const isDoubtful = isShrunk && position.replica === undefined
    if (position.replica === undefined || !isShrunk) {
      position.highWatermark = highWatermark
      position.logStart = logStart
    }
    if (isDoubtful) {
      position.doubtMs = performance.now()
      this.#subscription.refreshSoon()
      return
    }
    position.seenMs = performance.now()
    position.failures = 0
    this.#core.troubles.over(position.name)
    if (preferredReadReplica >= 0 && preferredReadReplica !== node) {
      const untilMs = position.seenMs + this.#core.links.cluster.settings.metadataMaxAgeMs
      position.replica = { node: preferredReadReplica, untilMs }
      return
    }
    const { isolation } = this.#core.settings
    const end = isolation === 'read_committed' ? answer.lastStableOffset : highWatermark
    position.isBehind = false
    if (answer.recordSet.length === 0) return
    const { readRecords } = this.#core.codec
    position.keep(answer.recordSet, {
      isolation,
      abortedTransactions: answer.abortedTransactions,
      ...(readRecords ? { readRecords } : {}),
    })
    position.isBehind = position.fetchFrom < end
    this.#core.wake()
  }

  /** A replica may not have it yet: its leader decides. */
  #outOfRange(position: PartitionPosition): void {
    if (position.replica === undefined) position.isOutOfRange = true
    position.replica = undefined
    this.#core.wake()
  }

  #later(position: PartitionPosition, error: BrokerException): void {
    this.#core.troubles.note(position.name, atSeam(error, position.name))
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    position.retryLater(retryBackoffMs, retryBackoffMaxMs)
    if (mayBeAnother.has(error.errorName)) position.doubtMs = performance.now()
    this.#subscription.refreshSoon()
  }
}
