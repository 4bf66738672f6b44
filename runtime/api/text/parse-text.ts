import type { SchemaAndValue } from '../record.ts'
import {
  BOOLEAN,
  decimal,
  FLOAT32,
  FLOAT64,
  INT8,
  INT16,
  INT32,
  INT64,
  Schema,
  STRING,
} from '../schema.ts'
import { convertUnparsed } from './convert-unparsed.ts'
import { parseDecimal, toFloat32, toFloat64, wholeLong } from './decimal-number.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { printValue } from './print-value.ts'
import { retype } from './retype.ts'
import { parseTemporal } from './temporal-text.ts'
import { Tokens, trim } from './tokens.ts'

/**
 * Text → the most specific value that it may mean (Connect's `Values.parseString`): `null`, booleans, numbers in the smallest type that holds
 * them, ISO dates, lists, maps, else a string. The text `null` gives null, a null nothing of either.
 */
export function parseText(text: string | null): SchemaAndValue | null {
  if (text === null) return { schema: null, value: null }
  if (text === '') return { schema: STRING, value: '' }
  return new TextParser(text).parseWhole()
}

/** An element: null is the word `null`, undefined that the text is none. */
type Element = SchemaAndValue | null | undefined

// Deeper texts stay strings, so that none can exhaust the stack.
const maxDepth = 500

class TextParser {
  readonly #tokens: Tokens
  #depth = 0

  constructor(text: string) {
    this.#tokens = new Tokens(text)
  }

  parseWhole(): SchemaAndValue | null {
    const literal = this.#literal(true)
    if (literal !== undefined) return literal
    const { text } = this.#tokens
    return this.#collection() ?? this.#plain() ?? { schema: STRING, value: text }
  }

  #element(): Element {
    const tokens = this.#tokens
    if (!tokens.hasNext()) return null
    if (tokens.skip('"')) return this.#quoted()
    const literal = this.#literal(false)
    if (literal !== undefined) return literal
    return this.#collection() ?? this.#plain()
  }

  /** `null`, `true`, `false`; as the whole text only when nothing follows. */
  #literal(isWhole: boolean): Element {
    for (const [word, meaning] of literals) {
      const start = this.#tokens.mark()
      if (!this.#tokens.skip(word)) continue
      if (!isWhole || !this.#tokens.hasNext()) return meaning
      this.#tokens.rewindTo(start)
    }
    return undefined
  }

  #collection(): SchemaAndValue | undefined {
    const start = this.#tokens.mark()
    if (this.#depth >= maxDepth) return undefined
    this.#depth++
    const found = this.#tokens.skip('[')
      ? this.#list()
      : this.#tokens.skip('{')
        ? this.#map()
        : undefined
    this.#depth--
    if (found === undefined) this.#tokens.rewindTo(start)
    return found
  }

  #quoted(): SchemaAndValue {
    const tokens = this.#tokens
    let content = ''
    while (tokens.hasNext() && !tokens.skip('"')) content += tokens.next()
    return parseTemporal(content) ?? { schema: STRING, value: content }
  }

  #list(): SchemaAndValue | undefined {
    const tokens = this.#tokens
    const items: (SchemaAndValue | null)[] = []
    while (tokens.hasNext()) {
      if (tokens.skip(']')) return listOf(items)
      if (tokens.skip(',')) return undefined
      const item = this.#element()
      if (item === undefined) return undefined
      items.push(item)
      const start = tokens.mark()
      if (tokens.skip(']')) tokens.rewindTo(start)
      else if (!tokens.skip(',')) return undefined
    }
    return undefined
  }

  #map(): SchemaAndValue | undefined {
    const tokens = this.#tokens
    const keys: SchemaAndValue[] = []
    const values: (SchemaAndValue | null)[] = []
    while (tokens.hasNext()) {
      if (tokens.skip('}')) return mapOf(keys, values)
      if (tokens.skip(',')) return undefined
      const key = this.#element()
      if (key === undefined || key === null || !tokens.skip(':')) return undefined
      const value = this.#element()
      if (value === undefined) return undefined
      keys.push(key)
      values.push(value)
      tokens.skip(',')
    }
    return undefined
  }

  /** A date or a number, or blanks. */
  #plain(): SchemaAndValue | undefined {
    const tokens = this.#tokens
    const found = tokens.next()
    const token = trim(found)
    if (token === '') return { schema: STRING, value: found }
    const isDigit = /^\p{Nd}/u.test(token)
    if (isDigit) {
      // Its colons cut a time into five tokens.
      const start = tokens.mark()
      const rest = tokens.take(4)
      const whole = rest === undefined ? undefined : parseTemporal(token + rest)
      if (whole !== undefined) return whole
      tokens.rewindTo(start)
      const temporal = parseTemporal(token)
      if (temporal !== undefined) return temporal
    }
    return isDigit || token.startsWith('+') || token.startsWith('-')
      ? parseNumber(token)
      : undefined
  }
}

