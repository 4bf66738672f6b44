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

export function policyOf(settings: TopicSettings): TopicPolicy {
  const policies = (settings['cleanup.policy'] ?? 'delete').split(',').map((text) => text.trim())
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

function number(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise)
  return Number.isFinite(value) ? value : otherwise
}

/** -1 means without a limit, as in Kafka. */
function limit(text: string | undefined): number {
  const value = number(text, -1)
  return value < 0 ? Infinity : value
}
