import type { ConfigDef, ConfigOf, RawConfig } from './config-def.ts'
import type { Logger } from './logger.ts'
import type { OffsetMap, SinkRecord, SourceRecord } from './record.ts'

/** Another class name under which a connector is known: listed as a plugin of its own, with its own keys and defaults. */
export interface Alias {
  /** Full class name, as in `io.debezium.connector.jdbc.JdbcSinkConnector`. */
  readonly class: string
  /** Our key → the name it has under this class. Keys not named keep theirs. */
  readonly rename?: Readonly<Record<string, string>>
  /** Defaults that differ under this class, by our key. */
  readonly defaults?: Readonly<Record<string, unknown>>
  /** Our keys that this class does not have: given under it, they mean nothing. */
  readonly without?: readonly string[]
  /** Keys that only this class has, or that it reads differently than we read ours of that name. */
  readonly keys?: ConfigDef
  /** What `keys` mean in our keys, laid over the rest. Gets the configuration as it was given, right or wrong; pure, never throws. */
  readonly translate?: (raw: RawConfig) => RawConfig
}

/** A task's configuration: what it lays over the connector's own raw configuration. Text only, as everything that is stored. */
export type TaskOverlay = Readonly<Record<string, string>>

/** What a connector's own half gets: it runs in a plugin thread, never in the main one, each call under a deadline. */
export interface ConnectorContext {
  readonly connector: string
  readonly log: Logger
  /** Aborts at the deadline and when the answer is no longer wanted. */
  readonly signal: AbortSignal
}

export interface SourceOffsets {
  /** The last acknowledged offset of a source partition, or null. */
  read(partition: OffsetMap): Promise<OffsetMap | null>
}

export interface SourceContext {
  readonly connector: string
  readonly task: number
  readonly log: Logger
  /** Aborts when the task stops: pass it to whatever blocks. */
  readonly signal: AbortSignal
  readonly offsets: SourceOffsets
}

/**
 * Batches of records. Pulling is the backpressure: the next batch is asked for when there is room. A batch is what one read returned: small
 * when idle, large under load, never waiting for a size. To end (a file was read) return: the task stays RUNNING and idle. To report trouble
 * throw: RetriableException lets the host wait for the acknowledgements, then `open` again from the last acknowledged offset; anything else
 * fails the task. `finally` is the clean-up.
 */
