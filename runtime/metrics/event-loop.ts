import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How long the main thread kept others waiting, since the last look at it. */
export class EventLoopDelay {
  // Once per turn of the loop: a timer would wake an idle worker twenty times a second.
  readonly #histogram = monitorEventLoopDelay({ samplePerIteration: true })

  constructor() {
    this.#histogram.enable()
  }

  take(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const ms = (nanoseconds: number) => nanoseconds / 1e6
    const taken =
      this.#histogram.count === 0
        ? { p50: 0, p99: 0, max: 0 }
        : {
            p50: ms(this.#histogram.percentile(50)),
            p99: ms(this.#histogram.percentile(99)),
            max: ms(this.#histogram.max),
          }
    this.#histogram.reset()
    return taken
  }

  stop(): void {
    this.#histogram.disable()
  }
}
