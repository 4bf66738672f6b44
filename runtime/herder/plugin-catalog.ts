import {
  BadRequestException,
  type Findings,
  type Logger,
  maskSecrets,
  NotFoundException,
} from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import { idleOverrides } from './client-overrides.ts'
import { keyInfos } from './config-report.ts'
import { commonDef } from './connector-def.ts'
import type {
  ConfigInfos,
  ConfigKeyInfo,
  ConfigMap,
  ConfigVariables,
  ConnectorPlugins,
  PluginInfo,
  SentConfig,
} from './herder.ts'
import { noVariables } from './no-variables.ts'
import { checkConnection, type Validation, validateKeys, type WorkerRules } from './validate.ts'

export interface PluginCatalogParts {
  readonly plugins: PluginRegistry
  readonly rules: WorkerRules
  readonly logger: Logger
  /** Default: there are no config providers. */
  readonly variables?: ConfigVariables
  check(plugin: string, config: ConfigMap): Promise<Findings>
}

/** The plugins as REST shows them, and what it takes to configure one. */
export class PluginCatalog implements ConnectorPlugins {
  readonly #parts: PluginCatalogParts
  readonly #variables: ConfigVariables
  /** All tasks of a connector begin with the same one. */
  readonly #problems = new WeakMap<ConfigMap, readonly string[]>()

  constructor(parts: PluginCatalogParts) {
    this.#parts = parts
    this.#variables = parts.variables ?? noVariables
  }

  list(connectorsOnly: boolean): readonly PluginInfo[] {
    return this.#parts.plugins
      .list()
      .filter(({ kind }) => !connectorsOnly || kind === 'sink' || kind === 'source')
      .map(({ class: className, kind, version }) => ({ class: className, type: kind, version }))
  }

  /** A connector's own keys first, then those that every connector has. */
  config(name: string): readonly ConfigKeyInfo[] {
    const { plugins, rules } = this.#parts
    const connector = plugins.find(['sink', 'source'], name)
    if (connector !== undefined) {
      const own = Object.keys(connector.config)
      const common = Object.entries(commonDef(connector, plugins, rules.converters))
      return keyInfos({
        ...connector.config,
        ...Object.fromEntries(common.filter(([key]) => !own.includes(key))),
      })
    }
    const plugin = plugins.find(
      ['transformation', 'predicate', 'converter', 'header_converter'],
      name,
    )
    if (plugin === undefined) throw new NotFoundException(`Unknown plugin ${name}.`)
    return keyInfos(plugin.config)
  }

  async validate(plugin: string, config: SentConfig): Promise<ConfigInfos> {
    const className = config['connector.class']
    if (
      typeof className === 'string' &&
      !withoutSuffix(className).endsWith(withoutSuffix(plugin))
    ) {
      throw new BadRequestException(
        `Included connector type ${className} does not match request type ${plugin}`,
      )
    }
    const validation = this.validateKeys(config)
    await this.checkConnection(validation, config)
    return this.#withReferences(
      validation.report.toInfos(className ?? validation.plugin.class),
      config,
    )
  }

  validateKeys(config: SentConfig): Validation {
    const { plugins, rules } = this.#parts
    return validateKeys(plugins, rules, this.#variables.resolve(config))
  }

  /** What is wrong with a config that is stored already; nothing with one whose class is not there, which the worker says itself. */
  problems(config: ConfigMap): readonly string[] {
    const known = this.#problems.get(config)
    if (known !== undefined) return known
    const name = config['connector.class']?.trim() ?? ''
    const isThere = this.#parts.plugins.find(['sink', 'source'], name) !== undefined
    const problems = isThere ? this.validateKeys(config).report.errors() : []
    // What references stand for may change.
    if (this.#variables.resolve(config) === config) this.#problems.set(config, problems)
    return problems
  }

  checkConnection(validation: Validation, config: SentConfig): Promise<void> {
    return checkConnection(validation, this.#variables.resolve(config), this.#parts.check)
  }

  /** What is no error but worth a word: keys that nothing reads, keys that have a successor. */
  warn({ report, plugin }: Validation, config: SentConfig): void {
    const connector = config['name']
    const unknown = Object.keys(config).filter((key) => !report.isRead(key))
    if (unknown.length > 0) {
      const message = 'nothing reads these keys of the connector config'
      this.#parts.logger.warn({ connector, keys: unknown }, message)
    }
    for (const message of idleOverrides(this.#parts.rules.clients, plugin, config)) {
      this.#parts.logger.warn({ connector }, message)
    }
    for (const key of Object.keys(config)) {
      const deprecated = report.deprecation(key)
      if (deprecated === undefined) continue
      this.#parts.logger.warn({ connector, key, ...deprecated }, 'the key is deprecated')
    }
  }

  /** I5: what a reference stands for is not told to whoever may only name it. */
  #withReferences(infos: ConfigInfos, config: SentConfig): ConfigInfos {
    const variables = this.#variables
    if (variables.resolve(config) === config) return infos
    const configs = infos.configs.map(({ definition, value }) => {
      const given = config[value.name]
      const isReference = typeof given === 'string' && variables.isReference(given)
      const text = isReference && definition?.type !== 'PASSWORD' ? given : value.value
      return { definition, value: { ...value, value: text, errors: value.errors.map(maskSecrets) } }
    })
    return { ...infos, configs }
  }

  /** A BadRequestException that holds every error, as Kafka Connect words it. */
  requireValid({ report, plugin }: Validation): void {
    if (!report.hasErrors) return
    throw new BadRequestException(
      [
        `Connector configuration is invalid and contains the following ${report.toInfos(plugin.class).error_count} error(s):`,
        ...report.errors(),
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ].join('\n'),
    )
  }
}

const suffix = 'Connector'

function withoutSuffix(name: string): string {
  return name.endsWith(suffix) && name.length > suffix.length ? name.slice(0, -suffix.length) : name
}
