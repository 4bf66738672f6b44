/** What plans are made for: equal ones share a plan, and by that what they become. */
interface PlanKey<K> {
  equals(other: K): boolean
}

/** The plans that a stage made, by schema or shape: the sixteen used last (I6). Identity is the shortcut, equality decides. */
export class StagePlans<K extends PlanKey<K>, P> {
  readonly #make: (of: K) => P
  readonly #plans = new Map<K, P>()
  #last: K | undefined
  #lastPlan: P | undefined

  constructor(make: (of: K) => P) {
    this.#make = make
  }

  get(of: K): P {
    if (of === this.#last) return this.#lastPlan as P
    const known = this.#plans.has(of) ? of : this.#equalTo(of)
    const plan = known === undefined ? this.#make(of) : (this.#plans.get(known) as P)
    const key = known ?? of
    this.#plans.delete(key)
    this.#plans.set(key, plan)
    if (this.#plans.size > 16) this.#plans.delete(this.#plans.keys().next().value as K)
    this.#last = of
    this.#lastPlan = plan
    return plan
  }

  #equalTo(of: K): K | undefined {
    for (const known of this.#plans.keys()) if (known.equals(of)) return known
    return undefined
  }
}
