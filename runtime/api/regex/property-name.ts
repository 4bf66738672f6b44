import { isOfCase, property } from './characters.ts'
import type { PatternReader } from './pattern-reader.ts'

/** What follows `\p` (or `\P`: negated), one letter or a name in braces, as a class. */
export function readProperty(
  reader: PatternReader,
  options: { readonly isNegated: boolean; readonly ignoresCase: boolean },
): string {
  const found = reader.take(/^(\{[^}]*\}|[A-Z])/)
  if (found === undefined) return reader.fail('Unknown character property name')
  const name = found.replace(/[{}]/g, '')
  const source = property(name, options.isNegated)
  if (source === undefined) return reader.refuse(`\\p{${name}}`)
  if (options.ignoresCase && isOfCase(name)) reader.refuse(`\\p{${name}} under (?i)`)
  return source
}
