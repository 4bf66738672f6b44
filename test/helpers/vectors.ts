import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { ConnectRecord, Schema } from '../../runtime/api/index.ts'
import {
  fromRecord,
  fromSchema,
  fromValue,
  type TypedRecord,
  type TypedSchema,
  type TypedValue,
  toRecord,
  toSchema,
  toValue,
} from './typed-values.ts'

export * from './typed-values.ts'

/**
 * What Kafka Connect 4.3.1 answers, case by case (`test/fixtures/vectors/*.jsonl.gz`), and how to hold our answers against it. Expected and
 * actual are both brought into the vectors' own notation, in one order, and compared there: `difference` names the first place that differs.
 */

export interface TypedError {
  readonly class: string
  readonly message?: string
  readonly phase: string
  readonly stage?: number
  readonly loose?: boolean
}

export interface Vector {
  readonly id: string
  readonly plugin: string
  readonly config: Readonly<Record<string, string | null>>
  readonly op?: string
  readonly isKey?: boolean
  // The members' shapes hang on plugin and op: each test knows its own.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly input?: any
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly output?: any
  readonly test?: boolean
  readonly configured?: boolean
  readonly droppedAt?: number
  readonly notes?: unknown
  readonly error?: TypedError
}

const folder = new URL('../fixtures/vectors/', import.meta.url)

export function readVectors(name: string): Vector[] {
  const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder))).toString()
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Vector]))
}

/** Ids of the cases where we differ on purpose: `NAME.exceptions.json` holds `[{ "reason": "…", "ids": ["…"] }]`. */
export function knownExceptions(name: string): Map<string, string> {
  const file = new URL(`${name}.exceptions.json`, folder)
  if (!existsSync(file)) return new Map()
  const groups: { reason: string; ids: string[] }[] = JSON.parse(readFileSync(file, 'utf8'))
  return new Map(groups.flatMap(({ reason, ids }) => ids.map((id) => [id, reason] as const)))
}

interface Asserts {
  fail(message: string, extra: object): unknown
  pass(message: string): unknown
  equal(found: unknown, wanted: unknown, message: string): unknown
}

/** Replays the wanted cases of a file: each must show no difference, except the known exceptions, each of which must show one. */
export function replay(
  t: Asserts,
  name: string,
  wanted: (vector: Vector) => boolean,
  differenceOf: (vector: Vector) => string | undefined,
): void {
  const exceptions = knownExceptions(name)
  const vectors = readVectors(name).filter(wanted)
  const wrong = vectors.flatMap((vector) => {
    const found = differenceOf(vector)
    const reason = exceptions.get(vector.id)
    if (reason !== undefined)
      return found === undefined ? [`${vector.id}: no longer an exception (${reason})`] : []
    return found === undefined ? [] : [`${vector.id}: ${found}\n    ${JSON.stringify(vector)}`]
  })
  t.equal(vectors.length > 0, true, `${name}: there are cases`)
  if (wrong.length === 0) t.pass(`${vectors.length} cases`)
  else t.fail(`${wrong.length} of ${vectors.length} cases`, { found: wrong.slice(0, 10) })
}

/** Undefined when the record is what the vector says (null: dropped). */
export function recordDifference(
  expected: TypedRecord | null,
  actual: ConnectRecord | null,
): string | undefined {
  return difference(
    expected && fromRecord(toRecord(expected)),
    actual && fromRecord(actual),
    expected === null ? 'dropped record' : 'record',
  )
}

export function valueDifference(
  expected: { schema: TypedSchema | null; value: TypedValue },
  actual: { schema: Schema | null; value: unknown },
): string | undefined {
  const schema = toSchema(expected.schema)
  return difference(
    { schema: fromSchema(schema), value: fromValue(schema, toValue(schema, expected.value)) },
    { schema: fromSchema(actual.schema), value: fromValue(actual.schema, actual.value) },
    '',
  )
}

/** The first place where two trees of plain JSON differ. */
export function difference(expected: unknown, actual: unknown, path: string): string | undefined {
  if (Object.is(expected, actual)) return undefined
  if (isTree(expected) && isTree(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const found = difference(expected[key], actual[key], `${path}.${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Runs it and holds what it threw (or that it threw nothing) against the vector's error. */
export function failure(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

/** Undefined when the error is of the expected kind and says the same; what Java says of a value inside the message may be in our words. */
export function errorDifference(
  expected: TypedError,
  actual: unknown,
  where: { readonly phase?: string; readonly stage?: number } = {},
): string | undefined {
  if (!(actual instanceof Error)) return `expected ${expected.class}, nothing was thrown`
  if (expected.loose) return undefined
  if (where.phase !== undefined && where.phase !== expected.phase)
    return `expected phase ${expected.phase}, got ${where.phase} (${actual.message})`
  if (where.stage !== undefined && where.stage !== expected.stage)
    return `expected stage ${expected.stage}, got ${where.stage}`
  const kind = expected.class.split(/[.$]/).at(-1)
  if (kind !== actual.name) return `expected ${kind}, got ${actual.name}: ${actual.stack}`
  const says = expected.message ?? ''
  const same = [inOurWords, withoutValues].some((view) => view(says) === view(actual.message))
  return same ? undefined : `expected message\n    ${says}\n  got\n    ${actual.message}`
}

/** Class names out. */
function inOurWords(message: string): string {
  return message
    .replace(/\b(class )+\[?[\w.$]+;?/g, 'CLASS')
    .replace(/(found: )(\S+)$/, '$1CLASS')
    .replace(/\b(java|org)(\.[a-z]\w*)+\.[A-Z]\w*/g, 'CLASS')
}

/** The text of maps, lists and structs out as well. */
function withoutValues(message: string): string {
  return inOurWords(message).replace(/(Struct)?\{.*\}|\[.*\]/s, 'VALUE')
}
