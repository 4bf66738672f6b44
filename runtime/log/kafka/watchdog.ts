import type { ConsumerCore } from './consumer-parts.ts'
import type { Fetcher } from './fetcher.ts'

/** How long after its time the answer to a fetch may come. */
const SILENCE_MS = 15_000

/**
 * Connections that look alive and carry nothing: a fetch that nobody answers, not even with an error, leaves its reader silent while the log
 * grows. After a while all connections are made anew, and the log says so once.
 */
export class Watchdog {
  readonly #core: ConsumerCore
  readonly #fetcher: Fetcher
  readonly #silenceMs: number
  readonly #timer: NodeJS.Timeout
  /** How many answers had come when it last made the connections anew. */
  #reportedAt: number | undefined

  constructor(core: ConsumerCore, fetcher: Fetcher, silenceMs = SILENCE_MS) {
    this.#core = core
    this.#fetcher = fetcher
    this.#silenceMs = silenceMs
    this.#timer = setInterval(() => this.#look(), silenceMs / 3)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { silentMs, answers } = this.#fetcher
    if (silentMs < this.#silenceMs) {
      this.#fetcher.pump()
      return
    }
    if (this.#reportedAt !== answers) {
      this.#core.logger.warn(
        { silentMs: Math.round(silentMs) },
        'the broker does not answer a fetch: all connections of the consumer are made anew',
      )
    }
    this.#reportedAt = answers
    this.#core.links.renew().catch(() => {}) // Closing what is given up anyway.
    this.#fetcher.renew()
  }
}
