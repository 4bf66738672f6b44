/** Tries to start connectors, or tasks, and what came of them. */
export class Startups {
  readonly #what: 'connector' | 'task'
  #successes = 0
  #failures = 0

  constructor(what: 'connector' | 'task') {
    this.#what = what
  }

  count(succeeded: boolean): void {
    if (succeeded) this.#successes++
    else this.#failures++
  }

  attributes(): readonly {
    readonly attribute: string
    readonly help: string
    readonly value: () => number
  }[] {
    const of = (attribute: string, help: string, value: () => number) => ({
      attribute: `${this.#what}-startup-${attribute}`,
      help: `${help} of a ${this.#what}.`,
      value,
    })
    return [
      of('attempts-total', 'Starts that were tried', () => this.#attempts),
      of('success-total', 'Starts that succeeded', () => this.#successes),
      of('success-percentage', 'Share of the successful starts', () =>
        this.#share(this.#successes),
      ),
      of('failure-total', 'Starts that failed', () => this.#failures),
      of('failure-percentage', 'Share of the failed starts', () => this.#share(this.#failures)),
    ]
  }

  get #attempts(): number {
    return this.#successes + this.#failures
  }

  #share(part: number): number {
    return this.#attempts === 0 ? 0 : part / this.#attempts
  }
}
