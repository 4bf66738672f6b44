import type { Alias, ConfigDef, ConfigKey, ParsedValues, RawConfig } from '../api/index.ts'

/** How a class name sees the keys of the plugin that it stands for. */
export interface AliasView {
  /** Own key names, the alias' defaults. */
  readonly own: ConfigDef
  /** The alias' key names and defaults. */
  readonly shown: ConfigDef
  canonical(raw: RawConfig): RawConfig
  keyName(key: string): string
}

export function plainView(config: ConfigDef): AliasView {
  return { own: config, shown: config, canonical: (raw) => raw, keyName: (key) => key }
}

export function aliasView(config: ConfigDef, alias: Alias): AliasView {
  const { rename = {}, defaults = {}, without = [], keys = {}, translate = () => ({}) } = alias
  const names = new Map(Object.keys(config).map((key) => [key, rename[key] ?? key]))
  const keyName = (key: string): string => names.get(key) ?? key
  const own = Object.fromEntries(
    Object.entries(config).map(([key, declared]) => [
      key,
      Object.hasOwn(defaults, key) ? { ...declared, default: defaults[key] } : declared,
    ]),
  )
  const ownNames = new Map([...names].map(([key, name]) => [name, key]))
  const filled = Object.entries(defaults).map(([key, value]) => [key, defaultText(value)] as const)
  return {
    own,
    shown: {
      ...Object.fromEntries(
        Object.entries(own)
          .filter(([key]) => !without.includes(key))
          .map(([key, declared]) => [
            keyName(key),
            renamedKey(declared, keyName, (values) => ownValues(values, names)),
          ]),
      ),
      ...keys,
    },
    keyName,
    canonical(raw) {
      const given = Object.entries(raw).flatMap(([name, value]) => {
        const key = ownNames.get(name)
        if (key !== undefined && without.includes(key)) return []
        if (key !== undefined) return [[key, value] as const]
        // One of the plugin's own names, which this class calls otherwise: a foreign key here.
        return names.has(name) ? [] : [[name, value] as const]
      })
      return { ...Object.fromEntries(filled), ...Object.fromEntries(given), ...translate(raw) }
    },
  }
}

function renamedKey(
  declared: ConfigKey,
  keyName: (key: string) => string,
  toOwn: (values: ParsedValues) => ParsedValues,
): ConfigKey {
  const { dependents, deprecated, recommended, visible } = declared
  return {
    ...declared,
    ...(dependents && { dependents: dependents.map(keyName) }),
    ...(deprecated?.use && { deprecated: { ...deprecated, use: keyName(deprecated.use) } }),
    ...(recommended && { recommended: (values: ParsedValues) => recommended(toOwn(values)) }),
    ...(visible && { visible: (values: ParsedValues) => visible(toOwn(values)) }),
  }
}

function ownValues(values: ParsedValues, names: ReadonlyMap<string, string>): ParsedValues {
  return Object.fromEntries([...names].map(([key, name]) => [key, values[name] ?? null]))
}

function defaultText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return Array.isArray(value) ? value.join(',') : String(value)
}
