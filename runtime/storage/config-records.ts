import { isObject, readJson } from './json-text.ts'
import type { KeyedEntry } from './keyed-batches.ts'

/** Raw configuration, as it is stored: text only. */
export type ConfigMap = Readonly<Record<string, string>>

export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'

export interface RestartRequest {
  readonly connector: string
  readonly includeTasks: boolean
  readonly onlyFailed: boolean
}

/** A record of the config topic, as Kafka Connect keys and writes it. */
export type ConfigRecord =
  | { readonly type: 'connector'; readonly connector: string; readonly config: ConfigMap | null }
  | {
      readonly type: 'task'
      readonly connector: string
      readonly task: number
      readonly config: ConfigMap
    }
  | { readonly type: 'commit'; readonly connector: string; readonly tasks: number }
  | { readonly type: 'target'; readonly connector: string; readonly target: TargetState | null }
  | { readonly type: 'restart'; readonly request: RestartRequest }
  | { readonly type: 'logger'; readonly namespace: string; readonly level: string }

export function connectorEntry(connector: string, config: ConfigMap | null): KeyedEntry {
  const value = config === null ? null : JSON.stringify({ properties: config })
  return { key: `connector-${connector}`, value }
}

export function taskEntries(connector: string, configs: readonly ConfigMap[]): KeyedEntry[] {
  const tasks = configs.map((properties, task) => ({
    key: `task-${connector}-${task}`,
    value: JSON.stringify({ properties }),
  }))
  // The commit comes last: only with it do the task configs count.
  return [
    ...tasks,
    { key: `commit-${connector}`, value: JSON.stringify({ tasks: configs.length }) },
  ]
}

/** `state` is what workers read that know no STOPPED; `state.v2` is what counts. */
export function targetEntry(connector: string, target: TargetState | null): KeyedEntry {
  const state = target === 'STOPPED' ? 'PAUSED' : target
  const value = target === null ? null : JSON.stringify({ state, 'state.v2': target })
  return { key: `target-state-${connector}`, value }
}

export function restartEntry({ connector, includeTasks, onlyFailed }: RestartRequest): KeyedEntry {
  return {
    key: `restart-connector-${connector}`,
    value: JSON.stringify({ 'include-tasks': includeTasks, 'only-failed': onlyFailed }),
  }
}

/** For every worker that runs at this moment. */
export function loggerEntry(namespace: string, level: string): KeyedEntry {
  return { key: `${loggerPrefix}${namespace}`, value: JSON.stringify({ level }) }
}

/** `malformed` for a record of ours that cannot be used, `foreign` for one that is somebody else's or not needed here. */
export function parseConfigRecord({
  key,
  value,
}: KeyedEntry): ConfigRecord | 'malformed' | 'foreign' {
  for (const [prefix, parse] of parsers) {
    if (!key.startsWith(prefix)) continue
    const name = key.slice(prefix.length)
    return parse(name, value === null ? null : readJson(value)) ?? 'malformed'
  }
  return known.some((prefix) => key.startsWith(prefix)) ? 'foreign' : 'malformed'
}

/** Other workers' records, which mean nothing here. */
const known = ['session-key', 'tasks-fencing-']
const loggerPrefix = 'logger-cluster-'

type Parser = (name: string, value: unknown) => ConfigRecord | 'foreign' | undefined

const parsers: readonly (readonly [prefix: string, parse: Parser])[] = [
  ['target-state-', parseTarget],
  ['connector-', parseConnector],
  ['task-', parseTask],
  ['commit-', parseCommit],
  ['restart-connector-', parseRestart],
  [loggerPrefix, parseLogger],
]

function parseConnector(connector: string, value: unknown): ConfigRecord | undefined {
  if (value === null) return { type: 'connector', connector, config: null }
  const config = propertiesOf(value)
  return config && { type: 'connector', connector, config }
}

function parseTask(name: string, value: unknown): ConfigRecord | undefined {
  const dash = name.lastIndexOf('-')
  const number = name.slice(dash + 1)
  const config = propertiesOf(value)
  if (dash < 0 || !/^\d+$/.test(number) || config === undefined) return undefined
  return { type: 'task', connector: name.slice(0, dash), task: Number(number), config }
}

function parseCommit(connector: string, value: unknown): ConfigRecord | undefined {
  const tasks = isObject(value) ? value['tasks'] : undefined
  return typeof tasks === 'number' && Number.isInteger(tasks) && tasks >= 0
    ? { type: 'commit', connector, tasks }
    : undefined
}

function parseTarget(connector: string, value: unknown): ConfigRecord | undefined {
  if (value === null) return { type: 'target', connector, target: null }
  if (!isObject(value)) return undefined
  const target = value['state.v2'] ?? value['state']
  return target === 'STARTED' || target === 'PAUSED' || target === 'STOPPED'
    ? { type: 'target', connector, target }
    : undefined
}

function parseRestart(connector: string, value: unknown): ConfigRecord | 'foreign' | undefined {
  if (value === null) return 'foreign'
  if (!isObject(value)) return undefined
  const includeTasks = value['include-tasks'] ?? false
  const onlyFailed = value['only-failed'] ?? false
  return typeof includeTasks === 'boolean' && typeof onlyFailed === 'boolean'
    ? { type: 'restart', request: { connector, includeTasks, onlyFailed } }
    : undefined
}

function parseLogger(namespace: string, value: unknown): ConfigRecord | 'foreign' | undefined {
  if (value === null) return 'foreign'
  const level = isObject(value) ? value['level'] : undefined
  return typeof level === 'string' ? { type: 'logger', namespace, level } : undefined
}

function propertiesOf(value: unknown): ConfigMap | undefined {
  const properties = isObject(value) ? value['properties'] : undefined
  if (!isObject(properties)) return undefined
  const texts = Object.entries(properties).filter(([, text]) => text !== null)
  return Object.fromEntries(texts.map(([key, text]) => [key, String(text)]))
}
