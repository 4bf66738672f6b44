import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectException, isRetriable } from '../../api/errors.ts'
import type { Position } from '../log.ts'
import { Backoff } from './connection/backoff.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import type { Membership } from './membership.ts'
import { keyOf } from './place-key.ts'
import { type Incarnation, PartitionPosition } from './position.ts'
import type { OffsetLookup } from './position-lookup.ts'
import type { Subscription } from './subscription.ts'

const STARTS = 'start offsets'

export interface Newcomer extends Incarnation {
  /** Its topic was deleted and made again under the reader's eyes: what was committed meant the old one, and all of the new one is news. */
  readonly isReborn: boolean
}

/** Finds where to begin in partitions that are new here. */
export class StartFinder {
  readonly #core: ConsumerCore
  readonly #parts: {
    readonly subscription: Subscription
    readonly lookup: OffsetLookup
    readonly membership: Membership | undefined
    readonly start: Position | undefined
  }

  constructor(
    core: ConsumerCore,
    parts: {
      readonly subscription: Subscription
      readonly lookup: OffsetLookup
      readonly membership: Membership | undefined
      readonly start: Position | undefined
    },
  ) {
    this.#core = core
    this.#parts = parts
  }

  /** Of those that `newcomers` gives, asked before each try; tries until it succeeds, or `isWanted` says no more. */
  async find(
    newcomers: () => readonly Newcomer[],
    isWanted: () => boolean,
  ): Promise<PartitionPosition[]> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#core.links.cluster.settings
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    try {
      while (isWanted() && !this.#core.closing.aborted) {
        try {
          return await this.#find(newcomers())
        } catch (error) {
          if (!isRetriable(error)) throw error
          this.#core.troubles.note(STARTS, error)
          backoff.failed()
          await sleep(backoff.ms, undefined, { signal: this.#core.closing })
        }
      }
      return []
    } finally {
      // Also when nobody wants to know any more.
      this.#core.troubles.over(STARTS)
    }
  }

  async #find(newcomers: readonly Newcomer[]): Promise<PartitionPosition[]> {
    const { membership, lookup } = this.#parts
    const known = newcomers.filter(({ isReborn }) => !isReborn)
    const committed = (await membership?.committed(known)) ?? []
    const offsets = new Map(committed.map((each) => [keyOf(each), each.offset]))
    const reborn = newcomers.filter(({ isReborn }) => isReborn)
    for (const each of await lookup.all(reborn, 'earliest')) offsets.set(keyOf(each), each.offset)
    const rest = newcomers.filter((each) => !offsets.has(keyOf(each)))
    if (rest.length > 0) {
      const start = this.#start(rest)
      const found =
        typeof start === 'number'
          ? rest.map((each) => ({ ...each, offset: start }))
          : await lookup.all(rest, start)
      for (const each of found) offsets.set(keyOf(each), each.offset)
    }
    return newcomers.map((each) => new PartitionPosition(each, offsets.get(keyOf(each)) as number))
  }

  #start(places: readonly Newcomer[]): Position {
    const { offsetReset } = this.#core.settings
    if (offsetReset === 'none') {
      const names = places.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')
      throw new ConnectException(`No offset is committed for ${names}, and none may be assumed`, {
        hint: 'auto.offset.reset is none: set the offsets of the connector first, or set it to earliest or latest.',
      })
    }
    if (this.#parts.start !== undefined) return this.#parts.start
    if (offsetReset !== null && typeof offsetReset === 'object')
      return { timeMs: Date.now() - offsetReset.agoMs }
    return offsetReset ?? 'earliest'
  }
}
