import {
  BadRequestException,
  type ConfigDef,
  type ConfigOf,
  type Findings,
  JavaRegex,
  validateConfig,
} from '../api/index.ts'
import type { ConnectorPlugin } from '../plugins/plugin.ts'
import type { Plugin, PluginRegistry } from '../plugins/registry.ts'
import { topicCreationKeys, topicCreationProblems } from '../worker/topic-creation.ts'
import { type ClassRule, classValue } from './class-value.ts'
import { type ClientRules, declareOverrides } from './client-overrides.ts'
import { ConfigReport } from './config-report.ts'
import { commonDef, converterKeys, type WorkerConverters } from './connector-def.ts'
import type { ConfigMap, SentConfig } from './herder.ts'
import { refuseLaterKeys } from './later-keys.ts'
import { negateProblem, type StageKind, stageKeys, stageKinds } from './stage-keys.ts'

/** What the worker's configuration says of every connector. */
export interface WorkerRules {
  readonly converters: WorkerConverters
  readonly clients: ClientRules
  /** Whether sources make topics as their `topic.creation` keys say. */
  readonly createsTopics: boolean
}

export interface Validation {
  readonly plugin: ConnectorPlugin
  readonly report: ConfigReport
}

/** The connector that a config names; a BadRequestException for one that names none. */
export function connectorOf(plugins: PluginRegistry, config: SentConfig): ConnectorPlugin {
  const name = config['connector.class']
  if (name === null || name === undefined) {
    // I5: without a class nobody knows which of the values are secrets.
    throw new BadRequestException(
      `Connector config {${Object.keys(config).join(', ')}} contains no connector type`,
    )
  }
  return plugins.connector(name.trim())
}

/** Everything that can be said without a connection: common keys, transformations, predicates, the connector's own, converters. */
export function validateKeys(
  plugins: PluginRegistry,
  { converters, clients, createsTopics }: WorkerRules,
  config: SentConfig,
): Validation {
  const plugin = connectorOf(plugins, config)
  const report = new ConfigReport()
  const common = commonDef(plugin, plugins, converters)
  report.declare(common, validateConfig(common, config))
  if (plugin.kind === 'sink') {
    checkTopics(report, config)
    checkDeadLetterQueue(report, config)
  }
  for (const kind of stageKinds) declareStages(kind, report, config, plugins)
  report.declare(plugin.config, validateConfig(plugin.config, config))
  declareOverrides(clients, plugin, report, config)
  declareConverters(report, config, plugins)
  if (plugin.kind === 'source' && createsTopics) checkTopicCreation(report, config)
  refuseLaterKeys(report)
  for (const [key, value] of Object.entries(config)) {
    if (value !== null) continue
    report.addError(key, 'Null value can not be supplied as the configuration value.')
  }
  checkTogether(plugin, report, config)
  return { plugin, report }
}

/** When nothing is wrong so far, the plugin tries its connection too; it names keys as the class in use does. */
export async function checkConnection(
  { plugin, report }: Validation,
  config: SentConfig,
  check: (plugin: string, config: ConfigMap) => Promise<Findings>,
): Promise<void> {
  if (report.hasErrors || plugin.definition.check === undefined) return
  addFindings(report, await check(plugin.class, config as ConfigMap), plugin, config)
}

function checkTopics(report: ConfigReport, config: SentConfig): void {
  const [topics, pattern] = ['topics', 'topics.regex'].map(
    (key) => (config[key] ?? '').trim() !== '',
  )
  if (topics !== pattern) return
  const message = topics
    ? 'topics and topics.regex are mutually exclusive options, but both are set.'
    : 'Must configure one of topics or topics.regex'
  report.addError('topics', message)
  report.addError('topics.regex', message)
}

/** A sink that read its own dead letters would go in circles. */
function checkDeadLetterQueue(report: ConfigReport, config: SentConfig): void {
  const queue = (config['errors.deadletterqueue.topic.name'] ?? '').trim()
  if (queue === '') return
  const topics = report.value('topics')
  if (Array.isArray(topics) && topics.includes(queue)) {
    const list = `topics=[${topics.join(', ')}]`
    report.addError(
      'topics',
      `The DLQ topic '${queue}' may not be included in the list of topics ('${list}') consumed by the connector`,
    )
  }
  const pattern = (config['topics.regex'] ?? '').trim()
  if (pattern === '' || report.errorsOf('topics.regex').length > 0) return
  if (!new JavaRegex(pattern).matches(queue)) return
  report.addError(
    'topics.regex',
    `The DLQ topic '${queue}' may not be matched by the regex for the topics ('topics.regex=${pattern}') consumed by the connector`,
  )
}

