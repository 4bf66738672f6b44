import type { Logical } from '../../runtime/api/index.ts'
import { BadValue } from './array-writer.ts'
import { bool, floats, int8, numeric, wholeNumbers } from './number-wires.ts'
import { isScalar, kindOf, textOf } from './scalar-text.ts'
import type { TableColumn } from './table.ts'
import { dates, epochTimestamps, times, timestamps } from './time-wires.ts'
import { refused, type Wire, type Zones } from './wire-type.ts'

/** The wire for a column, given what the field's schema says it is; the column's type wins over the field's. */
export function wireFor(column: TableColumn, logical: Logical | null, zones: Zones): Wire {
  switch (column.typeName) {
    case 'int2':
      return wholeNumbers('int2', 21, 16)
    case 'int4':
      return wholeNumbers('int4', 23, 32)
    case 'int8':
      return int8
    case 'float4':
      return floats('float4', 700)
    case 'float8':
      return floats('float8', 701)
    case 'numeric':
      return numeric
    case 'bool':
      return bool
    case 'bytea':
      return bytea
    case 'text':
    case 'varchar':
      return text(logical, zones, column.hasPlainEquality)
    case 'timestamp':
      return timestamps('timestamp', 1114, zones.timestamps)
    case 'timestamptz':
      return timestamps('timestamptz', 1184, null)
    case 'date':
      return dates(logical === 'date' ? zones.dates : zones.timestamps)
    case 'time':
      return times(logical, zones.timestamps)
    default:
      return textWire(column, logical, zones)
  }
}

/** The wire for a field that counts micro- or nanoseconds; null where the column is no timestamp: then the count itself goes there. */
export function epochWireFor(
  { typeName }: TableColumn,
  zones: Zones,
  unitsPerMicrosecond: bigint,
): Wire | null {
  if (typeName === 'timestamp')
    return epochTimestamps(typeName, 1114, { zone: zones.timestamps, unitsPerMicrosecond })
  if (typeName === 'timestamptz')
    return epochTimestamps(typeName, 1184, { zone: null, unitsPerMicrosecond })
  return null
}

/** Text that the server casts: for inet, uuid, jsonb, enums, arrays, domains and whatever else has an input function. */
export function textWire(column: TableColumn, logical: Logical | null, zones: Zones): Wire {
  const print = textOf(logical, zones)
  return {
    type: 'text',
    oid: 25,
    cast: column.type,
    write: column.isArray
      ? (writer, value) =>
          writer.text(Array.isArray(value) ? arrayLiteral(value, print) : print(scalar(value)))
      : (writer, value) => writer.text(print(scalar(value))),
    keyOf: null,
  }
}

function text(logical: Logical | null, zones: Zones, hasPlainEquality: boolean): Wire {
  const print = textOf(logical, zones)
  return {
    type: 'text',
    oid: 25,
    cast: null,
    write: (writer, value) => writer.text(typeof value === 'string' ? value : print(scalar(value))),
    keyOf: hasPlainEquality
      ? (value) => (typeof value === 'string' ? value : print(scalar(value)))
      : null,
  }
}

function scalar(value: unknown): unknown {
  if (!isScalar(value)) throw new BadValue(`a ${kindOf(value)}`)
  return value
}

const bytea: Wire = {
  type: 'bytea',
  oid: 17,
  cast: null,
  write: (writer, value) => writer.bytes(octets(value)),
  keyOf: (value) => Buffer.from(octets(value)).toString('latin1'),
}

function octets(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw refused(value)
}

function arrayLiteral(items: readonly unknown[], print: (value: unknown) => string): string {
  const texts = items.map((item) => {
    if (item === null || item === undefined) return 'NULL'
    if (!isScalar(item)) throw new BadValue(`an array with a ${kindOf(item)} in it`)
    const text =
      item instanceof Uint8Array ? `\\x${Buffer.from(item).toString('hex')}` : print(item)
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${texts.join(',')}}`
}
