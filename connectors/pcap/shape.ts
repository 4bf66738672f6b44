import {
  OPTIONAL_BOOLEAN,
  OPTIONAL_INT32,
  OPTIONAL_INT64,
  OPTIONAL_STRING,
  Schema,
  Struct,
} from '../../runtime/api/index.ts'
import {
  type FieldKind,
  type Frame,
  fieldText,
  type PacketField,
} from '../../runtime/packet/index.ts'

/** What a record's value is made of. */
export interface Shape {
  readonly schema: Schema | null
  value(frame: Frame, timestampMs: number): unknown
}

/** As `tshark -T ek` prints: fields that do not occur are absent, the others are lists of texts in the order of the frame. */
export function wiresharkShape(fields: readonly PacketField[]): Shape {
  const templates = new Templates(fields)
  const lists = fields.map(({ kind }) => new FieldLists(kind))
  const found: unknown[] = []
  let lastMs = Number.NaN
  let lastText = ''
  return {
    schema: null,
    value(frame, timestampMs) {
      if (timestampMs !== lastMs) {
        lastMs = timestampMs
        lastText = `${timestampMs}`
      }
      let count = 0
      templates.begin()
      for (let i = 0; i < fields.length; i++) {
        const { slot } = fields[i]!
        const first = frame.first(slot)
        if (first === undefined) continue
        found[count++] = lists[i]!.of(first, frame.more(slot))
        templates.add(i)
      }
      const { template, names } = templates.end()
      const value = { ...template }
      value['timestamp'] = lastText
      for (let i = 0; i < count; i++) value[names[i]!] = found[i]
      return value
    },
  }
}

/** The value of one field, frame after frame. What occurs once and as in the frame before is the same list again: nobody changes a record. */
class FieldLists {
  readonly #kind: FieldKind
  #first: string | number | undefined
  #list: readonly string[] = []

  constructor(kind: FieldKind) {
    this.#kind = kind
  }

  of(first: string | number, more: readonly (string | number)[]): unknown {
    if (this.#kind === 'boolean') return true
    if (more.length > 0)
      return [first, ...more].map((occurrence) => fieldText(this.#kind, occurrence))
    if (first !== this.#first) {
      this.#first = first
      this.#list = [fieldText(this.#kind, first)]
    }
    return this.#list
  }
}

interface Template {
  /** An object with all these members: a copy has the right shape at once, where adding one after the other would make it grow. */
  readonly template: Record<string, unknown>
  readonly names: readonly string[]
}

interface TemplateNode {
  readonly next: (TemplateNode | undefined)[]
  made?: Template
}

/** I6: captures hold few kinds of packets, and a damaged one shall not fill the memory with shapes. */
const MAX_TEMPLATES = 4096

/** Templates by which fields a packet has: a tree with a step for each field. */
class Templates {
  readonly #fields: readonly PacketField[]
  #root: TemplateNode = { next: [] }
  #node = this.#root
  #path: number[] = []
  #made = 0

  constructor(fields: readonly PacketField[]) {
    this.#fields = fields
  }

  begin(): void {
    this.#node = this.#root
    this.#path.length = 0
  }

  add(field: number): void {
    this.#path.push(field)
    let node = this.#node.next[field]
    if (node === undefined) {
      node = { next: [] }
      this.#node.next[field] = node
    }
    this.#node = node
  }

  end(): Template {
    const { made } = this.#node
    if (made !== undefined) return made
    if (this.#made++ === MAX_TEMPLATES) {
      this.#root = { next: [] }
      this.#made = 0
    }
    const names = this.#path.map((field) => this.#fields[field]!.name)
    const template: Record<string, unknown> = { timestamp: null }
    for (const name of names) template[name] = null
    this.#node.made = { template, names }
    return this.#node.made
  }
}

const schemas: Readonly<Record<FieldKind, Schema>> = {
  string: OPTIONAL_STRING,
  int32: OPTIONAL_INT32,
  hex: OPTIONAL_INT32,
  int64: OPTIONAL_INT64,
  boolean: OPTIONAL_BOOLEAN,
}

/** One schema for all packets: every field optional, its first occurrence, numbers as numbers. */
export function typedShape(fields: readonly PacketField[]): Shape {
  const schema = new Schema({
    type: 'struct',
    name: 'tapline.pcap.Packet',
    fields: fields.map(({ name, kind }) => ({ name, schema: schemas[kind] })),
  })
  return {
    schema,
    value(frame) {
      const values: unknown[] = new Array(fields.length)
      for (let i = 0; i < fields.length; i++) {
        const { slot, kind } = fields[i]!
        const first = frame.first(slot)
        if (first === undefined) values[i] = null
        else if (kind === 'int64') values[i] = BigInt(first)
        else values[i] = kind === 'boolean' ? true : first
      }
      return new Struct(schema, values)
    },
  }
}
