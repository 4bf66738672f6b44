import {
  type ConfigDef,
  type ConfigKey,
  invalidValue,
  type ParsedValues,
  type Validator,
} from '../api/index.ts'

/** Where the keys of a plugin go inside a connector's configuration. */
export interface Place {
  /** `transforms.A.` */
  readonly prefix: string
  /** `Transforms: A` */
  readonly group: string
  readonly firstOrder: number
}

/**
 * The keys of a transformation or a predicate, named in full and in the order in which Kafka Connect lists them: by group, required before
 * optional, by importance, by name. A validator knows the short name only, as there.
 */
export function embeddedKeys(def: ConfigDef, { prefix, group, firstOrder }: Place): ConfigDef {
  return Object.fromEntries(
    Object.entries(def)
      .sort(byPlace(def))
      .map(([name, key], index) => [
        `${prefix}${name}`,
        embedded(name, key, prefix, {
          group: key.group === undefined ? group : `${group}: ${key.group}`,
          orderInGroup: firstOrder + index,
        }),
      ]),
  )
}

function embedded(
  name: string,
  key: ConfigKey,
  prefix: string,
  place: Pick<ConfigKey, 'group' | 'orderInGroup'>,
): ConfigKey {
  const { oneOf, validator, recommended, visible, dependents, ...rest } = key
  const inner = (values: ParsedValues): ParsedValues => withoutPrefix(values, prefix)
  return {
    ...rest,
    ...place,
    displayName: key.displayName ?? name,
    validator: shortNamed(name, key),
    ...(dependents && { dependents: dependents.map((each) => `${prefix}${each}`) }),
    ...(recommended && { recommended: (values: ParsedValues) => recommended(inner(values)) }),
    ...(visible && { visible: (values: ParsedValues) => visible(inner(values)) }),
  }
}

function shortNamed(name: string, key: ConfigKey): Validator {
  return (value) => {
    const problem = oneOfProblem(key, value) ?? key.validator?.(value, name)
    if (typeof problem !== 'string') return problem
    const shown = key.type === 'password' && value !== null ? '[hidden]' : value
    return { message: invalidValue(shown, name, problem) }
  }
}

function oneOfProblem({ oneOf, ...key }: ConfigKey, value: unknown): string | undefined {
  if (oneOf === undefined || oneOf.includes(value as string)) return undefined
  if (value === null && key.default === null) return undefined
  return `String must be one of: ${oneOf.join(', ')}`
}

function withoutPrefix(values: ParsedValues, prefix: string): ParsedValues {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}

const importances = ['high', 'medium', 'low']

type Named = readonly [name: string, key: ConfigKey]

function byPlace(def: ConfigDef): (one: Named, other: Named) => number {
  const groups: (string | undefined)[] = [undefined]
  for (const { group } of Object.values(def)) if (!groups.includes(group)) groups.push(group)
  const rank = ([, key]: Named): readonly number[] => [
    groups.indexOf(key.group),
    key.orderInGroup ?? -1,
    Object.hasOwn(key, 'default') ? 1 : 0,
    importances.indexOf(key.importance),
  ]
  return (one, other) => {
    const ranks = rank(other)
    const difference = rank(one)
      .map((each, index) => each - (ranks[index] as number))
      .find((each) => each !== 0)
    return difference ?? (one[0] < other[0] ? -1 : 1)
  }
}
