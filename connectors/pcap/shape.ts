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
  let lastMs = Number.NaN
  let lastText = ''
  return {
    schema: null,
    value(frame, timestampMs) {
      if (timestampMs !== lastMs) {
        lastMs = timestampMs
        lastText = `${timestampMs}`
      }
      const value: Record<string, unknown> = { timestamp: lastText }
      for (let i = 0; i < fields.length; i++) {
        const { name, slot, kind } = fields[i]!
        const first = frame.first(slot)
        if (first === undefined) continue
        if (kind === 'boolean') {
          value[name] = true
          continue
        }
        const texts = [fieldText(kind, first)]
        for (const next of frame.more(slot)) texts.push(fieldText(kind, next))
        value[name] = texts
      }
      return value
    },
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
