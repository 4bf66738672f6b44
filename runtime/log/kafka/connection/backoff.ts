/** A time that doubles with each failure up to a bound, with Kafka's 20 % of jitter. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #failures = 0

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs
    this.#maxMs = Math.max(firstMs, maxMs)
  }

  /** 0 before the first failure. */
  get failures(): number {
    return this.#failures
  }

  get ms(): number {
    const grown = this.#firstMs * 2 ** Math.min(Math.max(0, this.#failures - 1), 30)
    return Math.min(this.#maxMs, grown) * (0.8 + Math.random() * 0.4)
  }

  failed(): void {
    this.#failures++
  }

  reset(): void {
    this.#failures = 0
  }
}
