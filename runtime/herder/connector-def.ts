import type { ConfigDef } from '../api/index.ts'
import type { ConnectorPlugin } from '../plugins/plugin.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { classRules } from './class-value.ts'
import { sinkKeys } from './sink-keys.ts'
import { sourceKeys } from './source-keys.ts'

/** The worker's own converter classes, which a connector without any uses. */
export interface WorkerConverters {
  readonly key: string
  readonly value: string
  readonly header: string
}

/** The keys that a connector of this kind has whatever its plugin; `GET …/config` shows those too. */
export function commonDef(
  plugin: ConnectorPlugin,
  plugins: PluginRegistry,
  converters: WorkerConverters,
): ConfigDef {
  const def: ConfigDef = plugin.kind === 'sink' ? sinkKeys : sourceKeys
  const version = { default: plugin.version, recommended: () => [plugin.version] }
  return {
    ...def,
    'connector.plugin.version': { ...def['connector.plugin.version']!, ...version },
    ...Object.assign(
      {},
      ...converterKeys.map(({ part, rule }) =>
        converterDef(def, `${part}.converter`, rule, converters[part], plugins),
      ),
    ),
  }
}

export const converterKeys = [
  { part: 'key', rule: classRules.converter },
  { part: 'value', rule: classRules.converter },
  { part: 'header', rule: classRules.header_converter },
] as const

function converterDef(
  def: ConfigDef,
  key: string,
  rule: (typeof converterKeys)[number]['rule'],
  standard: string,
  plugins: PluginRegistry,
): ConfigDef {
  const known = plugins.list().filter(({ kind }) => kind === rule.kinds[0])
  const own = plugins.find(rule.kinds, standard)
  const versionKey = `${key}.plugin.version`
  return {
    [key]: {
      ...def[key]!,
      default: own?.class ?? standard,
      recommended: () => known.map((each) => each.class),
    },
    [versionKey]: {
      ...def[versionKey]!,
      default: own?.version ?? null,
      recommended: () => (own === undefined ? [] : [own.version]),
    },
  }
}
