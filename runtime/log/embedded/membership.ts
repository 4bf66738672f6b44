import type { Link } from './link.ts'
import type { CoordinatorRequest, Holding, Nudge, SyncAnswer } from './protocol.ts'

export interface MembershipOptions {
  readonly group: string
  readonly member: string | undefined
  readonly topics: readonly string[] | RegExp
}

/** A thread's link to the coordinator, shared by the thread's members. */
export class CoordinatorClient {
  readonly link: Link<CoordinatorRequest>
  readonly #nudged = new Map<number, () => void>()

  constructor(link: (onNotice: (notice: unknown) => void) => Link<CoordinatorRequest>) {
    this.link = link((notice) => this.#nudged.get((notice as Nudge).member)?.())
  }

  onNudge(member: number, nudged: () => void): void {
    this.#nudged.set(member, nudged)
  }

  forget(member: number): void {
    this.#nudged.delete(member)
  }
}

/** A member's side of its group: joins, asks what it holds, leaves. */
export class Membership {
  readonly #client: CoordinatorClient
  readonly #options: MembershipOptions
  readonly #onDue: () => void
  #member = 0
  generation = 0
  /** Something changed: sync before the next read. */
  isDue = true

  private constructor(client: CoordinatorClient, options: MembershipOptions, onDue: () => void) {
    this.#client = client
    this.#options = options
    this.#onDue = onDue
  }

  static async join(
    client: CoordinatorClient,
    options: MembershipOptions,
    onDue: () => void,
  ): Promise<Membership> {
    const membership = new Membership(client, options, onDue)
    await membership.rejoin()
    return membership
  }

  /** After it was given up by the coordinator it is a new member. */
  async rejoin(): Promise<void> {
    this.#client.forget(this.#member)
    const joined = await this.#client.link.request<{ member: number; generation: number }>({
      op: 'join',
      ...this.#options,
    })
    this.#member = joined.member
    this.generation = joined.generation
    this.isDue = true
    this.#client.onNudge(this.#member, () => {
      this.isDue = true
      this.#onDue()
    })
  }

  async sync(held: readonly Holding[]): Promise<SyncAnswer> {
    this.isDue = false
    const answer = await this.#client.link.request<SyncAnswer>({
      op: 'sync',
      member: this.#member,
      held,
    })
    if ('generation' in answer) this.generation = answer.generation
    return answer
  }

  async leave(): Promise<void> {
    this.#client.forget(this.#member)
    // With the log gone it has left already.
    await this.#client.link.request({ op: 'leave', member: this.#member }).catch(() => {})
  }
}
