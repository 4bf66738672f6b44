import type { PatternReader } from './pattern-reader.ts'

/** After `\p`: one letter, or a name in braces. */
export function readProperty(reader: PatternReader): string {
  const found = reader.take(/^(\{[^}]*\}|[A-Z])/)
  if (found === undefined) return reader.fail('Unknown character property name')
  return found.replace(/[{}]/g, '')
}
