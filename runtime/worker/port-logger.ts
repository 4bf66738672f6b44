import type { Logger } from '../api/index.ts'
import type { LogLine } from './messages.ts'
import { toPortable } from './portable-error.ts'

/** Hands log lines to the main thread, which alone writes. `context` is on every line; `clean` takes secrets out (I5). */
export function portLogger(
  post: (line: LogLine) => void,
  context: object,
  clean: (text: string) => string,
): Logger {
  const at = (level: LogLine['level']) => (fields: object, message: string) =>
    post({
      type: 'log',
      level,
      fields: { ...context, ...portableFields(fields, clean) },
      message: clean(message),
    })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** An error stays an object with message, stack and code; what cannot cross is printed. */
function portableFields(fields: object, clean: (text: string) => string): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, portableField(value, clean)]),
  )
}

function portableField(value: unknown, clean: (text: string) => string): unknown {
  if (value instanceof Error) return toPortable(value, clean)
  if (typeof value === 'string') return clean(value)
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner))
  return JSON.parse(clean(text))
}
