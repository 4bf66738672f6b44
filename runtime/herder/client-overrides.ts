import { atLeast, type ConfigDef, nonEmptyString, validateConfig } from '../api/index.ts'
import { checkClientSettings, clientKeys } from '../log/client-settings.ts'
import type { ClientSettings } from '../log/log.ts'
import type { ConnectorPlugin } from '../plugins/plugin.ts'
import {
  type ClientKind,
  clientsOf,
  overridePrefix,
  overridesOf,
} from '../worker/client-overrides.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigMap, SentConfig } from './herder.ts'
import { type OverridePolicy, policyProblem } from './override-policy.ts'

/** The Kafka cluster that keeps the topics, as the worker's configuration tells of it. */
export interface KafkaClients {
  /** The worker's own group, which no sink may have. */
  readonly groupId: string
  readonly common: ClientSettings
  readonly producer: ClientSettings
  readonly consumer: ClientSettings
  readonly admin: ClientSettings
}

export interface ClientRules {
  readonly policy: OverridePolicy
  /** Null: the embedded log, which has no such clients. */
  readonly kafka: KafkaClients | null
}

/** What a sink can be told on the embedded log too. */
const ofAnyLog: ConfigDef = {
  'group.id': {
    type: 'string',
    importance: 'medium',
    doc: 'The group whose offsets the sink keeps, in place of connect-NAME.',
    default: null,
    validator: nonEmptyString,
  },
  'auto.offset.reset': {
    type: 'string',
    importance: 'medium',
    doc: 'Where a partition begins for which the group holds no offset.',
    oneOf: ['earliest', 'latest'],
    default: 'earliest',
  },
  'max.poll.records': {
    type: 'int',
    importance: 'medium',
    doc: 'The largest number of records that the sink is handed at once.',
    default: 500,
    validator: atLeast(1),
  },
}

/** `producer.override.…` and its like: a row each in the answer, in Kafka Connect's order, with all that is wrong. */
export function declareOverrides(
  { kafka, policy }: ClientRules,
  plugin: ConnectorPlugin,
  report: ConfigReport,
  config: SentConfig,
): void {
  const given = textsOf(config)
  for (const client of clientsOf(plugin.kind, given)) {
    const settings = overridesOf(given, client)
    const prefix = overridePrefix(client)
    const def = kafka === null ? embeddedDef(client) : clientKeys[client]
    declareRows(report, prefix, def, settings, kafka === null ? isOfAnyLog : () => true)
    for (const setting of Object.keys(settings)) {
      if (!report.has(prefix + setting)) report.append(prefix + setting, null)
      const problem = policyProblem(policy, setting)
      if (problem !== undefined) report.addError(prefix + setting, problem)
    }
    if (kafka !== null) addProblems(report, kafka, client, settings)
  }
  if (kafka !== null && plugin.kind === 'sink') checkGroup(kafka, report, given)
}

/** Overrides that are accepted and change nothing, with the reason. */
export function idleOverrides(
  { kafka }: ClientRules,
  plugin: ConnectorPlugin,
  config: SentConfig,
): readonly string[] {
  const given = textsOf(config)
  return clientsOf(plugin.kind, given).flatMap((client) => {
    const settings = overridesOf(given, client)
    const prefix = overridePrefix(client)
    if (kafka !== null) {
      const { warnings } = checkClientSettings(client, settingsOf(kafka, client, settings))
      return warnings
        .filter(([setting]) => Object.hasOwn(settings, setting))
        .map(([, message]) => prefix + message)
    }
    return Object.keys(settings)
      .filter((setting) => client !== 'consumer' || !isOfAnyLog(setting))
      .map((setting) => `${prefix}${setting} has no effect on the embedded log.`)
  })
}

function embeddedDef(client: ClientKind): ConfigDef {
  return client === 'consumer' ? { ...clientKeys[client], ...ofAnyLog } : clientKeys[client]
}

function isOfAnyLog(setting: string): boolean {
  return Object.hasOwn(ofAnyLog, setting)
}

/** `counts`: whether what is wrong with a setting matters. */
function declareRows(
  report: ConfigReport,
  prefix: string,
  def: ConfigDef,
  settings: ClientSettings,
  counts: (setting: string) => boolean,
): void {
  const given = Object.entries(def).filter(([name]) => Object.hasOwn(settings, name))
  const prefixed: ConfigDef = Object.fromEntries(
    given.map(([name, key]) => [prefix + name, { ...key, displayName: name }]),
  )
  const values = Object.fromEntries(given.map(([name]) => [prefix + name, settings[name] ?? null]))
  const rows = validateConfig(prefixed, values).map((row) =>
    counts(row.name.slice(prefix.length)) ? row : { ...row, errors: [] },
  )
  report.declare(prefixed, rows, 'rows')
}

/** What only shows when all settings of the client are seen together. */
function addProblems(
  report: ConfigReport,
  kafka: KafkaClients,
  client: ClientKind,
  settings: ClientSettings,
): void {
  if (Object.keys(settings).length === 0) return
  const prefix = overridePrefix(client)
  const before = checkClientSettings(client, settingsOf(kafka, client, {})).problems
  const now = checkClientSettings(client, settingsOf(kafka, client, settings)).problems
  const known = new Set(before.map(([setting, message]) => `${setting}\n${message}`))
  for (const [setting, message] of now) {
    const key = prefix + setting
    const full = message.replace(`configuration ${setting}:`, `configuration ${key}:`)
    if (known.has(`${setting}\n${message}`) || report.errorsOf(key).includes(full)) continue
    report.addError(key, full)
  }
}

function settingsOf(
  kafka: KafkaClients,
  client: ClientKind,
  settings: ClientSettings,
): ClientSettings {
  return { ...kafka.common, ...kafka[client], ...settings }
}

function checkGroup(
  { groupId, consumer }: KafkaClients,
  report: ConfigReport,
  config: ConfigMap,
): void {
  const key = `${overridePrefix('consumer')}group.id`
  const own = config[key]?.trim()
  const name = config['name'] ?? ''
  if (own === groupId) {
    report.addError(key, `Consumer group ${own} conflicts with Connect worker group ${groupId}`)
  } else if (own === undefined && (consumer['group.id'] ?? `connect-${name}`) === groupId) {
    report.addError(
      'name',
      `Consumer group for sink connector named ${name} conflicts with Connect worker group ${groupId}`,
    )
  }
}

function textsOf(config: SentConfig): ConfigMap {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  )
}
