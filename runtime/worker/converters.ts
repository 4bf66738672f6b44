import {
  ConfigException,
  type Converter,
  type ConverterUse,
  type HeaderConverter,
  parseConfig,
} from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { ConverterDefaults } from './messages.ts'
import type { ConfigMap } from './task-state.ts'

export interface RecordConverters {
  readonly key: Converter
  readonly value: Converter
  readonly header: HeaderConverter
}

type Plugins = Pick<PluginRegistry, 'find' | 'list'>

/** The connector's own converters, or the worker's where it names none; each is configured at the level that names its class, and only there. */
export function createConverters(
  config: ConfigMap,
  defaults: ConverterDefaults,
  plugins: Plugins,
): RecordConverters {
  const level = (key: string, worker: ConfigMap) => (config[key] === undefined ? worker : config)
  return {
    key: createConverter('key', level('key.converter', defaults.keyConverter), plugins),
    value: createConverter('value', level('value.converter', defaults.valueConverter), plugins),
    header: createHeaderConverter(
      level('header.converter', { ...simpleHeaders, ...defaults.headerConverter }),
      plugins,
    ),
  }
}

const simpleHeaders = {
  'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
}

function createConverter(use: ConverterUse, level: ConfigMap, plugins: Plugins): Converter {
  const key = `${use}.converter`
  const plugin = plugins.find(['converter'], level[key] ?? '')
  if (plugin === undefined) throw unknownClass(key, 'Converter', level[key], plugins)
  const { definition } = plugin
  return definition.create(parseConfig(definition.config, below(key, level)), use)
}

function createHeaderConverter(level: ConfigMap, plugins: Plugins): HeaderConverter {
  const key = 'header.converter'
  const plugin = plugins.find(['header_converter'], level[key] ?? '')
  if (plugin === undefined) throw unknownClass(key, 'HeaderConverter', level[key], plugins)
  const { definition } = plugin
  const config = parseConfig(definition.config, below(key, level))
  const converter =
    definition.kind === 'header_converter'
      ? definition.create(config)
      : definition.create(config, 'header')
  return converter as HeaderConverter
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
