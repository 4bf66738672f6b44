import { doubleText } from '../api/java-text.ts'

/**
 * JSON whose integers keep every digit: those beyond 2^53 are `bigint`. To the byte as Kafka Connect's writer (Jackson) has it, for a topic is
 * compacted by bytes: escapes in upper case, characters beyond the first plane escaped, doubles as Java prints them.
 */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return json.rawJSON(`${each}`)
    return typeof each === 'number' && (!Number.isSafeInteger(each) || Object.is(each, -0))
      ? json.rawJSON(doubleText(each))
      : each
  })
  return text.replace(escapes, (found) =>
    found.length === 2 && found.startsWith('\\') ? found : escaped(found),
  )
}

/** `\u001f`, any other escape, a character beyond the first plane. */
const escapes = /\\u[0-9a-f]{4}|\\.|[\ud800-\udbff][\udc00-\udfff]/g

function escaped(found: string): string {
  if (found.startsWith('\\')) return `\\u${found.slice(2).toUpperCase()}`
  return found
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase()}`)
    .join('')
}

/** Undefined for what is no JSON. */
export function readJson(text: string): unknown {
  try {
    return json.parse(text, (_, value, { source }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
        ? BigInt(source as string)
        : value,
    )
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What V8 has and TypeScript's library does not know yet: raw text, and the source of a number. */
const json = JSON as unknown as {
  rawJSON(text: string): unknown
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown
}
