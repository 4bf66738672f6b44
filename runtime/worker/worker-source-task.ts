import {
  isRetriable,
  type OffsetMap,
  type RetriableException,
  type SourceContext,
  type SourceRecord,
  type SourceTask,
} from '../api/index.ts'
import { pause } from './backoff.ts'
import type { RecordConverters } from './converters.ts'
import { unlessAborted, withDeadline } from './deadline.ts'
import type { SourceErrors } from './source-errors.ts'
import { SourceRecordEncoder } from './source-record-encoder.ts'
import { SubmittedRecords } from './submitted-records.ts'
import { Retries, type TaskContext } from './task-context.ts'
import type { TopicCreation } from './topic-creation.ts'
import { TopicPartitions } from './topic-partitions.ts'
import type { TransformationChain } from './transformation-chain.ts'

/** How long a task that fails still waits for what the log has in hand. */
const lastAcksMs = 5000
const closeMs = 30_000
/** Work without a turn of the event loop: acknowledgements and orders wait that long at most. */
const longestWorkMs = 5

export interface SourceParts {
  readonly open: (context: SourceContext) => Promise<SourceTask> | SourceTask
  readonly readOffset: (partition: OffsetMap) => Promise<OffsetMap | null>
  readonly chain: TransformationChain
  readonly converters: RecordConverters
  readonly errors: SourceErrors
  readonly offsetTopic: string
  /** How missing topics are made; null leaves it to the log. */
  readonly topicCreation: TopicCreation | null
}

/** Pulls batches of a source into the log, as fast as the log takes them. */
export class WorkerSourceTask {
  readonly #context: TaskContext
  readonly #parts: SourceParts
  readonly #topics: TopicPartitions
  readonly #submitted: SubmittedRecords
  readonly #encoder: SourceRecordEncoder
  readonly #retries: Retries
  /** Nothing that the source may still give is wanted. */
  readonly #givenUp: AbortSignal
  #source: SourceTask | undefined
  #hasBegun = false
  #lastTurnMs = 0

