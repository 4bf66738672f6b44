import type { Side } from '../api/index.ts'
import { type AliasView, aliasView, plainView } from './alias.ts'
import { hostVersion } from './host-version.ts'
import type { Definition, Plugin, PluginKind } from './plugin.ts'

/** The plugins that one declaration stands for: alias classes, the sides of a transformation, a converter that serves headers too. */
export function declaredPlugins(definition: Definition): readonly Plugin[] {
  const plain = plainView(definition.config)
  switch (definition.kind) {
    case 'source':
    case 'sink': {
      const version = definition.version ?? hostVersion
      const own = pluginOf(definition, definition.class ?? `tapline.${definition.name}`, plain, {
        version,
      })
      const aliases = (definition.aliases ?? []).map((alias) =>
        pluginOf(definition, alias.class, aliasView(definition.config, alias), {
          version,
          isAlias: true,
        }),
      )
      return [own, ...aliases]
    }
    case 'transformation':
      return definition.sides === undefined
        ? [pluginOf(definition, definition.class, plain)]
        : definition.sides.map((side) =>
            pluginOf(definition, `${definition.class}$${side === 'key' ? 'Key' : 'Value'}`, plain, {
              side,
            }),
          )
    case 'converter': {
      const converter = pluginOf(definition, definition.class, plain)
      if (!definition.headers) return [converter]
      return [
        converter,
        pluginOf(definition, definition.class, plain, { kind: 'header_converter' }),
      ]
    }
    default:
      return [pluginOf(definition, definition.class, plain)]
  }
}

interface Particulars {
  readonly version?: string
  readonly isAlias?: boolean
  readonly side?: Side
  readonly kind?: PluginKind
}

function pluginOf(
  definition: Definition,
  className: string,
  view: AliasView,
  { version = hostVersion, isAlias = false, side, kind = definition.kind }: Particulars = {},
): Plugin {
  const plugin = {
    class: className,
    name: className.slice(className.lastIndexOf('.') + 1),
    kind,
    version,
    definition: view.own === definition.config ? definition : { ...definition, config: view.own },
    config: view.shown,
    isAlias,
    canonical: view.canonical,
    keyName: view.keyName,
    ...(side && { side }),
  }
  // One factory for all kinds: the switch above pairs each kind with its definition.
  return Object.freeze(plugin) as Plugin
}
