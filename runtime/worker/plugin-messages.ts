import type { Findings, OffsetMap, TaskOverlay, TopicPartition } from '../api/index.ts'
import type { LogLine } from './messages.ts'
import type { PortableError } from './portable-error.ts'
import type { ConfigMap } from './task-state.ts'

/** What a connector's own half is asked. */
export interface PluginQuestion {
  readonly op: 'validate' | 'check' | 'tasks' | 'watch' | 'alterOffsets'
  readonly connector: string
  /** Raw, as written for its class. */
  readonly config: ConfigMap
  /** For `tasks`. */
  readonly max: number
  /** For `alterOffsets`. */
  readonly offsets?: AlteredOffsets
}

/** What becomes of a connector's offsets, of a source or of a sink; null: forgotten. */
export type AlteredOffsets =
  | readonly { readonly partition: OffsetMap; readonly offset: OffsetMap | null }[]
  | readonly (TopicPartition & { readonly offset: number | null })[]

export interface PluginAnswers {
  /** Empty when all is well. */
  readonly validate: Findings
  readonly check: Findings
  readonly tasks: readonly TaskOverlay[]
  readonly alterOffsets: boolean
  /** When the connector has nothing more to watch. */
  readonly watch: null
}

/** Main thread → plugin thread. */
export type ToPlugins =
  | { readonly type: 'ask'; readonly call: number; readonly question: PluginQuestion }
  /** The answer is no longer wanted. */
  | { readonly type: 'abort'; readonly call: number }

/** Plugin thread → main thread. */
export type FromPlugins =
  | { readonly type: 'answer'; readonly call: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly error: PortableError }
  /** The watch of this call asks for new tasks. */
  | { readonly type: 'changed'; readonly call: number }
  | { readonly type: 'crashed'; readonly call: number | null; readonly error: PortableError }
  | LogLine
