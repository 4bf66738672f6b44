import type { OffsetMap } from '../api/index.ts'
import type { ClientSettings } from '../log/log.ts'
import type { TaskCounts } from '../metrics/task-counts.ts'
import type { PortableError } from './portable-error.ts'
import type {
  ConfigMap,
  ConnectorTaskId,
  ReportedState,
  TargetState,
  Trouble,
} from './task-state.ts'

/** One run of a task. The same task started again is another run, so that late words of the old one are told apart. */
export interface TaskSpec {
  readonly id: ConnectorTaskId
  readonly connectorConfig: ConfigMap
  readonly taskConfig: ConfigMap
  readonly target: TargetState
}

/** The worker's own converter keys, each map as the worker config has them: `key.converter`, `key.converter.schemas.enable` … */
export interface ConverterDefaults {
  readonly keyConverter: ConfigMap
  readonly valueConverter: ConfigMap
  readonly headerConverter: ConfigMap
}

/** What every task of a worker must know of it. */
export interface TaskSettings {
  readonly defaults: ConverterDefaults
  readonly offsetTopic: string
  readonly offsetFlushIntervalMs: number
  /** Whether sources make topics as their `topic.creation` keys say. */
  readonly createsTopics: boolean
  /** What the worker gives the consumers of sinks besides (`consumer.…`). */
  readonly consumer: ClientSettings
}

/** Main thread → task thread. */
export type ToTasks =
  | {
      readonly type: 'start'
      readonly run: number
      readonly spec: TaskSpec
      /** What the thread must never say (I5). */
      readonly secrets: readonly string[]
    }
  | { readonly type: 'target'; readonly run: number; readonly target: TargetState }
  | { readonly type: 'stop'; readonly run: number }
  | { readonly type: 'cancel'; readonly run: number }
  | { readonly type: 'offset'; readonly call: number; readonly offset: OffsetMap | null }
  | { readonly type: 'offset-failed'; readonly call: number; readonly error: PortableError }

/** Task thread → main thread. */
export type FromTasks =
  | { readonly type: 'ready' }
  | {
      readonly type: 'status'
      readonly run: number
      readonly state: ReportedState
      readonly error?: PortableError
      readonly version?: string
    }
  /** The run is over; nothing comes after it. */
  | { readonly type: 'ended'; readonly run: number }
  | { readonly type: 'trouble'; readonly run: number; readonly trouble: Trouble | null }
  | { readonly type: 'counts'; readonly run: number; readonly counts: TaskCounts }
  /** Records went there, or came from there, since it was last said. */
  | { readonly type: 'topics'; readonly run: number; readonly topics: readonly string[] }
  | {
      readonly type: 'read-offset'
      readonly call: number
      readonly connector: string
      readonly partition: OffsetMap
    }
  | LogLine
  /** An error that no call could catch; the thread ends after it. `run` is whose code threw, as far as it can be told. */
  | { readonly type: 'crashed'; readonly run: number | null; readonly error: PortableError }

export interface LogLine {
  readonly type: 'log'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}
