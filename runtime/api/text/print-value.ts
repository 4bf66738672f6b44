import { DataException } from '../errors.ts'
import { decimalText, numberText } from '../java-text.ts'
import type { Schema } from '../schema.ts'
import { describe, Struct } from '../struct.ts'
import { Decimal, Instant, isPlainObject, TypedNumber } from '../values.ts'
import { instantText } from './temporal-text.ts'

/** A value as text that `parseText` can read (Connect's `Values.convertToString`). Null stays null. */
export function printValue(schema: Schema | null, value: unknown): string | null {
  if (value === null) return null
  return typeof value === 'string' ? value : print(schema, value)
}

/** As part of a list, map or struct: texts and bytes are quoted. */
function embedded(schema: Schema | null, value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'string' || value instanceof Uint8Array
    ? quoted(typeof value === 'string' ? value : base64(value))
    : print(schema, value)
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function print(schema: Schema | null, value: unknown): string {
  if (typeof value === 'number') return numberText(schema, value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof TypedNumber) return numberText({ type: value.type } as Schema, value.value)
  if (value instanceof Decimal) return decimalText(value)
  if (value instanceof Instant) return instantText(value)
  if (value instanceof Uint8Array) return base64(value)
  if (value instanceof Struct)
    return braces(
      value.schema.fields.map(({ name, index, schema }) => [
        quoted(name),
        embedded(schema, value.at(index)),
      ]),
    )
  const items = schema?.valueSchema ?? null
  if (Array.isArray(value)) return `[${value.map((item) => embedded(items, item)).join(',')}]`
  if (value instanceof Map) {
    const keys = schema?.keySchema ?? null
    return braces(Array.from(value, ([key, item]) => [embedded(keys, key), embedded(items, item)]))
  }
  if (isPlainObject(value))
    return braces(Object.entries(value).map(([key, item]) => [quoted(key), embedded(null, item)]))
  throw new DataException(
    `Failed to serialize unexpected value type ${describe(value)}: ${String(value)}`,
  )
}

function braces(pairs: readonly (readonly string[])[]): string {
  return `{${pairs.map((pair) => pair.join(':')).join(',')}}`
}
