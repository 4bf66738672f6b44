import type {
  ConfigDef,
  ConnectorDefinition,
  ConverterDefinition,
  HeaderConverterDefinition,
  PredicateDefinition,
  RawConfig,
  Side,
  TransformationDefinition,
} from '../api/index.ts'

/** In the order in which Connect lists them. */
export const pluginKinds = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
] as const

export type PluginKind = (typeof pluginKinds)[number]

export type Definition =
  | ConnectorDefinition
  | TransformationDefinition
  | PredicateDefinition
  | ConverterDefinition
  | HeaderConverterDefinition

interface PluginOf<K extends PluginKind, D extends Definition> {
  /** Full class name; nested with `$`. */
  readonly class: string
  /** The part of the class name after its package. */
  readonly name: string
  readonly kind: K
  readonly version: string
  /** As declared, except that the keys carry the defaults of this class; names are the plugin's own. */
  readonly definition: D
  /** The keys as seen under this class: names and defaults of an alias applied. */
  readonly config: ConfigDef
  /** Which side of the record, for a transformation that has one. */
  readonly side?: Side
  /** True for a class name that stands for a plugin listed under its own name too. */
  readonly isAlias: boolean
  /** Configuration written for this class → for the definition: the plugin's own key names, the class's defaults filled in. */
  canonical(raw: RawConfig): RawConfig
  /** The name under this class of one of the plugin's own keys. */
  keyName(key: string): string
}

export type ConnectorPlugin =
  | PluginOf<'source', Extract<ConnectorDefinition, { kind: 'source' }>>
  | PluginOf<'sink', Extract<ConnectorDefinition, { kind: 'sink' }>>
export type TransformationPlugin = PluginOf<'transformation', TransformationDefinition>
export type PredicatePlugin = PluginOf<'predicate', PredicateDefinition>
export type ConverterPlugin = PluginOf<'converter', ConverterDefinition>
/** Either a definition that serves headers only, or a converter that serves them too. */
export type HeaderConverterPlugin = PluginOf<
  'header_converter',
  HeaderConverterDefinition | ConverterDefinition
>

export type Plugin =
  | ConnectorPlugin
  | TransformationPlugin
  | PredicatePlugin
  | ConverterPlugin
  | HeaderConverterPlugin

export type PluginOfKind<K extends PluginKind> = Extract<Plugin, { kind: K }>
