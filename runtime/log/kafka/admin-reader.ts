import { NotFoundException } from '../../api/errors.ts'
import type { Fetched, LogRecord, Position, TopicPartition } from '../log.ts'
import { persist } from './admin-persist.ts'
import type { TopicAdmin } from './admin-topics.ts'
import { byTopic } from './by-topic.ts'
import type { KafkaCluster } from './cluster.ts'
import { check } from './protocol/errors.ts'
import { type FetchedPartition, fetchRequest } from './protocol/requests/fetch.ts'
import { EARLIEST, LATEST, listOffsetsRequest } from './protocol/requests/list-offsets.ts'
import { RecordSet } from './records/record-set.ts'

const DEFAULT_BYTES = 4 * 1024 * 1024
const OFFSET_OUT_OF_RANGE = 1
/** Only what is committed is there. */
const isolation = 'read_committed'

interface Found {
  readonly place: TopicPartition
  readonly offset: number
}

/** Looks into partitions, without a group and without waiting. */
export class LogReader {
  readonly #cluster: KafkaCluster
  readonly #topics: TopicAdmin
  readonly #timeoutMs: number

  constructor(cluster: KafkaCluster, topics: TopicAdmin, timeoutMs: number) {
    this.#cluster = cluster
    this.#topics = topics
    this.#timeoutMs = timeoutMs
  }

  async ends(topic: string): Promise<{ partition: number; earliest: number; latest: number }[]> {
    const found = await this.#topics.find(topic)
    if (found === null) throw new NotFoundException(`There is no topic "${topic}"`)
    const places = found.partitions
      .map(({ partition }) => ({ topic, partition }))
      .sort((a, b) => a.partition - b.partition)
    const [earliest, latest] = await Promise.all([
      this.#list(places, EARLIEST),
      this.#list(places, LATEST),
    ])
    return places.map(({ partition }, i) => ({
      partition,
      earliest: earliest[i]?.offset ?? 0,
      latest: latest[i]?.offset ?? 0,
    }))
  }

  async read(
    { topic, partition }: TopicPartition,
    from: Position,
    limit: { readonly records: number; readonly bytes?: number },
  ): Promise<Fetched> {
    const place = { topic, partition }
    await this.#refuseMissing(place)
    const start = await this.resolve(place, from)
    const records: LogRecord[] = []
    let next = start
    for (let bytesLeft = limit.bytes ?? DEFAULT_BYTES; records.length < limit.records; ) {
      const answer = await this.#fetch(place, next, Math.max(1, bytesLeft))
      if (answer.errorCode === OFFSET_OUT_OF_RANGE) {
        // Below the first record: that is where it begins. Beyond the end: nothing yet.
        const earliest = await this.#one(place, EARLIEST)
        if (next >= earliest) break
        next = earliest
        continue
      }
      const set = new RecordSet(answer.recordSet, place, { from: next, isolation, ...answer })
      const before = next
      // One whole batch always comes.
      while (records.length < limit.records && (records.length === 0 || bytesLeft > 0)) {
        const bytes = set.bytesAhead
        if (records.length > 0 && bytes > bytesLeft) return { ...place, records, next }
        if (!set.readBatch(records)) break
        next = set.next
        bytesLeft -= bytes
      }
      if (next === before || next >= answer.lastStableOffset || bytesLeft <= 0) break
    }
    const after = records[limit.records]
    if (!after) return { ...place, records, next }
    return { ...place, records: records.slice(0, limit.records), next: after.offset }
  }

  /** The offset that a position means now. */
  async resolve(place: TopicPartition, position: Position): Promise<number> {
    if (typeof position === 'number') return position
    if (position === 'earliest') return this.#one(place, EARLIEST)
    if (position === 'latest') return this.#one(place, LATEST)
    const found = await this.#one(place, position.timeMs)
    return found >= 0 ? found : this.#one(place, LATEST)
  }

  async #refuseMissing({ topic, partition }: TopicPartition): Promise<void> {
    const found = await this.#topics.find(topic)
    if (found?.partitions.some((each) => each.partition === partition)) return
    throw new NotFoundException(`There is no partition ${partition} of a topic "${topic}"`)
  }

  async #one(place: TopicPartition, timestamp: number): Promise<number> {
    const [found] = await this.#list([place], timestamp)
    return found?.offset ?? -1
  }

  /** In the order of `places`, whoever leads them. */
  #list(places: readonly TopicPartition[], timestamp: number): Promise<Found[]> {
    const topic = places[0]?.topic ?? ''
    const what = `Topic "${topic}": ask for its offsets`
    const list = async () => {
      const byNode = new Map<number, TopicPartition[]>()
      for (const place of places) {
        const { node } = await this.#cluster.leaderOf(place)
        byNode.set(node, [...(byNode.get(node) ?? []), place])
      }
      const found: Found[] = []
      for (const [node, led] of byNode) {
        const asked = led.map((place) => ({ ...place, timestamp }))
        const request = listOffsetsRequest({ isolation, topics: byTopic(asked) })
        for (const { topic, partitions } of (await this.#cluster.send(node, request)).topics) {
          for (const { partition, errorCode, offset } of partitions) {
            check(errorCode, `${what}, partition ${partition}`)
            found.push({ place: { topic, partition }, offset })
          }
        }
      }
      return found.sort((a, b) => a.place.partition - b.place.partition)
    }
    return this.#persist(what, topic, list)
  }

  #fetch(place: TopicPartition, offset: number, maxBytes: number): Promise<FetchedPartition> {
    const { topic, partition } = place
    const what = `Topic "${topic}", partition ${partition}: read from offset ${offset}`
    return this.#persist(what, topic, async () => {
      const { node } = await this.#cluster.leaderOf(place)
      const asked = [{ partition, offset, leaderEpoch: -1, maxBytes }]
      const request = fetchRequest({
        isolation,
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes,
        rack: '',
        topics: [{ topic, partitions: asked }],
      })
      const answer = await this.#cluster.send(node, request, { channel: 'fetch' })
      check(answer.errorCode, what)
      const found = answer.topics[0]?.partitions[0]
      if (found?.errorCode !== OFFSET_OUT_OF_RANGE) check(found?.errorCode ?? -1, what)
      return found as FetchedPartition
    })
  }

  #persist<T>(what: string, topic: string, call: () => Promise<T>): Promise<T> {
    const { closing: signal } = this.#cluster
    const forget = () => this.#cluster.forget(topic)
    return persist(call, { what, forMs: this.#timeoutMs, signal, forget })
  }
}