  constructor(context: TaskContext, parts: SourceParts) {
    this.#context = context
    this.#parts = parts
    this.#topics = new TopicPartitions(context.log, parts.topicCreation)
    this.#submitted = new SubmittedRecords(context, parts.offsetTopic, (offsets) =>
      this.#source?.acked?.(offsets),
    )
    this.#givenUp = AbortSignal.any([context.control.cancelled, this.#submitted.failure])
    const { chain, converters, errors } = parts
    this.#encoder = new SourceRecordEncoder(
      chain,
      converters,
      this.#topics,
      this.#submitted.draft,
      errors,
    )
    this.#retries = new Retries(context, 'Reading the source')
  }

  /** Until it is told to stop, or fails. What is cancelled is left behind and gives the log nothing more. */
  async run(): Promise<void> {
    await unlessAborted(this.#live(), this.#context.control.cancelled)
  }

  async #live(): Promise<void> {
    const { control } = this.#context
    while (control.isPaused && !control.isStopping) {
      this.#context.reportState('PAUSED')
      await control.change()
    }
    while (!control.isStopping) {
      try {
        await this.#read()
      } catch (error) {
        // Whatever breaks because it was told to stop did not fail.
        if (control.isStopping) break
        if (!isRetriable(error)) throw await this.#afterAcks(error)
        await this.#waitToOpenAgain(error)
      }
    }
    // I4: what was pulled is stored before the task ends, unless the log does not take it in time.
    await this.#submitted.drained()
  }

  /** The target state changed. */
  onTarget(): void {
    if (this.#hasBegun) this.#reportState()
  }

  #reportState(): void {
    this.#context.reportState(this.#context.control.isPaused ? 'PAUSED' : 'RUNNING')
  }

  /** One life of the source: from the last acknowledged offset to a failure, or to the stop. */
  async #read(): Promise<void> {
    const { id, logger, control } = this.#context
    const life = new AbortController()
    this.#context.enter()
    const opening = this.#parts.open({
      ...id,
      log: logger,
      signal: AbortSignal.any([control.stopping, life.signal]),
      offsets: { read: this.#parts.readOffset },
    })
    const source = await withDeadline(opening, 'Opening the source')
    this.#source = source
    this.#hasBegun = true
    this.#reportState()
    const batches = source[Symbol.asyncIterator]()
    try {
      while (!control.isStopping) {
        if (control.isPaused) {
          await control.change()
          continue
        }
        const batch = await this.#pull(batches)
        if (batch === undefined) {
          await this.#idle()
          return
        }
        await this.#submit(batch)
      }
    } finally {
      life.abort()
      await this.#close(batches)
    }
  }

  /** What becomes of it changes nothing: the life is over. */
  async #close(batches: AsyncIterator<unknown>): Promise<void> {
    try {
      await withDeadline(batches.return?.(), 'Closing the source', closeMs)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'the source did not close in order')
    }
  }

  async #pull(
    batches: AsyncIterator<readonly SourceRecord[]>,
  ): Promise<readonly SourceRecord[] | undefined> {
    const { meter } = this.#context
    this.#context.enter()
    const began = performance.now()
    const next = await unlessAborted(batches.next(), this.#givenUp)
    this.#submitted.failure.throwIfAborted()
    meter.call(performance.now() - began)
    return next === undefined || next.done ? undefined : next.value
  }

  async #submit(batch: readonly SourceRecord[]): Promise<void> {
    if (batch.length === 0) return
    const { meter } = this.#context
    this.#retries.over()
    meter.counts.recordsIn += batch.length
    meter.batch(batch.length)
    let done = 0
    for (;;) {
      this.#context.enter()
      done = this.#encoder.encode(batch, done)
      const { unknownTopic, retryInMs } = this.#encoder
      if (unknownTopic !== undefined) await this.#topics.learn(unknownTopic)
      else if (retryInMs === undefined) break
      // What is behind a record that waits when the task ends comes again from the source.
      else if (!(await this.#waitFor(retryInMs))) return
    }
    this.#parts.errors.passed()
    this.#topics.turn()
    this.#submitted.send()
    if (this.#submitted.isFull) await this.#submitted.room()
    else await this.#breathe()
  }

  /** False: the task shall stop. What was taken in before goes to the log meanwhile. */
  async #waitFor(ms: number): Promise<boolean> {
    const { control } = this.#context
    this.#submitted.send()
    await pause(ms, AbortSignal.any([control.stopping, this.#submitted.failure]))
    this.#submitted.failure.throwIfAborted()
    return !control.isStopping
  }

  /** A source that never waits (its file is in memory) must not keep acknowledgements out. */
  async #breathe(): Promise<void> {
    const now = performance.now()
    if (now - this.#lastTurnMs < longestWorkMs) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#lastTurnMs = performance.now()
  }

  /** Everything was read: RUNNING, with nothing to do. */
  async #idle(): Promise<void> {
    const { control } = this.#context
    while (!control.isStopping) {
      await unlessAborted(control.change(), this.#submitted.failure)
      this.#submitted.failure.throwIfAborted()
    }
  }

  /** What was pulled before the failure is still good: it is stored, so that a restart begins at what failed. */
  async #afterAcks(error: unknown): Promise<unknown> {
    try {
      await withDeadline(this.#submitted.drained(), 'The log', lastAcksMs)
    } catch (acks) {
      this.#context.logger.warn(
        { err: acks },
        'the log did not take what was read before the failure',
      )
    }
    return error
  }

  async #waitToOpenAgain(error: RetriableException): Promise<void> {
    const { control } = this.#context
    // The generator is dead: the next one begins at the last acknowledged offset, so all acknowledgements must be in.
    await this.#submitted.drained()
    this.#hasBegun = true
    this.#reportState()
    await pause(this.#retries.next(error), control.stopping)
  }
}
