import type { ConfigDef, RawConfig } from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { type ClassRule, classRules, classValue } from './class-value.ts'
import { embeddedKeys } from './embedded-keys.ts'

/** The keys of what a list of aliases (`transforms`, `predicates`) declares. */
export interface StageKind {
  readonly list: 'transforms' | 'predicates'
  readonly group: string
  readonly what: 'transformation' | 'predicate'
  readonly rule: ClassRule
}

export const stageKinds: readonly StageKind[] = [
  {
    list: 'transforms',
    group: 'Transforms',
    what: 'transformation',
    rule: classRules.transformation,
  },
  { list: 'predicates', group: 'Predicates', what: 'predicate', rule: classRules.predicate },
]

/** Per alias: its class, its version, then the plugin's keys, if the class can be found. */
export function stageKeys(
  kind: StageKind,
  aliases: readonly string[],
  raw: RawConfig,
  plugins: PluginRegistry,
): ConfigDef {
  const recommended = plugins
    .list()
    .filter((plugin) => plugin.kind === kind.what)
    .map((plugin) => plugin.class)
  const parts = [...new Set(aliases)].map((alias): ConfigDef => {
    const prefix = `${kind.list}.${alias}.`
    const group = `${kind.group}: ${alias}`
    const type = `${prefix}type`
    const given = raw[type] ?? null
    const plugin = given === null ? undefined : classValue(plugins, kind.rule, type, given).plugin
    return {
      [type]: {
        type: 'class',
        importance: 'high',
        doc: `The class of the ${kind.what} '${alias}'.`,
        recommended: () => recommended,
        group,
        orderInGroup: 0,
        width: 'long',
        displayName: `${kind.rule.contract} type for ${alias}`,
      },
      [`${prefix}plugin.version`]: {
        type: 'string',
        importance: 'low',
        doc: `The version of the ${kind.what} '${alias}'; left out: the newest one there is.`,
        default: plugin?.version ?? null,
        recommended: () => (plugin === undefined ? [] : [plugin.version]),
        group,
        orderInGroup: 1,
        width: 'medium',
        displayName: `${kind.rule.contract} version for ${alias}`,
      },
      ...(plugin &&
        embeddedKeys(
          kind.what === 'transformation' ? { ...plugin.config, ...predicateKeys } : plugin.config,
          { prefix, group, firstOrder: 2 },
        )),
    }
  })
  return Object.assign({}, ...parts)
}

/** Which alias's `negate` lacks its `predicate`. */
export function negateProblem(prefix: string, raw: RawConfig): string | undefined {
  const [negate, predicate] = [`${prefix}negate`, `${prefix}predicate`]
  return Object.hasOwn(raw, negate) && !Object.hasOwn(raw, predicate)
    ? `Config '${negate}' was provided but there is no config '${predicate}' defining a predicate to be negated.`
    : undefined
}

/** What every transformation has, whatever its own keys. */
const predicateKeys: ConfigDef = {
  predicate: {
    type: 'string',
    importance: 'medium',
    doc: 'The alias of the predicate that says to which records the transformation applies.',
    default: null,
  },
  negate: {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether it applies to the records for which the predicate does not hold.',
    default: false,
  },
}
