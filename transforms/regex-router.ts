import {
  ConfigException,
  configDef,
  DataException,
  defineTransformation,
  invalidValue,
  JavaRegex,
  type JavaReplacement,
  javaRegex,
} from '../runtime/api/index.ts'

const config = configDef({
  regex: {
    type: 'string',
    importance: 'high',
    doc: 'Java regular expression that the whole topic name must match.',
    validator: javaRegex,
  },
  replacement: {
    type: 'string',
    importance: 'high',
    doc: 'What takes the place of the first match, in the grammar of Java: `$1` is what the first group matched, a name in braces after `$` a named group, `\\$` a dollar sign.',
  },
})

const unchanged = Object.freeze({})

export default defineTransformation({
  name: 'RegexRouter',
  class: 'org.apache.kafka.connect.transforms.RegexRouter',
  doc: 'Gives records another topic. Where the whole topic name matches, the first match (searched anew from the start, so it may be shorter) is replaced; other topics stay.',
  config,
  reads: ['topic'],
  create({ regex, replacement }) {
    const pattern = new JavaRegex(regex)
    const renamed = replacementOf(pattern, replacement)
    const patchOf = (topic: string) =>
      pattern.matches(topic) ? { topic: renamedTopic(renamed, topic) } : unchanged
    // Most records have the topic of the one before.
    let last: string | undefined
    let patch: { readonly topic?: string } = unchanged
    return {
      apply({ topic }) {
        if (topic !== last) {
          patch = patchOf(topic)
          last = topic
        }
        return patch
      },
    }
  },
})

function renamedTopic(replacement: JavaReplacement, topic: string): string {
  try {
    return replacement.replaceFirst(topic)
  } catch (error) {
    throw new DataException(`The replacement fails for topic ${topic}: ${(error as Error).message}`)
  }
}

function replacementOf(pattern: JavaRegex, template: string | null): JavaReplacement {
  try {
    return pattern.replacement(template ?? '')
  } catch (error) {
    const reason = (error as Error).message
    throw new ConfigException([['replacement', invalidValue(template, 'replacement', reason)]])
  }
}
