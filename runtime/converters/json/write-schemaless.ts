import {
  DataException,
  describe,
  doubleText,
  floatText,
  isPlainObject,
  Struct,
  TypedNumber,
} from '../../api/index.ts'
import { quote } from './json-string.ts'
import { maxDepth } from './plain-json.ts'
import { base64Json, floatJson } from './write-value.ts'

/** A value without a schema → its JSON text. */
export function writeSchemaless(value: unknown): string {
  return isPlain(value, 0) ? JSON.stringify(value) : write(value, 0)
}

/** Whether `JSON.stringify` says exactly what the value is: no bigint, no typed or infinite number, no -0, no bytes, no Map. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isInteger(value) ? isLong(value) : Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth === maxDepth) throw tooDeep()
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const key in value) if (!isPlain(value[key], depth + 1)) return false
  return true
}

/** A whole number that 64 bits hold is an int64; any other number is a float. */
function isLong(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 && !Object.is(value, -0)
}

function tooDeep(): DataException {
  return new DataException(`The value is nested deeper than ${maxDepth} levels`, {
    hint: 'No JSON reader of Connect takes such a text: flatten the value.',
  })
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      return isLong(value) ? String(BigInt(value)) : floatJson(value, doubleText)
  }
  if (value === null) return 'null'
  if (value instanceof TypedNumber) return writeTyped(value)
  if (value instanceof Uint8Array) return base64Json(value)
  if (depth === maxDepth) throw tooDeep()
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  if (value instanceof Map) return writeMap(value, depth + 1)
  if (isPlainObject(value)) {
    const members = Object.entries(value).map(
      ([key, item]) => `${quote(key)}:${write(item, depth + 1)}`,
    )
    return `{${members.join(',')}}`
  }
  if (value instanceof Struct) throw new DataException('Mismatching schema.')
  throw new DataException(
    `Java class ${describe(value)} does not have corresponding schema type.`,
    {
      hint: 'JSON without a schema has no dates and no decimals: give the value a schema, or convert it before.',
    },
  )
}

function writeTyped({ type, value }: TypedNumber): string {
  if (type === 'float32') return floatJson(value, floatText)
  return type === 'float64' ? floatJson(value, doubleText) : String(value)
}

function writeMap(map: ReadonlyMap<unknown, unknown>, depth: number): string {
  const pairs = [...map]
  const isObject = pairs.every(([key]) => typeof key === 'string')
  const texts = pairs.map(([key, value]) =>
    isObject
      ? `${quote(key as string)}:${write(value, depth)}`
      : `[${write(key, depth)},${write(value, depth)}]`,
  )
  return isObject ? `{${texts.join(',')}}` : `[${texts.join(',')}]`
}
