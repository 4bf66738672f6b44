import type { MessagePort } from 'node:worker_threads'
import type { EncodedBatch, TopicOffset, TopicPartition, TopicSpec, Transaction } from '../log.ts'

/** What a thread asks of the writer. */
export type WriterRequest =
  | {
      readonly op: 'append'
      readonly batches: readonly EncodedBatch[]
      readonly offsets: Transaction['groupOffsets']
    }
  /** `isAutomatic`: only if the log makes missing topics by itself. */
  | { readonly op: 'createTopic'; readonly spec: TopicSpec; readonly isAutomatic?: boolean }
  | { readonly op: 'deleteTopic'; readonly topic: string }
  | { readonly op: 'createPartitions'; readonly topic: string; readonly partitions: number }
  | {
      readonly op: 'alterTopic'
      readonly topic: string
      readonly settings: Readonly<Record<string, string | null>>
    }
  | {
      readonly op: 'alterGroupOffsets'
      readonly group: string
      readonly offsets: readonly (TopicPartition & { readonly offset: number | null })[]
    }
  | { readonly op: 'deleteGroup'; readonly group: string }
  /** From the coordinator: from now on `retired` is refused and `granted` accepted. */
  | {
      readonly op: 'fence'
      readonly group: string
      readonly retired: number | undefined
      readonly granted: Grant | undefined
    }
  /** Answered when one of the partitions grows past `offset`, or when topics come or go after version `topics`. */
  | {
      readonly op: 'watch'
      readonly partitions: readonly TopicOffset[]
      readonly topics: number | undefined
    }
  /** Lets another thread join; the port is its end. */
  | { readonly op: 'connect'; readonly port: MessagePort }
  /** From the thread that opened the log. Answered when everything is on disk and the database is closed. */
  | { readonly op: 'close' }

/** A partition by name and by its number in the log: one of a topic that was deleted and made again is another one. */
export interface Holding extends TopicPartition {
  readonly id: number
}

/** A generation of one member and the partitions that it may commit. */
export interface Grant {
  readonly generation: number
  readonly partitions: readonly Holding[]
}

/** What a thread asks of the coordinator. */
export type CoordinatorRequest =
  | {
      readonly op: 'join'
      readonly group: string
      readonly member: string | undefined
      readonly topics: readonly string[] | RegExp
    }
  /** From inside `poll`: the partitions that the member holds, after what it was told to give up is flushed. */
  | { readonly op: 'sync'; readonly member: number; readonly held: readonly Holding[] }
  | { readonly op: 'leave'; readonly member: number }
  | { readonly op: 'connect'; readonly port: MessagePort }

export type SyncAnswer =
  /** Flush and commit what is revoked, forget what is lost (its topic is gone), then sync again without them. */
  | { readonly revoked: readonly Holding[]; readonly lost: readonly Holding[] }
  | { readonly generation: number; readonly assigned: readonly Holding[] }
  /** The coordinator gave this member up: everything it held is somebody else's. */
  | { readonly expelled: true }

/** What the coordinator tells a member without being asked: something changed, sync in the next poll. */
export interface Nudge {
  readonly member: number
}

/** What the writer thread gets at birth. */
export interface WriterOptions {
  readonly dataDir: string
  readonly defaultPartitions: number
  readonly autoCreateTopics: boolean
  readonly minCompactionRecords: number
  readonly cleaningIntervalMs: number
  readonly maxBytes: number
}

/** The writer's first word: ready, or an error (and then it ends). */
export interface WriterReady {
  readonly clusterId: string
  readonly findings: readonly WireError[]
}

/** An error on its way between threads: classes do not survive the journey, codes do. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly cause: string | undefined
}
