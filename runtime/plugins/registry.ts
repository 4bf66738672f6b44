import { BadRequestException } from '../api/index.ts'
import type { ConnectorPlugin, Plugin, PluginKind, PluginOfKind } from './plugin.ts'
import { type BrokenPlugin, type Scanned, scan } from './scan.ts'

export type { Plugin, PluginKind } from './plugin.ts'

const checkout = new URL('../../', import.meta.url)

/** What a simple class name may leave out. */
const suffixes: Record<PluginKind, string> = {
  sink: 'Connector',
  source: 'Connector',
  transformation: 'Transformation',
  predicate: 'Predicate',
  converter: 'Converter',
  header_converter: 'HeaderConverter',
}

/** Every plugin there is, by class name and by the short names that Connect accepts. Read once at start. */
export class PluginRegistry {
  readonly #plugins: readonly Plugin[]
  readonly #byName = new Map<string, Plugin[]>()
  /** Declarations that could not be loaded, for the log. */
  readonly broken: readonly BrokenPlugin[]

  constructor({ plugins, broken }: Scanned) {
    this.#plugins = plugins
    this.broken = broken
    for (const plugin of plugins) {
      for (const name of new Set([plugin.class, ...shortNames(plugin)])) {
        const named = this.#byName.get(name)
        if (named) named.push(plugin)
        else this.#byName.set(name, [plugin])
      }
    }
  }

  /** Imports the declarations below `root` (the checkout itself): no driver is loaded. */
  static async scan(root: URL = checkout): Promise<PluginRegistry> {
    return new PluginRegistry(await scan(root))
  }

  /** Sinks, sources, transformations, predicates, converters, header converters; by class name within each. */
  list(): readonly Plugin[] {
    return this.#plugins
  }

  /** By full class name, simple name, or simple name without its suffix; undefined also when the short name means several classes. */
  find<K extends PluginKind>(kinds: readonly K[], name: string): PluginOfKind<K> | undefined {
    const found = this.#named(kinds, name)
    return found.length === 1 ? found[0] : undefined
  }

  /** A connector, or a BadRequestException in Connect's words. */
  connector(name: string): ConnectorPlugin {
    const found = this.#named(['sink', 'source'], name)
    if (found.length > 1) {
      throw new BadRequestException(
        `More than one connector matches alias ${name}. Please use full package and class name instead. ` +
          `Classes found: ${found.map(({ class: className }) => className).join(', ')}`,
      )
    }
    const [plugin] = found
    if (plugin === undefined) {
      throw new BadRequestException(
        `Failed to find any class that implements Connector and which name matches ${name}, ` +
          `available connectors are: ${this.#describeConnectors()}`,
      )
    }
    return plugin
  }

  /** The classes nested in one that cannot be configured itself: `Cast$Key` and `Cast$Value` for the full name of `Cast`. */
  nestedIn(className: string): readonly Plugin[] {
    return this.#plugins.filter((plugin) => plugin.class.startsWith(`${className}$`))
  }

  /** A plugin under its own class is meant before the aliases that end in the same simple name. */
  #named<K extends PluginKind>(kinds: readonly K[], name: string): readonly PluginOfKind<K>[] {
    const of = (this.#byName.get(name) ?? []).filter((plugin): plugin is PluginOfKind<K> =>
      (kinds as readonly PluginKind[]).includes(plugin.kind),
    )
    const distinct = of.filter(
      (plugin, index) => of.findIndex((other) => other.class === plugin.class) === index,
    )
    if (distinct.length < 2) return distinct
    const own = distinct.filter((plugin) => plugin.class === name || !plugin.isAlias)
    return own.length > 0 ? own : distinct
  }

  #describeConnectors(): string {
    return this.#plugins
      .filter(({ kind }) => kind === 'sink' || kind === 'source')
      .map(
        ({ class: className, version, kind }) =>
          `PluginDesc{klass=class ${className}, name='${className}', version='${version}', ` +
          `encodedVersion=${version}, type=${kind}, typeName='${kind}', location='classpath'}`,
      )
      .join(', ')
  }
}

/** A nested class has none: the part after `$` would mean a dozen classes. */
function shortNames({ name, kind }: Plugin): string[] {
  if (name.includes('$')) return []
  const suffix = suffixes[kind]
  const cut = name.lastIndexOf(suffix)
  const short = cut > 0 ? name.slice(0, cut) : name
  // A connector declared as `PcapSource` answers to `PcapSourceConnector` as well.
  return suffix === 'Connector' && cut < 0 ? [name, name + suffix] : [name, short]
}
