import type { ClientSettings } from '../../log.ts'
import { consumerKeys } from './consumer-keys.ts'
import { durationMs } from './duration.ts'
import type { ParsedSettings, Remark } from './parsed-settings.ts'
import { read } from './read.ts'
import { remarksOnOtherKeys } from './unused-keys.ts'

export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly agoMs: number }

export interface ConsumerSettings {
  readonly groupId: string | null
  readonly groupInstanceId: string | null
  /** null: not set, so nobody allowed to jump over what is gone. */
  readonly offsetReset: OffsetReset | null
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  /** null: not set. */
  readonly maxPollRecords: number | null
  readonly fetchMinBytes: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly maxPartitionFetchBytes: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
}

/** Java's consumer keys → what ours needs. Connections (and the rack) are `connectionSettings`' part of the same keys. */
export function consumerSettings(java: ClientSettings): ParsedSettings<ConsumerSettings> {
  const { values, problems } = read(consumerKeys, java)
  const others = remarksOnOtherKeys('consumer', java)
  return {
    settings: {
      groupId: values['group.id'],
      groupInstanceId: values['group.instance.id'],
      offsetReset: offsetReset(values['auto.offset.reset']),
      sessionTimeoutMs: values['session.timeout.ms'],
      heartbeatIntervalMs: values['heartbeat.interval.ms'],
      maxPollIntervalMs: values['max.poll.interval.ms'],
      maxPollRecords: values['max.poll.records'],
      fetchMinBytes: values['fetch.min.bytes'],
      fetchMaxWaitMs: values['fetch.max.wait.ms'],
      fetchMaxBytes: values['fetch.max.bytes'],
      maxPartitionFetchBytes: values['max.partition.fetch.bytes'],
      isolation: values['isolation.level'],
    },
    problems: [
      ...problems,
      ...heartbeatProblems(values['heartbeat.interval.ms'], values['session.timeout.ms']),
      ...others.problems,
    ],
    warnings: [...others.warnings, ...assignorWarnings(values['partition.assignment.strategy'])],
  }
}

function offsetReset(text: string | null): OffsetReset | null {
  if (text === null || text === 'latest' || text === 'none') return text
  const [, duration] = /^by_duration:(.*)$/.exec(text) ?? []
  const agoMs = duration === undefined ? undefined : durationMs(duration)
  return agoMs === undefined ? 'earliest' : { agoMs }
}

function heartbeatProblems(
  heartbeatMs: number | null,
  sessionMs: number | null,
): readonly Remark[] {
  if (heartbeatMs === null || sessionMs === null || heartbeatMs < sessionMs) return []
  return [['heartbeat.interval.ms', 'heartbeat.interval.ms must be lower than session.timeout.ms.']]
}

function assignorWarnings(assignors: readonly string[] | null): readonly Remark[] {
  if (!assignors || assignors.length === 0 || /(^|\.)RangeAssignor$|^range$/.test(assignors[0]!))
    return []
  return [
    [
      'partition.assignment.strategy',
      'partition.assignment.strategy has no effect: partitions are shared by ranges.',
    ],
  ]
}
