import type { ConsumerCore } from './consumer-parts.ts'
import type { GroupCoordinator } from './membership-coordinator.ts'
import type { GroupMember } from './protocol/requests/group-member.ts'
import { heartbeatRequest } from './protocol/requests/heartbeat.ts'

/** After a failure the next one comes sooner. */
const RETRY_MS = 500

/** Tells the coordinator that the member lives, from a timer: whatever the caller does between two polls, as long as the event loop turns. */
export class Heartbeats {
  readonly #core: ConsumerCore
  readonly #coordinator: GroupCoordinator
  readonly #onBeat: (error: unknown) => void
  #member: GroupMember | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onBeat` gets what came of each; undefined: all is well. */
  constructor(core: ConsumerCore, coordinator: GroupCoordinator, onBeat: (error: unknown) => void) {
    this.#core = core
    this.#coordinator = coordinator
    this.#onBeat = onBeat
  }

  start(member: GroupMember): void {
    this.stop()
    if (this.#core.closing.aborted) return
    this.#member = member
    this.#schedule(member, this.#core.settings.heartbeatIntervalMs)
  }

  stop(): void {
    this.#member = undefined
    clearTimeout(this.#timer)
  }

  #schedule(member: GroupMember, ms: number): void {
    this.#timer = setTimeout(() => void this.#beat(member), ms)
  }

  async #beat(member: GroupMember): Promise<void> {
    const { heartbeatIntervalMs, sessionTimeoutMs } = this.#core.settings
    const began = performance.now()
    let failure: unknown
    try {
      // Given up in time for another two within the session.
      await this.#coordinator.call(heartbeatRequest(member), ({ errorCode }) => [errorCode], {
        timeoutMs: Math.max(heartbeatIntervalMs, sessionTimeoutMs / 3),
      })
    } catch (error) {
      failure = error
    }
    if (this.#member !== member || this.#core.closing.aborted) return
    this.#onBeat(failure)
    if (this.#member !== member) return
    const nextMs =
      failure === undefined ? heartbeatIntervalMs : Math.min(RETRY_MS, heartbeatIntervalMs)
    this.#schedule(member, Math.max(0, nextMs - (performance.now() - began)))
  }
}
