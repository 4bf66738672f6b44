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
    for (let i = 0; i < mine.length; i++) if (mine[i] !== keys[i]) return false
    return true
  }
}

const most = 16
const patience = 64

/** The shapes met of late. Where maps have ever new keys, most pass without a shape: making one costs more than it saves. */
export class ShapeTable {
  /** The one met last comes first. */
  readonly #shapes: Shape[] = []
  #misses = 0

  /** The shape of the map, or undefined. */
  find(map: object): Shape | undefined {
    const keys = Object.keys(map)
    const shapes = this.#shapes
    for (let i = 0; i < shapes.length; i++) {
      const shape = shapes[i] as Shape
      if (shape.has(keys)) {
        if (i > 0) this.#moveToFront(i, shape)
        return shape
      }
    }
    return this.#admit(keys)
  }

  #moveToFront(index: number, shape: Shape): void {
    this.#shapes.copyWithin(1, 0, index)
    this.#shapes[0] = shape
  }

  #admit(keys: readonly string[]): Shape | undefined {
    if (this.#shapes.length === most) {
      if (++this.#misses % patience !== 0) return undefined
      this.#shapes.pop()
    }
    const shape = new Shape(keys)
    this.#shapes.unshift(shape)
    return shape
  }
}
