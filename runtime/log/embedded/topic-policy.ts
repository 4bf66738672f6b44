import { ConnectException } from '../../api/errors.ts'
import type { TopicSettings } from '../log.ts'

const DAY_MS = 86_400_000

/** What a topic's settings ask of the cleaner, under Kafka's names and defaults; only that nothing is deleted unless a limit is set. */
export interface TopicPolicy {
  readonly isCompacted: boolean
  readonly minCompactionLagMs: number
  readonly deleteRetentionMs: number
  readonly minCleanableDirtyRatio: number
  /** Infinity: for ever. */
  readonly retentionMs: number
  readonly retentionBytes: number
}

const WHOLE = /^-?\d+$/
const DECIMAL = /^\d*\.?\d+$/

/** Numbers, and the least that each may be. */
const LEAST: Readonly<Record<string, number>> = {
  'min.compaction.lag.ms': 0,
  'delete.retention.ms': 0,
  'min.cleanable.dirty.ratio': 0,
  'retention.ms': -1,
  'retention.bytes': -1,
}

export function policyOf(settings: TopicSettings): TopicPolicy {
  const policies = policiesIn(settings)
  const isDeleted = policies.includes('delete')
  return {
    isCompacted: policies.includes('compact'),
    minCompactionLagMs: number(settings['min.compaction.lag.ms'], 0),
    deleteRetentionMs: number(settings['delete.retention.ms'], DAY_MS),
    minCleanableDirtyRatio: number(settings['min.cleanable.dirty.ratio'], 0.5),
    retentionMs: isDeleted ? limit(settings['retention.ms']) : Infinity,
    retentionBytes: isDeleted ? limit(settings['retention.bytes']) : Infinity,
  }
}

/** What decides on deleting must be understood; other settings of Kafka's are kept for whoever asks. */
export function checkSettings(topic: string, settings: TopicSettings): void {
  const policies = policiesIn(settings)
  if (!policies.every((policy) => policy === 'delete' || policy === 'compact'))
    throw refused(topic, 'cleanup.policy', settings, 'delete, compact or both with a comma between')
  for (const [name, least] of Object.entries(LEAST)) {
    const text = settings[name]
    if (text === undefined) continue
    // Kafka's longest time passes 2^53: as good as for ever.
    const isNumber = (name === 'min.cleanable.dirty.ratio' ? DECIMAL : WHOLE).test(text.trim())
    if (isNumber && Number(text) >= least) continue
    throw refused(topic, name, settings, `a number from ${least} on`)
  }
}

function refused(topic: string, name: string, settings: TopicSettings, wanted: string) {
  return new ConnectException(
    `Topic "${topic}" cannot have ${name}=${JSON.stringify(settings[name])}`,
    { hint: `Give ${wanted}.` },
  )
}

function policiesIn(settings: TopicSettings): string[] {
  return (settings['cleanup.policy'] ?? 'delete').split(',').map((text) => text.trim())
}

function number(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise)
  return Number.isFinite(value) ? value : otherwise
}

/** -1 means without a limit, as in Kafka. */
function limit(text: string | undefined): number {
  const value = number(text, -1)
  return value < 0 ? Infinity : value
}
