import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleMs = 10
/** After the last sign of work. */
const awakeMs = 5000

/**
 * How long the main thread kept others waiting, since the last look at it. Percentiles are of time, from a sample every 10 ms while tasks work:
 * an idle worker is not woken for it, and the few turns of its loop would make percentiles of nothing. The longest delay is always known.
 */
export class EventLoopDelay {
  readonly #turns = monitorEventLoopDelay({ samplePerIteration: true })
  #samples = monitorEventLoopDelay({ resolution: sampleMs })
  #workedMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor() {
    this.#turns.enable()
  }

  /** Tasks are at work. */
  working(): void {
    this.#workedMs = performance.now()
    if (this.#timer !== undefined) return
    // A new one: the time since it was last asleep would count as a delay.
    this.#samples = monitorEventLoopDelay({ resolution: sampleMs })
    this.#samples.enable()
    this.#timer = setInterval(() => {
      if (performance.now() - this.#workedMs >= awakeMs) this.#sleep()
    }, awakeMs)
    this.#timer.unref()
  }

  take(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const p99 = this.#percentile(99)
    const longest = this.#turns.count === 0 ? 0 : this.#turns.max / 1e6
    // Two clocks: the same wait may look a little longer to the samples than to the loop itself.
    const taken = { p50: this.#percentile(50), p99, max: Math.max(longest, p99) }
    this.#turns.reset()
    this.#samples.reset()
    return taken
  }

  stop(): void {
    this.#turns.disable()
    this.#sleep()
  }

  #sleep(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#samples.disable()
  }

  /** A sample is the time between two, which is 10 ms when nobody waits. */
  #percentile(percent: number): number {
    if (this.#samples.count === 0) return 0
    return Math.max(0, this.#samples.percentile(percent) / 1e6 - sampleMs)
  }
}
