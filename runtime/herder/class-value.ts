import { invalidValue } from '../api/index.ts'
import type { Plugin, PluginKind, PluginRegistry } from '../plugins/registry.ts'

/** What a class key must name. */
export interface ClassRule {
  readonly kinds: readonly PluginKind[]
  /** As messages call it: `Converter`, `Transformation`. */
  readonly contract: string
}

export interface ClassValue {
  readonly plugin?: Plugin
  /** The full class name; null when there is no such class. */
  readonly text: string | null
  readonly error?: string
}

export const classRules = {
  converter: { kinds: ['converter'], contract: 'Converter' },
  header_converter: { kinds: ['header_converter'], contract: 'HeaderConverter' },
  transformation: { kinds: ['transformation'], contract: 'Transformation' },
  predicate: { kinds: ['predicate'], contract: 'Predicate' },
} as const satisfies Record<string, ClassRule>

const everyKind = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
] as const

/** Which plugin a class key names, or why it names none, in Kafka Connect's words. */
export function classValue(
  plugins: PluginRegistry,
  { kinds, contract }: ClassRule,
  key: string,
  given: string,
): ClassValue {
  const name = given.trim()
  const plugin = plugins.find(kinds, name)
  if (plugin !== undefined) return { plugin, text: plugin.class }
  const other = plugins.find(everyKind, name)
  if (other !== undefined) {
    const error = `Class class ${other.class} does not implement the ${contract} interface`
    return { text: other.class, error }
  }
  const nested = plugins.nestedIn(name)
  if (nested.length > 0) {
    const meant = nested.map(({ class: className }) => className).join(', ')
    return {
      text: name,
      error: `This class is abstract and cannot be created. Did you mean ${meant}?`,
    }
  }
  return { text: null, error: invalidValue(given, key, `Class ${name} could not be found.`) }
}
