import { HttpError } from './http-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A body whose numbers and booleans are the very text they had (`1.0`, `12345678901234567890`, `1e3`): a connector's config is text, and a
 * number that passes through a double comes back as another one.
 */
export function parseKeepingText(body: Uint8Array): unknown {
  return parseJson(body, asText)
}

/** `revive` as for `JSON.parse`. */
export function parseJson(body: Uint8Array, revive: typeof asText): unknown {
  if (body.length === 0) {
    throw new HttpError(400, 'REST_BAD_BODY', {
      message: 'The body is empty: a JSON object is needed',
    })
  }
  const text = decode(body)
  try {
    return JSON.parse(text, revive)
  } catch (error) {
    throw refusal(text, error as Error)
  }
}

function asText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? context?.source : value
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new HttpError(400, 'REST_BAD_JSON', {
      message: 'The body is not UTF-8',
      hint: 'Save and send the JSON as UTF-8.',
    })
  }
}

/** Never the parser's own text: it quotes the body, and the body holds passwords (I5). */
function refusal(text: string, error: Error): HttpError {
  if (!(error instanceof SyntaxError)) {
    return new HttpError(400, 'REST_BAD_JSON', { message: 'The body is nested too deeply' })
  }
  const at = positionOf(text, error)
  const before = at === undefined ? undefined : text.slice(0, at)
  const where =
    before === undefined
      ? ''
      : ` at line ${before.split('\n').length}, column ${before.length - before.lastIndexOf('\n')}`
  return new HttpError(400, 'REST_BAD_JSON', {
    message: `The body is not valid JSON${where}`,
    hint: at === text.length ? 'The body ends too early.' : undefined,
  })
}

const longestSearched = 1 << 16

/** V8 names a position, or only quotes the place; then it is the shortest beginning that cannot go on. */
function positionOf(text: string, error: Error): number | undefined {
  const named = /at position (\d+)/.exec(error.message)?.[1]
  if (named !== undefined) return Number(named)
  if (/^Unexpected end/.test(error.message)) return text.length
  if (text.length > longestSearched) return undefined
  let good = 0
  let bad = text.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isUnexpected(text.slice(0, middle))) bad = middle
    else good = middle
  }
  return good
}

function isUnexpected(text: string): boolean {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    return /^Unexpected token/.test((error as Error).message)
  }
}