const literals: readonly (readonly [string, SchemaAndValue | null])[] = [
  ['null', null],
  ['true', { schema: BOOLEAN, value: true }],
  ['false', { schema: BOOLEAN, value: false }],
]

const integerTypes = [
  [INT8, 8],
  [INT16, 16],
  [INT32, 32],
] as const

function parseNumber(token: string): SchemaAndValue | undefined {
  const number = parseDecimal(token)
  if (number === undefined) return undefined
  const whole = wholeLong(number)
  if (whole !== undefined) {
    for (const [schema, bits] of integerTypes)
      if (BigInt.asIntN(bits, whole) === whole) return { schema, value: Number(whole) }
    return { schema: INT64, value: whole }
  }
  if (number.scale !== 0) {
    const float = toFloat32(number)
    if (Number.isFinite(float)) return { schema: FLOAT32, value: float }
    const double = toFloat64(number)
    if (Number.isFinite(double)) return { schema: FLOAT64, value: double }
  }
  return { schema: decimal(number.scale), value: number }
}

function commonSchema(items: readonly (SchemaAndValue | null)[]): Schema | null {
  let common: Schema | null = null
  for (const item of items) {
    if (!item?.schema) continue
    common = common === null ? item.schema : mergeSchemas(common, item.schema)
    if (common === null) return null
  }
  return common
}

/** Undefined when a null stands among values that cannot be null, or one cannot be made of the common type. */
function aligned(
  items: readonly (SchemaAndValue | null)[],
  schema: Schema | null,
): unknown[] | undefined {
  if (schema === null) return items.map((item) => item && retype(item.schema, null, item.value))
  if (items.includes(null)) return undefined
  try {
    return (items as SchemaAndValue[]).map((item) =>
      schema.type === 'array' || schema.type === 'map'
        ? retype(item.schema, schema, item.value)
        : convertUnparsed(schema, null, item.value),
    )
  } catch {
    return undefined
  }
}

function listOf(items: readonly (SchemaAndValue | null)[]): SchemaAndValue | undefined {
  const valueSchema = commonSchema(items)
  const value = aligned(items, valueSchema)
  return value && { schema: new Schema({ type: 'array', valueSchema }), value }
}

function mapOf(
  keys: readonly SchemaAndValue[],
  values: readonly (SchemaAndValue | null)[],
): SchemaAndValue | undefined {
  const keySchema = commonSchema(keys)
  const valueSchema = keySchema && commonSchema(values)
  const last = new Map(keys.map((key, i) => [identity(key), [key, values[i] ?? null] as const]))
  const pairs = [...last.values()]
  const alignedKeys = aligned(
    pairs.map(([key]) => key),
    keySchema,
  )
  const alignedValues = aligned(
    pairs.map(([, value]) => value),
    valueSchema,
  )
  if (!alignedKeys || !alignedValues) return undefined
  return {
    schema: new Schema({ type: 'map', keySchema, valueSchema }),
    value: new Map(alignedKeys.map((key, i) => [key, alignedValues[i]])),
  }
}

/** Equal keys have equal texts and one type: a repeated key keeps its place and takes the later value. */
function identity({ schema, value }: SchemaAndValue): string {
  return `${schema?.type} ${printValue(schema, value)}`
}
