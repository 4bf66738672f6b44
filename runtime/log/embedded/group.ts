import type { Grant, Holding, SyncAnswer } from './protocol.ts'
import { type AssignableMember, type AssignableTopic, assign } from './range-assignor.ts'

/** Retires a generation and grants another, in the writer; resolves when it holds. */
export type Fence = (retired: number | undefined, granted: Grant | undefined) => Promise<void>

export interface GroupOptions {
  readonly fence: Fence
  readonly topics: () => readonly AssignableTopic[]
  /** Grows over all groups and for ever: no number comes twice. */
  readonly nextGeneration: () => number
  /** How long a member may take to give up what it must. */
  readonly rebalanceTimeoutMs: number
  readonly onOverdue: (member: number) => void
}

interface GroupMember extends AssignableMember {
  readonly nudge: () => void
  owned: readonly Holding[]
  generation: number | undefined
  /** When it was told to give something up. */
  deadline: NodeJS.Timeout | undefined
}

/**
 * The members of one group and what each holds. A rebalance never stops the world: who loses partitions gives them up in its next poll, who
 * gains them takes them once they are free, and the others notice nothing. Each change of a member's partitions is a new generation of that
 * member; the old one is fenced off in the writer before a partition goes to the next.
 */
export class Group {
  readonly #options: GroupOptions
  readonly #members = new Map<number, GroupMember>()
  #target = new Map<number, Holding[]>()
  #pending = 0
  /** One change at a time: each awaits the writer. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: GroupOptions) {
    this.#options = options
  }

  /** No members, and none under way. */
  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#pending === 0
  }

  /** Returns the generation, still without partitions: they come with the first poll. */
  join(member: Pick<GroupMember, 'id' | 'topics' | 'nudge'>): Promise<number> {
    return this.#serial(async () => {
      const joined = { ...member, owned: [], generation: undefined, deadline: undefined }
      this.#members.set(member.id, joined)
      const generation = await this.#grant(joined, [])
      this.#rebalance()
      return generation
    })
  }

  sync(id: number, held: readonly Holding[]): Promise<SyncAnswer> {
    return this.#serial(async () => {
      const member = this.#members.get(id)
      if (!member) return { expelled: true }
      const target = this.#target.get(id) ?? []
      const over = without(held, target)
      if (over.length > 0) {
        const there = new Set(this.#options.topics().flatMap((topic) => topic.ids))
        return {
          revoked: over.filter((partition) => there.has(partition.id)),
          lost: over.filter((partition) => !there.has(partition.id)),
        }
      }
      const taken = [...this.#members.values()]
        .filter((other) => other !== member)
        .flatMap((other) => other.owned)
      const owned = without(target, taken)
      const isFreeing = without(member.owned, owned).length > 0
      if (!isSame(owned, member.owned)) await this.#grant(member, owned)
      clearDeadline(member)
      if (isFreeing) this.#nudgeWaiting()
      return { generation: member.generation as number, assigned: owned }
    })
  }

  leave(id: number): Promise<void> {
    return this.#serial(async () => {
      const member = this.#members.get(id)
      if (!member) return
      clearDeadline(member)
      this.#members.delete(id)
      // Before anybody else gets its partitions: what it still commits is refused from here on.
      await this.#options.fence(member.generation, undefined)
      member.nudge()
      this.#rebalance()
    })
  }

  topicsChanged(): Promise<void> {
    return this.#serial(async () => this.#rebalance())
  }

  async #grant(member: GroupMember, owned: readonly Holding[]): Promise<number> {
    const generation = this.#options.nextGeneration()
    await this.#options.fence(member.generation, { generation, partitions: owned })
    member.generation = generation
    member.owned = owned
    return generation
  }

  #rebalance(): void {
    this.#target = assign(this.#options.topics(), [...this.#members.values()])
    for (const member of this.#members.values()) {
      const target = this.#target.get(member.id) ?? []
      if (without(member.owned, target).length === 0) clearDeadline(member)
      else member.deadline ??= this.#startDeadline(member.id)
      if (!isSame(target, member.owned)) member.nudge()
    }
  }

  #startDeadline(member: number): NodeJS.Timeout {
    const { onOverdue, rebalanceTimeoutMs } = this.#options
    return setTimeout(() => onOverdue(member), rebalanceTimeoutMs).unref()
  }

  #nudgeWaiting(): void {
    for (const member of this.#members.values())
      if (!isSame(this.#target.get(member.id) ?? [], member.owned)) member.nudge()
  }

  #serial<T>(change: () => Promise<T>): Promise<T> {
    this.#pending++
    const done = this.#queue.then(change).finally(() => {
      this.#pending--
    })
    this.#queue = done.catch(() => {})
    return done
  }
}

function clearDeadline(member: GroupMember): void {
  clearTimeout(member.deadline)
  member.deadline = undefined
}

function without(list: readonly Holding[], others: readonly Holding[]): Holding[] {
  const ids = new Set(others.map(({ id }) => id))
  return list.filter(({ id }) => !ids.has(id))
}

function isSame(a: readonly Holding[], b: readonly Holding[]): boolean {
  return a.length === b.length && without(a, b).length === 0
}
