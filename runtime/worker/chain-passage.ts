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
  /** Up to date but for key and value: `current` has these too. */
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

  patch(patch: RecordPatch): void {
    if (!changes(patch)) return
    this.current()
    const copy = this.#copy()
    if (patch.topic !== undefined) copy.topic = patch.topic
    if (patch.partition !== undefined) copy.partition = patch.partition
    if (patch.keySchema !== undefined) copy.keySchema = patch.keySchema
    if (patch.key !== undefined) copy.key = patch.key
    if (patch.valueSchema !== undefined) copy.valueSchema = patch.valueSchema
    if (patch.value !== undefined) copy.value = patch.value
    if (patch.timestamp !== undefined) copy.timestamp = patch.timestamp
    if (patch.headers !== undefined) copy.headers = patch.headers
    this.key.begin(copy.keySchema, copy.key)
    this.value.begin(copy.valueSchema, copy.value)
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

function changes(patch: RecordPatch): boolean {
  for (const member in patch) if (patch[member as keyof RecordPatch] !== undefined) return true
  return false
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
