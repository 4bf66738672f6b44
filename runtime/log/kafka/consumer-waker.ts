/** Lets a poll wait until something changes; what changed since it looked is not missed. */
export class Waker {
  #count = 0
  #wake: () => void = () => {}

  /** Take it before looking, hand it to `wait`. */
  get count(): number {
    return this.#count
  }

  wake(): void {
    this.#count++
    this.#wake()
  }

  async wait(seen: number, ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#count !== seen || signal?.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    signal?.addEventListener('abort', resolve as () => void, { once: true })
    const timer = setTimeout(resolve, ms)
    await promise
    clearTimeout(timer)
    signal?.removeEventListener('abort', resolve as () => void)
    this.#wake = () => {}
  }
}