export interface SourceTask extends AsyncIterable<readonly SourceRecord[]> {
  /** The log holds everything up to these offsets, one a source partition. For whoever must acknowledge, delete or mark. */
  acked?(
    offsets: readonly {
      readonly partition: OffsetMap
      readonly offset: OffsetMap
    }[],
  ): void | Promise<void>
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface SinkContext {
  readonly connector: string
  readonly task: number
  readonly log: Logger
  /** Aborts when the task stops and the time to drain is over. */
  readonly signal: AbortSignal
  /**
   * For a sink that keeps offsets in its target, where they change together with what it writes: these partitions are read from there, whatever
   * the group committed. Called in `put`, which then throws RetriableException: the batch in hand is not put again.
   */
  readonly seek?: (offsets: readonly (TopicPartition & { readonly offset: number })[]) => void
}

/**
 * Moves records to a target. Calls never overlap. `put` resolves when it may be called again; `flush` resolves when everything put so far is
 * durable in the target: only then are offsets committed (I1). A sink whose `put` is durable when it resolves needs no `flush`.
 * `put` throws RetriableException: the same batch comes again, its partitions paused meanwhile. BatchException: only the named records are
 * bad, the others were written. Any other error fails the task. Plugins never loop on retries, sleep, or log and throw.
 */
export interface SinkTask {
  /** Never empty. In order of offsets per partition; several topics and partitions may be mixed. */
  put(records: readonly SinkRecord[]): Promise<void>
  flush?(): Promise<void>
  /** Partitions were given to this task. */
  assigned?(partitions: readonly TopicPartition[]): Promise<void>
  /** Partitions go to another task; everything put was flushed and committed before. */
  revoked?(partitions: readonly TopicPartition[]): Promise<void>
  /** Also after a failure, exactly once, whatever happened before. */
  stop?(): Promise<void>
}

/** When the host hands a sink its batch: by count, by bytes or by time, whichever comes first. */
export interface BatchLimits {
  readonly records: number
  readonly bytes?: number
  /** How long the first record may wait for company. 0: hand over what there is. */
  readonly waitMs?: number
}

/** What the host does with a counted RetriableException of `put` (deadlock, serialisation): so often, so far apart, then the task fails. */
export interface RetryLimits {
  readonly max: number
  readonly backoffMs: number
}

/** Key → message, for every key that is wrong. */
export type Findings = Readonly<Record<string, string | readonly string[]>>

interface Declaration<D extends ConfigDef> {
  /** Simple class name without `Connector`, as in `FileStreamSource`. */
  readonly name: string
  /** Full class name under which it is listed; default `tapline.NAME` … or Connect's own, where it is one of Connect's. */
  readonly class?: string
  /** Default: the host's version. */
  readonly version?: string
  readonly aliases?: readonly Alias[]
  /** One paragraph for the reference. */
  readonly doc: string
  readonly config: D
  /** Checks across keys; pure, no I/O. Runs when every key by itself is right. */
  validate?(config: ConfigOf<D>): Findings
  /** Tries the connection; runs in a plugin thread when everything else is right. What it finds is a validation error on that key. */
  check?(config: ConfigOf<D>, context: ConnectorContext): Promise<Findings>
  /**
   * How the work is shared out: one overlay a task, at most `max`. Default: a source has one task, a sink `max`, all with the connector's
   * own configuration. Runs in a plugin thread at start, resume and when `watch` asks.
   */
  tasks?(
    config: ConfigOf<D>,
    max: number,
    context: ConnectorContext,
  ): Promise<readonly TaskOverlay[]> | readonly TaskOverlay[]
  /** Lives while the connector runs; each value it yields asks for `tasks` anew (a table appeared, a folder grew). */
  watch?(config: ConfigOf<D>, context: ConnectorContext): AsyncIterable<void>
}

export interface SourceDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'source'
  /** Begins one task; loads the driver. Called again after a RetriableException. */
  open(config: ConfigOf<D>, context: SourceContext): Promise<SourceTask> | SourceTask
  /** Asked before the source offsets of a stopped connector are changed by hand; a throw refuses. True: the plugin changed its own too. */
  alterOffsets?(
    config: ConfigOf<D>,
    offsets: readonly {
      readonly partition: OffsetMap
      readonly offset: OffsetMap | null
    }[],
    context: ConnectorContext,
  ): Promise<boolean>
}

export interface SinkDefinition<D extends ConfigDef = ConfigDef> extends Declaration<D> {
  readonly kind: 'sink'
  /** Begins one task; loads the driver. */
  open(config: ConfigOf<D>, context: SinkContext): Promise<SinkTask> | SinkTask
  /** Default: 500 records, no waiting. */
  batch?(config: ConfigOf<D>): BatchLimits
  retries?(config: ConfigOf<D>): RetryLimits
  /** As for a source; the offsets are the group's. */
  alterOffsets?(
    config: ConfigOf<D>,
    offsets: readonly (TopicPartition & { readonly offset: number | null })[],
    context: ConnectorContext,
  ): Promise<boolean>
  /** The statements (SQL, bulk lines, Cypher) that these records would become; touches no target. */
  describe?(config: ConfigOf<D>, records: readonly SinkRecord[]): readonly string[]
}

export type ConnectorDefinition = SourceDefinition | SinkDefinition

/** Declares a source. A connector's `index.ts` exports one of these (or an array of them) by default and must not import its driver. */
export function defineSource<const D extends ConfigDef>(
  definition: Omit<SourceDefinition<D>, 'kind'>,
): SourceDefinition {
  return { kind: 'source', ...definition } as unknown as SourceDefinition
}

/** Declares a sink: same rules. */
export function defineSink<const D extends ConfigDef>(
  definition: Omit<SinkDefinition<D>, 'kind'>,
): SinkDefinition {
  return { kind: 'sink', ...definition } as unknown as SinkDefinition
}
