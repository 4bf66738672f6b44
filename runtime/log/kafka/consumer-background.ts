/** Work that goes on between polls, and what came of it. */
export class Background<T> {
  #outcome: { readonly value: T } | { readonly error: unknown } | undefined

  constructor(work: Promise<T>, onDone: () => void) {
    work
      .then(
        (value) => {
          this.#outcome = { value }
        },
        (error) => {
          this.#outcome = { error }
        },
      )
      .then(onDone)
      .catch(() => {}) // Neither throws.
  }

  get isDone(): boolean {
    return this.#outcome !== undefined
  }

  /** Needs to be done; throws what the work threw. */
  get result(): T {
    const outcome = this.#outcome
    if (outcome === undefined) throw new Error('the work is not done')
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}
