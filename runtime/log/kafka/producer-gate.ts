import { isRetriable } from '../../api/errors.ts'
import type { AppendCall } from './producer-call.ts'
import type { ProducerTopics } from './producer-topics.ts'

/**
 * Calls pass in their order (I3): at once when their topics are known and there is room, else when those before them have passed. All of a call
 * is looked at before the first byte of it is sent.
 */
export class ProducerGate {
  readonly #topics: ProducerTopics
  readonly #maxBytes: number
  readonly #enter: (call: AppendCall) => void
  readonly #waiting: AppendCall[] = []
  readonly #inside = new Set<AppendCall>()
  #bytes = 0
  #isWorking = false
  #room = Promise.withResolvers<void>()

  constructor(topics: ProducerTopics, maxBytes: number, enter: (call: AppendCall) => void) {
    this.#topics = topics
    this.#maxBytes = maxBytes
    this.#enter = enter
  }

  pass(call: AppendCall): void {
    this.#waiting.push(call)
    if (this.#isWorking) return
    this.#admit()
    if (this.#waiting.length > 0) void this.#work()
  }

  /** A call is over: its bytes make room. */
  leave(call: AppendCall): void {
    if (!this.#inside.delete(call)) return
    this.#bytes -= call.bytes
    this.#room.resolve()
  }

  /** Those that wait go back to their callers: what they would have followed has failed (I3). */
  refuse(error: Error): void {
    for (const call of this.#waiting.splice(0)) call.refuse(error)
    this.#room.resolve()
  }

  /** Lets in whoever needs not wait. */
  #admit(): void {
    for (let call = this.#waiting[0]; call && this.#canEnter(call); call = this.#waiting[0]) {
      this.#waiting.shift()
      this.#inside.add(call)
      this.#bytes += call.bytes
      this.#enter(call)
    }
  }

  #canEnter(call: AppendCall): boolean {
    return this.#hasRoom(call) && this.#unknown(call) === undefined
  }

  /** I6: a call that is larger than all the room there is passes alone. */
  #hasRoom(call: AppendCall): boolean {
    return this.#bytes === 0 || this.#bytes + call.bytes <= this.#maxBytes
  }

  #unknown(call: AppendCall) {
    return call.deliveries.find(({ batch }) => !this.#topics.has(batch))?.batch
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (let call = this.#waiting[0]; call; call = this.#waiting[0]) {
      const unknown = this.#unknown(call)
      try {
        if (unknown) await this.#topics.learn(unknown)
        else if (!this.#hasRoom(call)) await this.#nextRoom()
      } catch (error) {
        // Only the first call is refused for what it asks; with trouble on the way the others must not overtake it.
        if (isRetriable(error)) this.refuse(error)
        else if (this.#waiting[0] === call) this.#waiting.shift()?.refuse(error as Error)
      }
      this.#admit()
    }
    this.#isWorking = false
  }

  async #nextRoom(): Promise<void> {
    this.#room = Promise.withResolvers()
    await this.#room.promise
  }
}
