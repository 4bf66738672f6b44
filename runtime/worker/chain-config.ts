import {
  ConfigException,
  invalidValue,
  type RawConfig,
  uniqueAliases,
  validateConfig,
} from '../api/index.ts'
import type { PredicatePlugin, TransformationPlugin } from '../plugins/plugin.ts'
import type { PluginRegistry } from '../plugins/registry.ts'

/** The keys `transforms…` and `predicates…` of a connector: what they say and what is wrong with them, in Connect's words. */

export type Plugins = Pick<PluginRegistry, 'find'>
export type AliasKind = 'transforms' | 'predicates'
export type Problem = readonly [key: string, message: string]

const interfaces = { transforms: 'Transformation', predicates: 'Predicate' } as const

type AliasPlugin = TransformationPlugin | PredicatePlugin

/** One alias and the keys that belong to it. */
export interface AliasConfig<P extends AliasPlugin = AliasPlugin> {
  readonly kind: AliasKind
  readonly alias: string
  /** `transforms.ALIAS.` */
  readonly prefix: string
  /** What stands under `type`, or null. */
  readonly type: string | null
  readonly plugin: P | undefined
  /** The plugin's own keys, without the prefix. */
  readonly config: RawConfig
  /** Alias of a predicate; null without one. */
  readonly predicate: string | null
  /** As it stands; undefined when it does not. */
  readonly negate: string | null | undefined
}

/** The transformations in their order. Nothing is checked. */
export function transformConfigs(
  raw: RawConfig,
  plugins: Plugins,
): readonly AliasConfig<TransformationPlugin>[] {
  return aliases(raw, 'transforms').map((alias) => {
    const prefix = `transforms.${alias}.`
    return {
      ...aliasConfig('transforms', alias, raw, (type) => plugins.find(['transformation'], type)),
      predicate: raw[`${prefix}predicate`]?.trim() ?? null,
      negate: raw[`${prefix}negate`],
    }
  })
}

/** The predicates likewise. */
export function predicateConfigs(
  raw: RawConfig,
  plugins: Plugins,
): readonly AliasConfig<PredicatePlugin>[] {
  return aliases(raw, 'predicates').map((alias) =>
    aliasConfig('predicates', alias, raw, (type) => plugins.find(['predicate'], type)),
  )
}

function aliasConfig<P extends AliasPlugin>(
  kind: AliasKind,
  alias: string,
  raw: RawConfig,
  find: (type: string) => P | undefined,
): AliasConfig<P> {
  const prefix = `${kind}.${alias}.`
  const type = raw[`${prefix}type`]?.trim() || null
  return {
    kind,
    alias,
    prefix,
    type,
    plugin: type === null ? undefined : find(type),
    config: ownKeys(raw, prefix),
    predicate: null,
    negate: undefined,
  }
}

function aliases(raw: RawConfig, kind: AliasKind): readonly string[] {
  const text = raw[kind]?.trim() ?? ''
  return text === '' ? [] : text.split(/\s*,\s*/)
}

function ownKeys(raw: RawConfig, prefix: string): RawConfig {
  const hosts = new Set(
    prefix.startsWith('transforms.')
      ? ['type', 'plugin.version', 'predicate', 'negate']
      : ['type', 'plugin.version'],
  )
  return Object.fromEntries(
    Object.entries(raw).flatMap(([key, value]) => {
      const own = key.startsWith(prefix) ? key.slice(prefix.length) : ''
      return own === '' || hosts.has(own) ? [] : [[own, value] as const]
    }),
  )
}

/** Everything that is wrong with `transforms…` and `predicates…`, as far as it shows without making the plugins. */
export function chainProblems(raw: RawConfig, plugins: Plugins): readonly Problem[] {
  const lists = (['transforms', 'predicates'] as const).flatMap((kind) => listProblems(raw, kind))
  if (lists.length > 0) return lists
  const transforms = transformConfigs(raw, plugins)
  const predicates = predicateConfigs(raw, plugins)
  const known = new Set(predicates.map(({ alias }) => alias))
  return [
    ...transforms.flatMap((each) => [
      ...typeProblems(each, plugins),
      ...conditionProblems(each),
      ...keyProblems(each),
    ]),
    ...predicates.flatMap((each) => [...typeProblems(each, plugins), ...keyProblems(each)]),
    ...transforms.flatMap((each) => unknownPredicate(each, known)),
  ]
}

function listProblems(raw: RawConfig, kind: AliasKind): readonly Problem[] {
  const list = aliases(raw, kind)
  const reason = uniqueAliases(list, kind)
  return reason === undefined ? [] : [[kind, invalidValue(list, kind, String(reason))]]
}

function typeProblems({ kind, prefix, type, plugin }: AliasConfig, plugins: Plugins): Problem[] {
  if (plugin !== undefined) return []
  const key = `${prefix}type`
  if (type === null) return [[key, invalidValue(null, key, `Not a ${interfaces[kind]}`)]]
  const nested = ['Key', 'Value']
    .map((side) => `${type}$${side}`)
    .filter((name) => plugins.find(['transformation', 'predicate'], name) !== undefined)
  if (nested.length > 0)
    return [
      [key, `This class is abstract and cannot be created. Did you mean ${nested.join(', ')}?`],
    ]
  const other = plugins.find(allKinds, type)
  return [
    [
      key,
      other === undefined
        ? invalidValue(type, key, `Class ${type} could not be found.`)
        : `Class class ${other.class} does not implement the ${interfaces[kind]} interface`,
    ],
  ]
}

const allKinds = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
] as const

function conditionProblems({ prefix, predicate, negate }: AliasConfig): Problem[] {
  if (negate === undefined) return []
  const key = `${prefix}negate`
  if (predicate === null)
    return [
      [
        key,
        `Config '${key}' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`,
      ],
    ]
  return isBoolean(negate)
    ? []
    : [[key, invalidValue(negate, key, 'Expected value to be either true or false')]]
}

function isBoolean(text: string | null): boolean {
  return /^\s*(true|false)\s*$/i.test(text ?? '')
}

function unknownPredicate(
  { prefix, predicate }: AliasConfig,
  known: ReadonlySet<string>,
): Problem[] {
  if (predicate === null || known.has(predicate)) return []
  const key = `${prefix}predicate`
  const list = known.size === 0 ? 'predicates is empty' : `predicates has ${[...known].join(', ')}`
  return [[key, invalidValue(predicate, key, `There is no such predicate: ${list}`)]]
}

/** What a missing key or a wrong type says names the full key, what a validator says the short one: so does Connect. */
function keyProblems({ prefix, plugin, config }: AliasConfig): Problem[] {
  if (plugin === undefined) return []
  return validateConfig(plugin.config, config).flatMap(({ name, value, errors }) =>
    errors.map((message, index): Problem => {
      const isTypeError = index === 0 && value === null && config[name] != null
      if (isTypeError)
        return [
          prefix + name,
          message.replace(`configuration ${name}:`, `configuration ${prefix}${name}:`),
        ]
      return [
        prefix + name,
        message.replace(
          `Missing required configuration "${name}"`,
          `Missing required configuration "${prefix}${name}"`,
        ),
      ]
    }),
  )
}

/** What a plugin refused when it was made, with the full keys. */
export function withPrefix(error: unknown, prefix: string): unknown {
  if (!(error instanceof ConfigException)) return error
  const problems = error.problems.map(([key, message]) => [prefix + key, message] as const)
  return new ConfigException(problems, { cause: error, hint: error.hint })
}
