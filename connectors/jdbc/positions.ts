import {
  ConnectException,
  FencedException,
  RetriableException,
  type SinkContext,
  type SinkRecord,
} from '../../runtime/api/index.ts'
import type { Query } from './connection.ts'
import type { OffsetsTable, Place, Standing } from './offsets-table.ts'
import type { BadRecords } from './statement.ts'

interface Held {
  standing: Standing
  /** False until the host was asked to read from where the target stands, should it have begun behind it. */
  isPlaced: boolean
}

/**
 * How far the target holds each partition, as the target itself says: changed in the transaction of the rows, so that each record is written
 * exactly once, whatever is put again.
 */
export class Positions {
  readonly #table: OffsetsTable
  readonly #context: SinkContext
  readonly #held = new Map<string, Held>()
  #isCurrent = true

  constructor(table: OffsetsTable, context: SinkContext) {
    this.#table = table
    this.#context = context
  }

  /** What is known may not be so: the answer to a commit was lost, or there is a new connection. */
  doubt(): void {
    this.#isCurrent = false
  }

  /** These are given to us: the host is told to read them from where the target stands. */
  async take(places: readonly Place[], query: Query): Promise<void> {
    this.forget(places)
    await this.#claim(places, query)
    const seeks = places.flatMap((place) => {
      const { standing } = this.#held.get(keyOf(place)) as Held
      const { topic, partition, next, stamp, refused } = standing
      if (next === null) return []
      // The last record that the target holds comes again, to see that it is still the same.
      const offset = stamp === null ? next : next - 1
      return [{ topic, partition, offset: Math.min(offset, ...refused) }]
    })
    if (seeks.length > 0) this.#context.seek?.(seeks)
  }

  forget(places: readonly Place[]): void {
    for (const place of places) this.#held.delete(keyOf(place))
  }

  /** Those of the records that the target does not hold yet. */
  async news(records: readonly SinkRecord[], query: Query): Promise<readonly SinkRecord[]> {
    if (!this.#isCurrent) await this.#readAgain(query)
    const firsts = new Map<string, SinkRecord>()
    for (const record of records) {
      const key = keyOf(placeOf(record))
      if (!firsts.has(key)) firsts.set(key, record)
    }
    await this.#claim([...firsts.values()].map(placeOf), query)
    this.#place(firsts)
    return records.filter((record) => {
      const { next, stamp, refused } = this.#heldOf(record).standing
      if (next === null || record.originalOffset >= next) return true
      const isLast = record.originalOffset === next - 1
      if (isLast && stamp !== null && stamp !== record.timestamp) throw anotherTopic(record)
      return refused.includes(record.originalOffset)
    })
  }

  /** In the transaction that writes these records, all but the bad ones: the target then holds them. */
  async move(
    records: readonly SinkRecord[],
    bad: BadRecords,
    query: Query,
  ): Promise<readonly Standing[]> {
    const ends = new Map<
      string,
      { readonly held: Held; end: number; stamp: number | null; readonly refused: number[] }
    >()
    for (const record of records) {
      const held = this.#heldOf(record)
      const key = keyOf(held.standing)
      const mine = ends.get(key) ?? { held, end: 0, stamp: null, refused: [] }
      ends.set(key, mine)
      mine.end = record.originalOffset + 1
      mine.stamp = record.timestamp
      if (bad.has(record)) mine.refused.push(record.originalOffset)
    }
    const moved = Array.from(ends.values(), ({ held: { standing }, end, stamp, refused }) => ({
      ...standing,
      ...(end > (standing.next ?? 0) && { next: end, stamp }),
      // I1: the host puts later records only when it took care of the refused ones before them.
      refused: [...refused, ...standing.refused.filter((offset) => offset >= end)],
    }))
    if ((await this.#table.move(query, moved)) < moved.length) throw this.#fenced()
    return moved
  }

  /** The transaction is committed. */
  moved(standings: readonly Standing[]): void {
    for (const standing of standings) {
      const held = this.#held.get(keyOf(standing))
      if (held) held.standing = standing
    }
  }

  async #claim(places: readonly Place[], query: Query): Promise<void> {
    const wanted = places.filter((place) => !this.#held.has(keyOf(place)))
    if (wanted.length === 0) return
    await this.#table.create(query)
    for (const standing of await this.#table.claim(query, wanted))
      this.#held.set(keyOf(standing), { standing, isPlaced: false })
  }

  /** A group that is ahead of the target (a backup was restored) would leave a gap; one that is behind it only repeats. */
  #place(firsts: ReadonlyMap<string, SinkRecord>): void {
    const seeks: (Place & { readonly offset: number })[] = []
    for (const [key, { originalOffset }] of firsts) {
      const held = this.#held.get(key) as Held
      if (held.isPlaced) continue
      held.isPlaced = true
      const { topic, partition, next, refused } = held.standing
      const offset = Math.min(next ?? originalOffset, ...refused)
      if (originalOffset > offset) seeks.push({ topic, partition, offset })
    }
    if (seeks.length === 0) return
    const { seek, log } = this.#context
    if (!seek) {
      log.warn({ seeks }, 'the host cannot go back to where the database stands')
      return
    }
    seek(seeks)
    const shown = seeks.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)
    throw new RetriableException(`Reading on from where the database stands: ${shown.join(', ')}`, {
      afterMs: 0,
    })
  }

  async #readAgain(query: Query): Promise<void> {
    const places = Array.from(this.#held.values(), ({ standing }) => standing)
    if (places.length > 0) {
      const standings = await this.#table.read(query, places)
      const ours = standings.filter(
        (standing) => this.#held.get(keyOf(standing))?.standing.epoch === standing.epoch,
      )
      if (ours.length < places.length) throw this.#fenced()
      this.moved(ours)
    }
    this.#isCurrent = true
  }

  #heldOf(record: SinkRecord): Held {
    return this.#held.get(keyOf(placeOf(record))) as Held
  }

  #fenced(): FencedException {
    return new FencedException(
      `Another task of connector ${this.#context.connector} took over partitions that this one still had`,
      { hint: 'One connector of this name may write to this database at a time.' },
    )
  }
}

function anotherTopic(record: SinkRecord): ConnectException {
  const { topic, partition } = placeOf(record)
  return new ConnectException(
    `The record at ${topic}-${partition}@${record.originalOffset} is not the one that the database holds: the topic was made anew, or its timestamps are changed on the way`,
    {
      hint: 'If that is meant, reset the offsets of the stopped connector (DELETE /connectors/NAME/offsets): it then takes the topic as it is.',
    },
  )
}

/** In the log, before any transformation. */
function placeOf({ originalTopic: topic, originalPartition: partition }: SinkRecord): Place {
  return { topic, partition }
}

/** The last dash parts them: a partition is a number. */
function keyOf({ topic, partition }: Place): string {
  return `${topic}-${partition}`
}
