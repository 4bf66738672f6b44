import { type ConnectRecord, isPlainObject, type RecordPatch, type Schema } from '../api/index.ts'
import { type Shape, ShapeTable } from './chain-shape.ts'

/** The key or the value of the record under way. */
export class Part {
  schema: Schema | null = null
  isChanged = false
  /** Set while the value is spread out as `values`. */
  shape: Shape | null = null
  values: readonly unknown[] = []
  readonly #shapes = new ShapeTable()
  #value: unknown = null
  /** Whether `#value` is still what `shape` and `values` say. */
  #isBuilt = true

  begin(schema: Schema | null, value: unknown): void {
    this.schema = schema
    this.#value = value
    this.shape = null
    this.#isBuilt = true
    this.isChanged = false
  }

  get value(): unknown {
    if (!this.#isBuilt) {
      this.#value = (this.shape as Shape).build(this.values)
      this.#isBuilt = true
    }
    return this.#value
  }

  set(schema: Schema | null, value: unknown): void {
    this.begin(schema, value)
    this.isChanged = true
  }

  /** Spreads a schemaless map out; false for anything else. */
  spread(): boolean {
    if (this.shape !== null) return true
    const value = this.#value
    if (!isPlainObject(value)) return false
    const shape = this.#shapes.find(value)
    if (shape === undefined) return false
    this.shape = shape
    this.values = Object.values(value)
    return true
  }

  setSpread(shape: Shape, values: readonly unknown[]): void {
    this.shape = shape
    this.values = values
    this.#isBuilt = false
    this.isChanged = true
  }
}

/** One record on its way through the stages. Its own members are never touched: the first change makes a copy. Used again for every record. */
export class Passage {
  readonly key = new Part()
  readonly value = new Part()
  /** Up to date but for key and value, which may be as they came in. */
  record: ConnectRecord = none
  #isCopy = false

  begin(record: ConnectRecord): void {
    this.record = record
    this.#isCopy = false
    this.key.begin(record.keySchema, record.key)
    this.value.begin(record.valueSchema, record.value)
  }

  /** The record as the stages so far made it; the very one that came in while nothing has changed. */
  current(): ConnectRecord {
    const { key, value } = this
    if (!key.isChanged && !value.isChanged) return this.record
    const copy = this.#copy()
    if (key.isChanged) {
      copy.keySchema = key.schema
      copy.key = key.value
    }
    if (value.isChanged) {
      copy.valueSchema = value.schema
      copy.value = value.value
    }
    return copy
  }

  /** `current` for who looks at the key or the value; building these costs. */
  seenBy(readsParts: boolean): ConnectRecord {
    return readsParts ? this.current() : this.record
  }

  patch(patch: RecordPatch): void {
    const { topic, partition, timestamp, headers } = patch
    if (topic !== undefined) this.#copy().topic = topic
    if (partition !== undefined) this.#copy().partition = partition
    if (timestamp !== undefined) this.#copy().timestamp = timestamp
    if (headers !== undefined) this.#copy().headers = headers
    patchPart(this.key, patch.keySchema, patch.key)
    patchPart(this.value, patch.valueSchema, patch.value)
  }

  #copy(): Writable<ConnectRecord> {
    if (!this.#isCopy) {
      this.record = { ...this.record }
      this.#isCopy = true
    }
    return this.record
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function patchPart(part: Part, schema: Schema | null | undefined, value: unknown): void {
  if (schema === undefined && value === undefined) return
  part.set(schema === undefined ? part.schema : schema, value === undefined ? part.value : value)
}

/** Stands there before the first record. */
const none: ConnectRecord = Object.freeze({
  topic: '',
  partition: null,
  keySchema: null,
  key: null,
  valueSchema: null,
  value: null,
  timestamp: null,
  headers: [],
  offset: null,
})
