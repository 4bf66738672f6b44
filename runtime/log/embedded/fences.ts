import { FencedException } from '../../api/errors.ts'
import type { TopicPartition, Transaction } from '../log.ts'
import type { Grant } from './protocol.ts'

/**
 * Who may commit for a group: each member under the generation it holds now, and only the partitions it was given with it. The writer asks
 * inside its transaction, so a task that was taken away can commit nothing, however late its call arrives.
 */
export class Fences {
  readonly #groups = new Map<string, Map<number, ReadonlySet<number>>>()

  change(group: string, retired: number | undefined, granted: Grant | undefined): void {
    const generations = this.#groups.get(group) ?? new Map<number, ReadonlySet<number>>()
    this.#groups.set(group, generations)
    if (retired !== undefined) generations.delete(retired)
    if (granted)
      generations.set(granted.generation, new Set(granted.partitions.map(({ id }) => id)))
    if (generations.size === 0) this.#groups.delete(group)
  }

  hasMembers(group: string): boolean {
    return this.#groups.has(group)
  }

  /** `idOf` knows the partitions that are there now. */
  check(
    { group, generation, offsets }: NonNullable<Transaction['groupOffsets']>,
    idOf: (place: TopicPartition) => number | undefined,
  ): void {
    const generations = this.#groups.get(group)
    if (generation === undefined) {
      if (generations) throw new FencedException(`Group "${group}" has members: only they commit`)
      return
    }
    const partitions = generations?.get(generation)
    if (!partitions) {
      throw new FencedException(
        `Generation ${generation} of group "${group}" is over: its partitions are somebody else's`,
      )
    }
    for (const { topic, partition } of offsets) {
      if (partitions.has(idOf({ topic, partition }) ?? -1)) continue
      throw new FencedException(
        `Partition ${partition} of topic "${topic}" is not assigned in generation ${generation} of group "${group}"`,
      )
    }
  }
}
