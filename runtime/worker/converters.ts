import {
  ConfigException,
  type Converter,
  type ConverterUse,
  type HeaderConverter,
  parseConfig,
} from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { ConverterDefaults } from './messages.ts'
import type { Stage } from './record-exception.ts'
import type { ConfigMap } from './task-state.ts'

export interface RecordConverters {
  readonly key: Converter
  readonly value: Converter
  readonly header: HeaderConverter
  /** The plugins' class names. */
  readonly classes: Readonly<Record<ConverterUse, string>>
}

/** Whose class a stage's refusal names. A transformation tells its own, and the log is none. */
export function classOf({ classes }: RecordConverters, stage: Stage): string {
  if (stage === 'KEY_CONVERTER') return classes.key
  if (stage === 'VALUE_CONVERTER') return classes.value
  return stage === 'HEADER_CONVERTER' ? classes.header : ''
}

type Plugins = Pick<PluginRegistry, 'find' | 'list'>

/** The connector's own converters, or the worker's where it names none; each is configured at the level that names its class, and only there. */
export function createConverters(
  config: ConfigMap,
  defaults: ConverterDefaults,
  plugins: Plugins,
): RecordConverters {
  const level = (key: string, worker: ConfigMap) => (config[key] === undefined ? worker : config)
  const key = createConverter('key', level('key.converter', defaults.keyConverter), plugins)
  const value = createConverter('value', level('value.converter', defaults.valueConverter), plugins)
  const header = createHeaderConverter(
    level('header.converter', { ...simpleHeaders, ...defaults.headerConverter }),
    plugins,
  )
  return {
    key: key.converter,
    value: value.converter,
    header: header.converter,
    classes: { key: key.class, value: value.class, header: header.class },
  }
}

interface Created<C> {
  readonly converter: C
  readonly class: string
}

const simpleHeaders = {
  'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
}

function createConverter(
  use: ConverterUse,
  level: ConfigMap,
  plugins: Plugins,
): Created<Converter> {
  const key = `${use}.converter`
  const plugin = plugins.find(['converter'], level[key] ?? '')
  if (plugin === undefined) throw unknownClass(key, 'Converter', level[key], plugins)
  const { definition } = plugin
  const config = parseConfig(definition.config, below(key, level))
  return { converter: definition.create(config, use), class: plugin.class }
}

function createHeaderConverter(level: ConfigMap, plugins: Plugins): Created<HeaderConverter> {
  const key = 'header.converter'
  const plugin = plugins.find(['header_converter'], level[key] ?? '')
  if (plugin === undefined) throw unknownClass(key, 'HeaderConverter', level[key], plugins)
  const { definition } = plugin
  const config = parseConfig(definition.config, below(key, level))
  const converter =
    definition.kind === 'header_converter'
      ? definition.create(config)
      : definition.create(config, 'header')
  return { converter: converter as HeaderConverter, class: plugin.class }
}

function below(key: string, level: ConfigMap): ConfigMap {
  const prefix = `${key}.`
  return Object.fromEntries(
    Object.entries(level)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}

function unknownClass(
  key: string,
  what: 'Converter' | 'HeaderConverter',
  name: string | undefined,
  plugins: Plugins,
): ConfigException {
  const kind = what === 'Converter' ? 'converter' : 'header_converter'
  const known = plugins.list().filter((plugin) => plugin.kind === kind)
  const message =
    `Failed to find any class that implements ${what} and which name matches ${name}, ` +
    `available converters are: ${known.map((plugin) => plugin.class).join(', ')}`
  return new ConfigException([[key, message]])
}
