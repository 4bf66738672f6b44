import {
  type ConfigDef,
  ConfigException,
  JavaRegex,
  type RawConfig,
  type Validator,
  validateConfig,
} from '../api/index.ts'
import type { TopicSettings, TopicSpec } from '../log/log.ts'
import type { Problem } from './chain-config.ts'

/** Which topics a source makes how: groups of names, each with partitions, copies and settings of its own. */

const prefix = 'topic.creation.'
/** Matches what no other group matches. Its settings are the other groups' defaults. */
const fallback = 'default'
const ownNames = ['include', 'exclude', 'partitions', 'replication.factor'] as const

interface Group {
  readonly include: readonly JavaRegex[]
  readonly exclude: readonly JavaRegex[]
  readonly spec: Omit<TopicSpec, 'topic'>
}

/** A connector that says nothing of topic creation leaves it to the log. */
export function usesTopicCreation(raw: RawConfig): boolean {
  return Object.keys(raw).some((key) => key.startsWith(prefix))
}

export class TopicCreation {
  readonly #groups: readonly Group[]

  private constructor(groups: readonly Group[]) {
    this.#groups = groups
  }

  /** Null for a connector that leaves it to the log. Throws what is wrong. */
  static from(raw: RawConfig): TopicCreation | null {
    if (!usesTopicCreation(raw)) return null
    const problems = topicCreationProblems(raw)
    if (problems.length > 0) throw new ConfigException(problems)
    const last = values(fallback, raw)
    const groups = namesOf(raw).map((name) => groupOf(name, raw, last))
    return new TopicCreation([...groups, groupOf(fallback, raw, last)])
  }

  /** The first group that includes the name and does not exclude it. */
  specOf(topic: string): TopicSpec {
    const matches = (regex: JavaRegex) => regex.matches(topic)
    const group = this.#groups.find(
      ({ include, exclude }) => include.some(matches) && !exclude.some(matches),
    )
    return { topic, ...group?.spec }
  }
}

/** What is wrong with which key, in Kafka Connect's words. */
export function topicCreationProblems(raw: RawConfig): readonly Problem[] {
  if (!usesTopicCreation(raw)) return []
  return [fallback, ...namesOf(raw)].flatMap((group) =>
    validateConfig(keysOf(group), raw).flatMap(({ name, errors }) =>
      errors.map((message) => [name, message] as const),
    ),
  )
}

/** The keys that mean something: those of groups that are listed. */
export function topicCreationKeys(raw: RawConfig): readonly string[] {
  const prefixes = [fallback, ...namesOf(raw)].map((group) => `${prefix}${group}.`)
  return Object.keys(raw).filter((key) => prefixes.some((each) => key.startsWith(each)))
}

function namesOf(raw: RawConfig): readonly string[] {
  const text = raw[`${prefix}groups`]?.trim() ?? ''
  const names = text === '' ? [] : text.split(/\s*,\s*/)
  return [...new Set(names)].filter((name) => name !== fallback)
}

function groupOf(name: string, raw: RawConfig, last: Values): Group {
  const { include, exclude, partitions, copies } = { ...last, ...values(name, raw) }
  const settings = settingsOf(name, raw)
  return {
    include: name === fallback ? [new JavaRegex('.*')] : include,
    exclude: name === fallback ? [] : exclude,
    spec: {
      ...(partitions !== -1 && { partitions }),
      ...(copies !== -1 && { replicationFactor: copies }),
      ...(Object.keys(settings).length > 0 && { settings }),
    },
  }
}

interface Values {
  readonly include: readonly JavaRegex[]
  readonly exclude: readonly JavaRegex[]
  readonly partitions?: number
  readonly copies?: number
}

/** Of right keys. A number that is not given is left out. */
function values(group: string, raw: RawConfig): Values {
  const parsed = new Map(validateConfig(keysOf(group), raw).map(({ name, value }) => [name, value]))
  const of = (name: (typeof ownNames)[number]) => parsed.get(`${prefix}${group}.${name}`)
  const regexes = (name: 'include' | 'exclude') =>
    ((of(name) ?? []) as readonly string[]).map((text) => new JavaRegex(text))
  const partitions = of('partitions')
  const copies = of('replication.factor')
  return {
    include: regexes('include'),
    exclude: regexes('exclude'),
    ...(typeof partitions === 'number' && { partitions }),
    ...(typeof copies === 'number' && { copies }),
  }
}

/** Whatever else stands below a group is a setting of its topics. */
function settingsOf(group: string, raw: RawConfig): TopicSettings {
  const start = `${prefix}${group}.`
  return Object.fromEntries(
    Object.entries(raw).flatMap(([key, value]) => {
      const name = key.startsWith(start) ? key.slice(start.length) : ''
      return name === '' || value === null || ownNames.some((own) => own === name)
        ? []
        : [[name, value.trim()] as const]
    }),
  )
}

function keysOf(group: string): ConfigDef {
  const key = (name: (typeof ownNames)[number]) => `${prefix}${group}.${name}`
  const number = (type: 'int' | 'short', doc: string, validator: Validator) => ({
    type,
    importance: 'low' as const,
    doc,
    validator,
    ...(group !== fallback && { default: null }),
  })
  const numbers: ConfigDef = {
    [key('replication.factor')]: number('short', 'Copies of a topic.', positiveOr(copiesProblem)),
    [key('partitions')]: number('int', 'Partitions of a topic.', positiveOr(partitionsProblem)),
  }
  if (group === fallback) return numbers
  const list = { type: 'list', importance: 'low', default: [], validator: regexes } as const
  return {
    [key('include')]: { ...list, doc: 'Java expressions; names that match one are of the group.' },
    [key('exclude')]: { ...list, doc: 'Java expressions; names that match one are not.' },
    ...numbers,
  }
}

const copiesProblem =
  "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default"
const partitionsProblem = "Number of partitions must be positive, or -1 to use the broker's default"

function positiveOr(problem: string): Validator {
  return (value) => (value === null || value === -1 || (value as number) > 0 ? undefined : problem)
}

const regexes: Validator = (value) => {
  for (const text of (value ?? []) as readonly string[]) {
    try {
      new JavaRegex(text)
    } catch (error) {
      return `Syntax error in regular expression: ${(error as Error).message}`
    }
  }
  return undefined
}
