import { DataException, type Schema, type SchemaAndValue } from '../../api/index.ts'
import { isObject, type JsonTree, member } from './json-tree.ts'
import type { Fractions } from './plain-json.ts'
import { asBuffer, readJson, readPart, schemalessOf } from './read-json.ts'
import { compileReader, fractionsFor, type ReadOptions, type ValueReader } from './read-value.ts'
import { readSchema } from './schema-json.ts'

/** A schema that was read, and how to read values of it. */
export interface KnownSchema {
  readonly schema: Schema | null
  readonly read: ValueReader
  readonly fractions: Fractions
}

interface Prefix {
  /** The record's bytes up to the payload: `{"schema":…,"payload":`. */
  readonly bytes: Buffer
  readonly known: KnownSchema
}

const maxPrefixes = 8
const maxPrefixBytes = 1 << 16
const closingBrace = 125

/**
 * Reads `{"schema":…,"payload":…}`. Records of one type begin with the same bytes: what follows such a beginning is a payload of the schema that it
 * gave the first time, so the schema is not parsed again.
 */
export class EnvelopeReader {
  readonly #options: ReadOptions
  readonly #cacheSize: number
  /** I6: by the text of the schema, the oldest goes first. */
  readonly #schemas = new Map<string, KnownSchema>()
  /** The latest used first. */
  #prefixes: Prefix[] = []

  constructor(options: ReadOptions, cacheSize: number) {
    this.#options = options
    this.#cacheSize = Math.max(1, cacheSize)
  }

  read(bytes: Uint8Array): SchemaAndValue {
    const buffer = asBuffer(bytes)
    const prefix = this.#prefixOf(buffer)
    if (prefix !== undefined) {
      const { known, bytes } = prefix
      const payload = payloadOf(buffer, bytes.length, known)
      if (payload !== undefined)
        return {
          schema: known.schema,
          value: known.schema === null ? payload : known.read(payload as JsonTree),
        }
    }
    return this.#readWhole(buffer)
  }

  #prefixOf(buffer: Buffer): Prefix | undefined {
    for (let i = 0; i < this.#prefixes.length; i++) {
      const prefix = this.#prefixes[i] as Prefix
      const length = prefix.bytes.length
      if (buffer.length <= length || prefix.bytes.compare(buffer, 0, length) !== 0) continue
      if (i > 0) this.#prefixes = [prefix, ...this.#prefixes.filter((each) => each !== prefix)]
      return prefix
    }
    return undefined
  }

  #readWhole(buffer: Buffer): SchemaAndValue {
    const tree = readJson(buffer, 'exact', 'none') as JsonTree
    const schema = isObject(tree) ? member(tree, 'schema') : undefined
    const payload = isObject(tree) ? member(tree, 'payload') : undefined
    if (schema === undefined || payload === undefined || Object.keys(tree as object).length !== 2)
      throw new DataException(
        'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.',
      )
    const known = this.known(schema)
    this.#remember(buffer, known)
    return {
      schema: known.schema,
      value: known.schema === null ? schemalessOf(payload) : known.read(payload),
    }
  }

  /** The schema of that JSON; the same one for the same JSON. */
  known(tree: JsonTree): KnownSchema {
    const text = JSON.stringify(tree, (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
    const found = this.#schemas.get(text)
    if (found !== undefined) return found
    const schema = readSchema(tree, this.#options)
    const known: KnownSchema = {
      schema,
      read: schema === null ? schemalessReader : compileReader(schema, this.#options),
      fractions: schema === null ? 'any' : fractionsFor(schema),
    }
    this.#schemas.set(text, known)
    const [oldest] = this.#schemas.keys()
    if (this.#schemas.size > this.#cacheSize && oldest !== undefined) this.#schemas.delete(oldest)
    return known
  }

  #remember(buffer: Buffer, known: KnownSchema): void {
    const length = prefixLength(buffer)
    // Another "schema" may follow, and count: then these bytes say nothing.
    if (length === undefined || payloadOf(buffer, length, known) === undefined) return
    const bytes = Buffer.from(buffer.subarray(0, length))
    const others = this.#prefixes.filter((each) => !each.bytes.equals(bytes))
    this.#prefixes = [{ bytes, known }, ...others].slice(0, maxPrefixes)
  }
}

/** What stands between the prefix and the closing brace, if that is one value; else undefined. */
function payloadOf(buffer: Buffer, start: number, { schema, fractions }: KnownSchema): unknown {
  const numbers = schema === null ? 'schemaless' : 'exact'
  return readPart(buffer, start, endOfPayload(buffer, start), numbers, fractions)
}

function schemalessReader(tree: JsonTree | undefined): unknown {
  return schemalessOf(tree ?? null)
}

/** Where the object's closing brace stands; blanks may follow. */
function endOfPayload(buffer: Buffer, start: number): number {
  let end = buffer.length - 1
  while (end > start && isBlank(buffer[end])) end--
  return buffer[end] === closingBrace ? end : start
}

function isBlank(code: number | undefined): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

const head = /[ \t\r\n]*\{[ \t\r\n]*"schema"[ \t\r\n]*:/y
const neck = /[ \t\r\n]*,[ \t\r\n]*"payload"[ \t\r\n]*:/y

/** How many bytes stand before the payload of an envelope that begins with its schema, as Connect writes them. */
function prefixLength(buffer: Buffer): number | undefined {
  const text = buffer.toString('latin1', 0, maxPrefixBytes)
  head.lastIndex = 0
  if (!head.test(text)) return undefined
  neck.lastIndex = endOfValue(text, head.lastIndex)
  return neck.test(text) ? neck.lastIndex : undefined
}

/** The end of an object, or of a word like `null`, in what is known to be JSON. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++
    } else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    else if (char === ',' && depth === 0) return i
  }
  return text.length
}