/** The answer shows these keys only when they are wrong: Connect does not know them here, and fails the connector when it starts. */
function checkTopicCreation(report: ConfigReport, config: SentConfig): void {
  report.accept(topicCreationKeys(config))
  for (const [key, message] of topicCreationProblems(config)) report.addError(key, message)
}

/** I6: each brings a dozen rows into the answer. */
const mostAliases = 1000

function declareStages(
  kind: StageKind,
  report: ConfigReport,
  config: SentConfig,
  plugins: PluginRegistry,
): void {
  const aliases = report.value(kind.list)
  if (!Array.isArray(aliases)) return
  if (aliases.length > mostAliases) {
    const message = `Configuration '${kind.list}' lists ${aliases.length} aliases; ${mostAliases} are the most there can be.`
    report.addError(kind.list, message)
    return
  }
  const def = stageKeys(kind, aliases, config, plugins)
  report.declare(def, validateConfig(def, config))
  for (const alias of new Set(aliases)) {
    const prefix = `${kind.list}.${alias}.`
    checkClass(report, plugins, kind.rule, `${prefix}type`, config)
    if (report.value(`${prefix}type`) === null) {
      const key = `${prefix}type`
      report.addError(
        key,
        `Invalid value null for configuration ${key}: Not a ${kind.rule.contract}`,
      )
    }
    const problem = kind.list === 'transforms' ? negateProblem(prefix, config) : undefined
    if (problem !== undefined) report.addError(`${prefix}type`, problem)
  }
}

/** A converter's keys come with its class: those of the worker's own are the worker's affair. */
function declareConverters(
  report: ConfigReport,
  config: SentConfig,
  plugins: PluginRegistry,
): void {
  for (const { part, rule } of [converterKeys[2], converterKeys[0], converterKeys[1]]) {
    const key = `${part}.converter`
    const plugin = checkClass(report, plugins, rule, key, config)
    if (plugin === undefined) continue
    const prefix = `${key}.`
    const own = Object.fromEntries(
      Object.entries(config)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    )
    const given = { 'converter.type': part, ...own }
    const values = validateConfig(plugin.config, given)
    report.declare(
      prefixed(plugin.config, prefix),
      values.map((value) => ({ ...value, name: `${prefix}${value.name}` })),
      'rows',
    )
  }
}

function prefixed(def: ConfigDef, prefix: string): ConfigDef {
  return Object.fromEntries(
    Object.entries(def).map(([name, key]) => [
      `${prefix}${name}`,
      { ...key, displayName: key.displayName ?? name },
    ]),
  )
}

/** The plugin that a class key names, if it names one; else what is wrong goes into the report. */
function checkClass(
  report: ConfigReport,
  plugins: PluginRegistry,
  rule: ClassRule,
  key: string,
  config: SentConfig,
): Plugin | undefined {
  const given = config[key]
  if (given === null || given === undefined) return undefined
  const { plugin, text, error } = classValue(plugins, rule, key, given)
  report.setText(key, text)
  if (error !== undefined) report.addError(key, error)
  return plugin
}

/** Checks across the connector's own keys, when each by itself is right. */
function checkTogether(plugin: ConnectorPlugin, report: ConfigReport, config: SentConfig): void {
  const { definition } = plugin
  if (definition.validate === undefined) return
  const own = validateConfig(definition.config, plugin.canonical(config))
  if (own.some(({ errors }) => errors.length > 0)) return
  const parsed = Object.fromEntries(own.map(({ name, value }) => [name, value]))
  // The plugin names its keys by their own names; the answer has those of the class in use.
  const findings = Object.entries(definition.validate(parsed as ConfigOf<ConfigDef>))
  const named = Object.fromEntries(findings.map(([key, found]) => [plugin.keyName(key), found]))
  addFindings(report, named, plugin, config)
}

function addFindings(
  report: ConfigReport,
  findings: Findings,
  plugin: ConnectorPlugin,
  config: SentConfig,
): void {
  // I5: what a plugin says may quote what it was given.
  const secrets = Object.entries(plugin.config)
    .filter(([, { type }]) => type === 'password')
    .map(([key]) => config[key]?.trim() ?? '')
    .filter((secret) => secret !== '')
  for (const [key, messages] of Object.entries(findings)) {
    for (const message of [messages].flat()) {
      const clean = secrets.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), message)
      report.addError(key, clean)
    }
  }
}
