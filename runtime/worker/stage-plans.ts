/** What plans are made for: equal ones share a plan, and by that what they become. */
interface PlanKey<K> {
  equals(other: K): boolean
}

const most = 256

/** The plans that a stage made, by schema or shape; the oldest goes when there are too many (I6). Identity is the shortcut, equality decides. */
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
    const plan = this.#plans.get(of) ?? this.#planOfEqual(of)
    this.#last = of
    this.#lastPlan = plan
    return plan
  }

  #planOfEqual(of: K): P {
    for (const [known, plan] of this.#plans) if (known.equals(of)) return plan
    const plan = this.#make(of)
    this.#plans.set(of, plan)
    if (this.#plans.size > most) this.#plans.delete(this.#plans.keys().next().value as K)
    return plan
  }
}
