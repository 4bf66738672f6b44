import { readFileSync } from 'node:fs'
import { ConfigException } from '../api/errors.ts'

export type Settings = Readonly<Record<string, string | number | boolean>>

/** A worker file: one flat JSON object. */
export function readWorkerFile(file: string): Settings {
  if (file.endsWith('.properties')) {
    throw problem(
      file,
      'is a properties file',
      'Write it as one flat JSON object: {"KEY": "VALUE", …}.',
    )
  }
  const parsed = parse(file, read(file))
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

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw problem(file, why, 'Name an existing file, or none: every key has a default.')
  }
}

/** The parser's own text quotes the file, and the file may hold secrets (I5): only the place is said. */
function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
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
