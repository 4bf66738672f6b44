import { isObject, readJson } from './json-text.ts'
import type { KeyedEntry } from './keyed-batches.ts'

export type StoredState = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING'

export interface Status {
  readonly state: StoredState
  readonly trace: string | null
  readonly workerId: string
  readonly generation: number
  readonly version?: string
}

/** Whose status it is: a connector's own, or one of its tasks'. */
export interface StatusOwner {
  readonly connector: string
  readonly task: number | null
}

/** Null: the connector or task is no more. */
export function statusEntry(owner: StatusOwner, status: Status | null): KeyedEntry {
  return { key: statusKey(owner), value: status === null ? null : statusText(status) }
}

export function statusKey({ connector, task }: StatusOwner): string {
  return task === null ? `status-connector-${connector}` : `status-task-${connector}-${task}`
}

/** A topic that a connector used. */
export interface UsedTopic {
  readonly topic: string
  readonly connector: string
}

/** No topic's name holds a colon: the first one parts it from the connector. */
export function topicKey({ topic, connector }: UsedTopic): string {
  return `${topicPrefix}${topic}${topicInfix}${connector}`
}

/** `task`: which of them used it first; null: it is forgotten. */
export function topicEntry(used: UsedTopic, task: number | null, nowMs: number): KeyedEntry {
  const { topic: name, connector } = used
  const topic = { name, connector, task, discoverTimestamp: nowMs }
  return { key: topicKey(used), value: task === null ? null : JSON.stringify({ topic }) }
}

/** Undefined for keys of other kinds. */
export function parseTopicKey(key: string): UsedTopic | undefined {
  const infix = key.indexOf(':')
  if (!key.startsWith(topicPrefix) || !key.startsWith(topicInfix, infix)) return undefined
  const connector = key.slice(infix + topicInfix.length)
  return { topic: key.slice(topicPrefix.length, infix), connector }
}

/** Undefined for keys of other kinds, `status-topic-…` among them. */
export function parseStatusKey(key: string): StatusOwner | undefined {
  if (key.startsWith(connectorPrefix)) {
    return { connector: key.slice(connectorPrefix.length), task: null }
  }
  if (!key.startsWith(taskPrefix)) return undefined
  const dash = key.lastIndexOf('-')
  const number = key.slice(dash + 1)
  return dash >= taskPrefix.length && /^\d+$/.test(number)
    ? { connector: key.slice(taskPrefix.length, dash), task: Number(number) }
    : undefined
}

export function parseStatus(text: string): Status | undefined {
  const value = readJson(text)
  if (!isObject(value)) return undefined
  const { state, trace, worker_id: workerId, generation, version } = value
  if (!isStoredState(state) || typeof workerId !== 'string') return undefined
  return {
    state,
    trace: typeof trace === 'string' ? trace : null,
    workerId,
    generation: typeof generation === 'number' ? generation : 0,
    ...(typeof version === 'string' && { version }),
  }
}

const connectorPrefix = 'status-connector-'
const taskPrefix = 'status-task-'
const topicPrefix = 'status-topic-'
const topicInfix = ':connector-'
const states = ['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'] as const

function isStoredState(state: unknown): state is StoredState {
  return states.some((known) => known === state)
}

function statusText({ state, trace, workerId, generation, version }: Status): string {
  return JSON.stringify({
    state,
    trace,
    worker_id: workerId,
    generation,
    ...(version !== undefined && { version }),
  })
}
