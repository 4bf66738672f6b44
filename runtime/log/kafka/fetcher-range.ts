import { ConnectException, isRetriable } from '../../api/errors.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import type { PartitionPosition } from './position.ts'
import { OffsetLookup } from './position-lookup.ts'
import type { Subscription } from './subscription.ts'

/**
 * What to do when the broker does not hold the offset that comes next. Records that are gone are never jumped over in silence: either the
 * settings say where to go on, and the log says what is missing, or reading ends with an error that says both.
 */
export class FetcherRange {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription
  readonly #lookup: OffsetLookup

  constructor(core: ConsumerCore, subscription: Subscription) {
    this.#core = core
    this.#subscription = subscription
    this.#lookup = new OffsetLookup(core, subscription)
  }

  /** The broker refused the offset. */
  async check(position: PartitionPosition): Promise<void> {
    await this.#while(position, async (isCurrent) => {
      await this.#subscription.refresh()
      if (this.#subscription.topicId(position.topic) !== position.topicId) return
      const earliest = await this.#lookup.one(position, 'earliest')
      const end = await this.#lookup.one(position, 'end')
      if (!isCurrent()) return
      const { next } = position
      // What was fetched before is delivered by now, so this is where the reader stands.
      position.isOutOfRange = false
      if (next < earliest) this.#gone(position, { earliest, end })
      else if (next > end) this.#cut(position, { earliest, end })
      else position.retryLater(100, 1000)
    })
  }

  /** The partition has another leader than the one who gave the last records: it may have lost some of them, and got others instead (KIP-320). */
  mustCompare(position: PartitionPosition, epoch: number): boolean {
    return position.epoch >= 0 && epoch > Math.max(position.epoch, position.comparedEpoch)
  }

  async compare(position: PartitionPosition, epoch: number): Promise<void> {
    position.drop()
    await this.#while(position, async (isCurrent) => {
      const end = await this.#lookup.endOfEpoch(position, position.epoch)
      if (!isCurrent()) return
      if (end !== undefined && end < position.next) {
        const earliest = await this.#lookup.one(position, 'earliest')
        if (isCurrent()) this.#cut(position, { earliest, end })
      }
      position.comparedEpoch = epoch
    })
  }

  async #while(
    position: PartitionPosition,
    work: (isCurrent: () => boolean) => Promise<void>,
  ): Promise<void> {
    const { turn } = position
    const isCurrent = () => position.turn === turn && !this.#core.closing.aborted
    position.isAsked = true
    try {
      await work(isCurrent)
      this.#core.troubles.over(position.name)
    } catch (error) {
      if (!isCurrent()) return
      this.#core.troubles.note(position.name, error)
      if (isRetriable(error)) position.retryLater(100, 1000)
      else position.failure = error as Error
    } finally {
      if (position.turn === turn) position.isAsked = false
    }
  }

  #gone(position: PartitionPosition, ends: { earliest: number; end: number }): void {
    const { next, name } = position
    const { earliest } = ends
    const gone = `the records from offset ${next} to ${earliest - 1} (${earliest - next} offsets) are gone: the log begins at ${earliest} now`
    this.#goOn(position, ends, {
      why: `${name}: ${gone}`,
      cause: 'Retention or a deletion of records was faster than the reader',
      fields: { gone: earliest - next },
    })
  }

  #cut(position: PartitionPosition, ends: { earliest: number; end: number }): void {
    const { next, name } = position
    const { end } = ends
    this.#goOn(position, ends, {
      why: `${name}: the log ends at offset ${end} now, and was read up to ${next}: what lay there is lost, or was replaced by other records`,
      cause: 'The log was cut off, as after an unclean leader election, or the topic was replaced',
      fields: { readTwice: next - end },
    })
  }

  #goOn(
    position: PartitionPosition,
    { earliest, end }: { earliest: number; end: number },
    { why, cause, fields }: { why: string; cause: string; fields: object },
  ): void {
    const { offsetReset } = this.#core.settings
    const { topic, partition, next } = position
    if (offsetReset === null || offsetReset === 'none') {
      position.failure = new ConnectException(why, {
        hint: `${cause}. Reset the connector's offsets to where it shall go on, or set consumer.override.auto.offset.reset to earliest or latest.`,
      })
      return
    }
    const to = offsetReset === 'latest' ? end : earliest
    this.#core.logger.warn(
      { topic, partition, from: next, to, ...fields, reset: offsetReset },
      'offsets that were to be read are not in the log any more: reading goes on where auto.offset.reset says',
    )
    position.move(to)
    this.#core.wake()
  }
}
