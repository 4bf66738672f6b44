import { readFileSync } from 'node:fs'
import { ConfigException } from '../api/errors.ts'
import { parseProperties, propertiesText } from '../api/java-properties.ts'

export type Settings = Readonly<Record<string, string | number | boolean>>

/** A worker file: Connect's own properties file, or one flat JSON object. */
export function readWorkerFile(file: string): Settings {
  const text = propertiesText(read(file))
  return isJson(file, text) ? fromJson(file, text) : fromProperties(file, text)
}

/** By the name; under any other name by the first letter, which no properties file begins with. */
function isJson(file: string, text: string): boolean {
  if (/\.json$/i.test(file)) return true
  return !/\.properties$/i.test(file) && /^\s*[{[]/.test(text)
}

function fromProperties(file: string, text: string): Settings {
  try {
    const entries = Object.entries(parseProperties(text))
    // Blanks at the end of a line are nobody's intention.
    return Object.fromEntries(entries.map(([key, value]) => [key, value.trim()]))
  } catch (error) {
    const { message, hint = '' } = error as Error & { hint?: string }
    throw problem(file, `is no valid properties file: ${message}`, hint)
  }
}

function fromJson(file: string, text: string): Settings {
  const parsed = parse(file, text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw problem(file, 'holds no JSON object', 'It must be one flat object: {"KEY": "VALUE", …}.')
  }
  const wrong = Object.entries(parsed).filter(
    ([, value]) => !['string', 'number', 'boolean'].includes(typeof value),
  )
  if (wrong.length === 0) return parsed as Settings
  throw new ConfigException(
    wrong.map(([key]) => [key, `${key} in ${file} must be text, a number, true or false`] as const),
    { hint: 'The file is flat: write "data.dir": "…", not "data": {"dir": "…"}.' },
  )
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw problem(file, why, 'Name an existing file, or none: every key has a default.')
  }
}

/** The parser's own text quotes the file, and the file may hold secrets (I5): only the place is said. */
function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const place = /\(line \d+ column \d+\)/.exec((error as Error).message)?.[0]
    throw problem(
      file,
      `is not valid JSON${place ? ` ${place}` : ''}`,
      'Look for a missing quote or a comma too many.',
    )
  }
}

function problem(file: string, what: string, hint: string): ConfigException {
  return new ConfigException([['file', `The worker file ${file} ${what}`]], { hint })
}
