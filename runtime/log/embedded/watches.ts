import type { Catalog, Partition } from './catalog.ts'
import type { WriterRequest } from './protocol.ts'

type Watch = Extract<WriterRequest, { op: 'watch' }>

/** Who waits for what. A watch fires once; nothing runs for those that wait, however long. */
export class Watches {
  readonly #catalog: Catalog
  readonly #byPartition = new Map<number, Set<() => void>>()
  readonly #byTopics = new Set<() => void>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Calls `fire` once, later; the returned function takes the watch back. */
  add({ partitions, topics }: Watch, fire: () => void): () => void {
    const places = partitions.map((place) => this.#catalog.find(place))
    let isDone = false
    const remove = () => {
      isDone = true
      for (const place of places) if (place) this.#remove(place.id, once)
      this.#byTopics.delete(once)
    }
    const once = () => {
      if (isDone) return
      remove()
      fire()
    }
    for (const place of places) {
      if (!place) continue
      const watches = this.#byPartition.get(place.id) ?? new Set()
      this.#byPartition.set(place.id, watches.add(once))
    }
    if (topics !== undefined) this.#byTopics.add(once)
    const isDue =
      (topics !== undefined && topics !== this.#catalog.version) ||
      partitions.some(({ offset }, i) => (places[i]?.next ?? 0) > offset)
    if (isDue) setImmediate(once)
    return remove
  }

  grown(partitions: Iterable<Partition>): void {
    for (const { id } of partitions) {
      for (const fire of [...(this.#byPartition.get(id) ?? [])]) fire()
    }
  }

  topicsChanged(): void {
    for (const fire of [...this.#byTopics]) fire()
  }

  #remove(id: number, once: () => void): void {
    const watches = this.#byPartition.get(id)
    watches?.delete(once)
    if (watches?.size === 0) this.#byPartition.delete(id)
  }
}
