/**
 * The log: topics of records in partitions, groups that read them. The seam of the whole: everything above is written once, against this file.
 * Implementations: `embedded/` (SQLite, the default) and `kafka/`. One contract suite holds for all: `test/contract/log.ts`.
 */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicOffset extends TopicPartition {
  readonly offset: number
}

/** Kafka's topic settings under Kafka's names: `cleanup.policy`, `retention.ms`, `min.compaction.lag.ms` … */
export type TopicSettings = Readonly<Record<string, string>>

export interface TopicSpec {
  readonly topic: string
  /** Default: the log's own default. */
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly settings?: TopicSettings
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  readonly settings: TopicSettings
}

export interface RawHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** A record as it lies in the log. `key` and `value` are views into the batch that was read: copy what is kept. */
export interface LogRecord {
  readonly offset: number
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RawHeader[]
}

/** A record batch of Kafka's format, magic 2, made by `batch/BatchBuilder`. Its memory passes to the log: do not touch it afterwards. */
export interface EncodedBatch extends TopicPartition {
  readonly bytes: Uint8Array
  readonly records: number
}

export interface Transaction {
  readonly append: readonly EncodedBatch[]
  /** Offsets of a group, committed together with the records. `generation` as in `Consumer`; left out, the group has no members. */
  readonly groupOffsets?: {
    readonly group: string
    readonly generation?: number
    readonly offsets: readonly TopicOffset[]
  }
}

/** What one read returned of one partition, in order of offsets. */
export interface Fetched extends TopicPartition {
  readonly records: readonly LogRecord[]
  /** The offset to read next: past the last record and past any gap after it. */
  readonly next: number
}

/**
 * `earliest`, `latest`, an offset, or the first record at or after a time (ms). On Kafka the markers of transactions have times too: the place may
 * then lie before that record, never behind it.
 */
export type Position = 'earliest' | 'latest' | number | { readonly timeMs: number }

export interface PollOptions {
  /** How long to wait for the first record. 0: return at once. */
  readonly timeoutMs: number
  /** Upper bounds, except that one whole batch always comes. */
  readonly maxRecords?: number
  readonly maxBytes?: number
  /** Wakes a waiting poll, which then returns what it has (perhaps nothing); never throws for it. */
  readonly signal?: AbortSignal
}

export interface ConsumerOptions {
  /** Left out: reads all partitions of `topics` on its own, commits nothing. */
  readonly group?: string
  /** A name for this member, for people. */
  readonly member?: string
  /** Names, or one pattern that whole names must match (new topics join as they appear). */
  readonly topics: readonly string[] | RegExp
  /** Where to begin in a partition without a committed offset. Default `earliest`. */
  readonly start?: Position
  /** Called inside `poll`, awaited, serial with everything the caller does. New partitions start at their committed offset. */
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => Promise<void> | void
  /** Called inside `poll` while commits of these partitions are still accepted: flush and commit here. */
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => Promise<void> | void
  /** The partitions are already somebody else's: forget them, commits are refused. */
  readonly onLost?: (partitions: readonly TopicPartition[]) => Promise<void> | void
}

/** Reads as a member of a group, or alone. One call at a time. */
export interface Consumer {
  /** Grows with each rebalance; a commit under an older one is refused (FencedException). */
  readonly generation: number
  assignment(): readonly TopicPartition[]
  /** Waits for records of partitions that are not paused; rebalances happen in here. Reading position moves past what is returned. */
  poll(options: PollOptions): Promise<readonly Fetched[]>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, to: Position): Promise<void>
  position(partition: TopicPartition): number
  /** Durable when it resolves. Offsets are the next to read. Throws FencedException when the partitions are no longer ours. */
  commit(offsets: readonly TopicOffset[]): Promise<void>
  committed(partitions: readonly TopicPartition[]): Promise<readonly TopicOffset[]>
  /** Records between position and end, over the assignment. */
  lag(): Promise<number>
  /** Leaves the group at once; no callbacks. */
  close(): Promise<void>
}

/** Settings of a Kafka client under the Java client's names (`linger.ms`, `security.protocol` …), without any prefix. */
export type ClientSettings = Readonly<Record<string, string>>

/** Who uses the log, and how: what a connector may say of its own clients (`producer.override.…`). */
export interface LogScope {
  /** `NAME-0`: whose clients they are, in client ids and messages. */
  readonly task: string
  readonly producer?: ClientSettings
  readonly consumer?: ClientSettings
  readonly admin?: ClientSettings
  /** Makes the scope transactional on a log that is not by itself. Whoever opens the same id later fences this one off. */
  readonly transactionalId?: string
}

export interface Log {
  readonly kind: 'embedded' | 'kafka'
  /** What `GET /` shows as `kafka_cluster_id`. */
  readonly clusterId: string
  /** True when `transaction` makes records and offsets one; false when the caller must order them itself. */
  readonly isTransactional: boolean

  /** False when the topic was there already (its partitions and settings stay). */
  createTopic(spec: TopicSpec): Promise<boolean>
  /** Makes a missing topic with the log's defaults if the log does that by itself (`auto.create.topics.enable`); null when it does not. */
  autoCreateTopic(topic: string): Promise<TopicDescription | null>
  describeTopic(topic: string): Promise<TopicDescription | null>
  topics(): Promise<readonly TopicDescription[]>
  deleteTopic(topic: string): Promise<boolean>

  /**
   * Durable when it resolves; the base offset of each batch, in order. Batches of one caller keep their order per partition, several calls may be
   * under way. A topic that is missing is made with default settings if the log does that (`auto.create.topics.enable`), else ConnectException.
   * A full disk or a log that cannot be reached is a RetriableException: call again with the very same batches, which are then in the log once
   * each (embedded: nothing of the call was written; Kafka: what was written is recognised by its sequence numbers).
   */
  append(batches: readonly EncodedBatch[]): Promise<readonly number[]>
  transaction(transaction: Transaction): Promise<readonly number[]>

  /** First and next offset of each partition. */
  offsets(
    topic: string,
  ): Promise<readonly { partition: number; earliest: number; latest: number }[]>
  /** A few records, for people and tools: no group, no waiting. */
  read(
    partition: TopicPartition,
    from: Position,
    limit: { records: number; bytes?: number },
  ): Promise<Fetched>
  consumer(options: ConsumerOptions): Promise<Consumer>

  groupOffsets(group: string): Promise<readonly TopicOffset[]>
  /** For a group without members; null deletes. ConflictException while it has some. */
  alterGroupOffsets(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: number | null })[],
  ): Promise<void>
  deleteGroup(group: string): Promise<void>

  /** This log as one task uses it, with client settings of its own; `release` gives back what that took. A log without clients gives itself. */
  scope(scope: LogScope): { readonly log: Log; release(): Promise<void> }

  /** What another thread needs to join this log (`joinLog`): send `data`, with `transfer` as its transfer list. One share per thread. */
  share(): {
    readonly data: unknown
    readonly transfer: readonly import('node:worker_threads').Transferable[]
  }
  close(): Promise<void>
}
