export interface SamplerOptions {
  /** How many of one kind are written in a window. */
  readonly burst?: number
  readonly windowMs?: number
}

interface Window {
  count: number
  readonly report: (withheld: number) => void
  readonly timer: NodeJS.Timeout
}

/** I6: beyond so many kinds at a time nothing is counted, and all is written. */
const mostKinds = 1_000

/** Lets the first few of each kind through; when the window ends it reports how many were withheld. */
export class Sampler {
  readonly windowMs: number
  readonly #burst: number
  readonly #windows = new Map<string, Window>()

  constructor({ burst = 5, windowMs = 60_000 }: SamplerOptions = {}) {
    this.#burst = burst
    this.windowMs = windowMs
  }

  admits(kind: string, report: (withheld: number) => void): boolean {
    const window = this.#windows.get(kind)
    if (window !== undefined) return ++window.count <= this.#burst
    if (this.#windows.size < mostKinds) {
      const timer = setTimeout(() => this.#end(kind), this.windowMs).unref()
      this.#windows.set(kind, { count: 1, report, timer })
    }
    return true
  }

  /** Reports what is withheld so far. */
  flush(): void {
    for (const kind of [...this.#windows.keys()]) this.#end(kind)
  }

  #end(kind: string): void {
    const window = this.#windows.get(kind)
    if (window === undefined) return
    clearTimeout(window.timer)
    this.#windows.delete(kind)
    if (window.count > this.#burst) window.report(window.count - this.#burst)
  }
}
