import type { Position, TopicOffset, TopicPartition } from '../log.ts'
import { byTopic } from './by-topic.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import { atSeam } from './protocol/at-seam.ts'
import { BrokerException, check } from './protocol/errors.ts'
import type { Isolation } from './protocol/requests/isolation.ts'
import { EARLIEST, LATEST, listOffsetsRequest } from './protocol/requests/list-offsets.ts'
import { offsetForLeaderEpochRequest } from './protocol/requests/offset-for-leader-epoch.ts'
import type { Subscription } from './subscription.ts'

const LEADER_NOT_AVAILABLE = 5

/** `end`: past the last record of all, those of open transactions included; `latest` is what a reader may reach. */
export type Mark = Exclude<Position, number> | 'end'

/** Asks the leaders where things lie in their partitions. */
export class OffsetLookup {
  readonly #core: ConsumerCore
  readonly #subscription: Subscription

  constructor(core: ConsumerCore, subscription: Subscription) {
    this.#core = core
    this.#subscription = subscription
  }

  async one(place: TopicPartition, mark: Mark): Promise<number> {
    const [found] = await this.all([place], mark)
    return (found as TopicOffset).offset
  }

  /** In no particular order. A time after the last record is the end. */
  async all(places: readonly TopicPartition[], mark: Mark): Promise<TopicOffset[]> {
    const isTime = typeof mark === 'object'
    const timestamp = isTime ? mark.timeMs : mark === 'earliest' ? EARLIEST : LATEST
    const isolation = mark === 'end' ? 'read_uncommitted' : this.#core.settings.isolation
    const found = await this.#ask(places, { timestamp, isolation })
    const isEnd = isTime ? found.filter(({ offset }) => offset < 0) : []
    if (isEnd.length === 0) return found
    const ends = await this.#ask(isEnd, { timestamp: LATEST, isolation })
    return [...found.filter(({ offset }) => offset >= 0), ...ends]
  }

  /** Where the records of that leader's time ended; undefined when nobody knows. */
  async endOfEpoch(place: TopicPartition, leaderEpoch: number): Promise<number | undefined> {
    const what = `Topic "${place.topic}", partition ${place.partition}: find the end of leader epoch ${leaderEpoch}`
    const leader = await this.#leader(place, what)
    const { partition } = place
    const asked = { partition, currentLeaderEpoch: leader.epoch, leaderEpoch }
    const request = offsetForLeaderEpochRequest({
      topics: [{ topic: place.topic, partitions: [asked] }],
    })
    const answer = await this.#core.links.cluster.send(leader.node, request)
    const end = answer.topics[0]?.partitions[0]
    this.#check(end?.errorCode ?? 0, what)
    return end === undefined || end.endOffset < 0 ? undefined : end.endOffset
  }

  async #ask(
    places: readonly TopicPartition[],
    { timestamp, isolation }: { timestamp: number; isolation: Isolation },
  ): Promise<TopicOffset[]> {
    const asked: (TopicPartition & { node: number; timestamp: number; leaderEpoch: number })[] = []
    for (const { topic, partition } of places) {
      const what = `Topic "${topic}", partition ${partition}: find an offset`
      const { node, epoch } = await this.#leader({ topic, partition }, what)
      asked.push({ topic, partition, node, timestamp, leaderEpoch: epoch })
    }
    const answers = await Promise.all(
      Array.from(
        Map.groupBy(asked, ({ node }) => node),
        ([node, led]) => {
          const request = listOffsetsRequest({ isolation, topics: byTopic(led) })
          return this.#core.links.cluster.send(node, request)
        },
      ),
    )
    return answers.flatMap(({ topics }) =>
      topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, errorCode, offset }) => {
          this.#check(errorCode, `Topic "${topic}", partition ${partition}: find an offset`)
          return { topic, partition, offset }
        }),
      ),
    )
  }

  async #leader(place: TopicPartition, what: string): Promise<{ node: number; epoch: number }> {
    const known = this.#subscription.leaderOf(place)
    if (known) return known
    await this.#subscription.refresh()
    const leader = this.#subscription.leaderOf(place)
    if (!leader) this.#check(LEADER_NOT_AVAILABLE, what)
    return leader as { node: number; epoch: number }
  }

  #check(errorCode: number, what: string): void {
    try {
      check(errorCode, what)
    } catch (error) {
      if (error instanceof BrokerException && error.isRetriable) this.#subscription.refreshSoon()
      throw atSeam(error, what)
    }
  }
}
