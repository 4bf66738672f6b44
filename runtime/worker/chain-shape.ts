/**
 * Schemaless maps between stages: their keys (a `Shape`, one object for all maps with the same keys in the same order, as a schema is for
 * structs) and their values as an array. Adding a key to a plain object or leaving one out costs V8 as much as five stages on arrays do.
 */
export class Shape {
  readonly keys: readonly string[]
  readonly #template: Record<string, unknown>

  constructor(keys: readonly string[]) {
    this.keys = keys
    // fromEntries defines also what an assignment would not (`__proto__`).
    this.#template = Object.fromEntries(keys.map((key) => [key, null]))
  }

  /** The map with these values; an undefined one is a key that it lacks. */
  build(values: readonly unknown[]): Record<string, unknown> {
    const keys = this.keys
    const map = { ...this.#template }
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      if (value === undefined) return this.#buildSparse(values)
      map[keys[i] as string] = value
    }
    return map
  }

  #buildSparse(values: readonly unknown[]): Record<string, unknown> {
    return Object.fromEntries(
      this.keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]]])),
    )
  }

  equals(other: Shape): boolean {
    return this.has(other.keys)
  }

  has(keys: readonly string[]): boolean {
    const mine = this.keys
    if (mine.length !== keys.length) return false
    for (let i = mine.length - 1; i >= 0; i--) if (mine[i] !== keys[i]) return false
    return true
  }
}

const most = 256
const patience = 1024

/** The shapes met so far. Where maps have ever new keys most pass without a shape: making one costs more than it saves (I6). */
export class ShapeTable {
  // By last key: optional keys tend to come last, so few shapes share it.
  readonly #shapes = new Map<string, Shape[]>()
  readonly #order: Shape[] = []
  #last: Shape | undefined
  #misses = 0

  /** The shape of the map, or undefined. */
  find(map: object): Shape | undefined {
    const keys = Object.keys(map)
    if (this.#last?.has(keys)) return this.#last
    const found = this.#shapes.get(lastOf(keys))?.find((shape) => shape.has(keys))
    this.#last = found ?? this.#admit(keys)
    return this.#last
  }

  #admit(keys: readonly string[]): Shape | undefined {
    if (this.#order.length === most) {
      if (++this.#misses % patience !== 0) return undefined
      this.#forget(this.#order.shift() as Shape)
    }
    const shape = new Shape(keys)
    this.#order.push(shape)
    this.#shapes.set(lastOf(keys), [...(this.#shapes.get(lastOf(keys)) ?? []), shape])
    return shape
  }

  #forget(shape: Shape): void {
    const last = lastOf(shape.keys)
    const others = (this.#shapes.get(last) ?? []).filter((other) => other !== shape)
    if (others.length > 0) this.#shapes.set(last, others)
    else this.#shapes.delete(last)
  }
}

function lastOf(keys: readonly string[]): string {
  return keys.at(-1) ?? ''
}
