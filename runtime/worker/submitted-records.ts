import { OffsetEncoder } from './offset-encoder.ts'
import { OffsetWriter } from './offset-writer.ts'
import { RecordDraft, type SourceOffset, type Submission } from './record-draft.ts'
import { Retries, type TaskContext } from './task-context.ts'
import { untilTaken } from './until-taken.ts'

/** What may be collected while a submission is on its way; with that one in flight, twice as much is unacknowledged at most (I6). */
export const window = { records: 50_000, bytes: 4 * 1024 * 1024 }

/**
 * Records of a source on their way into the log. One submission at a time: what is pulled meanwhile goes into the next, so a failed one is
 * sent again with the same bytes before anything later (I3), and a slow log makes larger submissions instead of a longer queue. Where the
 * log can, records and source offsets are one transaction.
 */
export class SubmittedRecords {
  readonly #context: TaskContext
  readonly #encoder: OffsetEncoder
  readonly #offsets: OffsetWriter
  readonly #acked: (offsets: readonly SourceOffset[]) => void | Promise<void>
  readonly #retries: Retries
  readonly draft = new RecordDraft()
  #sending: Promise<void> | undefined
  #inFlight = 0
  readonly #failure = new AbortController()

  constructor(
    context: TaskContext,
    offsetTopic: string,
    acked: (offsets: readonly SourceOffset[]) => void | Promise<void>,
  ) {
    this.#context = context
    this.#encoder = new OffsetEncoder(context, offsetTopic)
    this.#offsets = new OffsetWriter(context, this.#encoder, {
      onWritten: (offsets) => this.#acknowledge(offsets),
      onFailure: (error) => this.#failure.abort(error),
    })
    this.#acked = acked
    this.#retries = new Retries(context, 'Writing to the log')
  }

  /** Aborts when the log refuses what it was given; the reason is why. */
  get failure(): AbortSignal {
    return this.#failure.signal
  }

  get isFull(): boolean {
    const { pulled, bytes } = this.draft
    return this.#sending !== undefined && (bytes >= window.bytes || pulled >= window.records)
  }

  /** Sends what was collected as soon as the log is free. Throws what an earlier submission failed with. */
  send(): void {
    this.failure.throwIfAborted()
    this.#context.meter.active(this.#inFlight + this.draft.pulled)
    if (this.draft.isEmpty) return
    this.#sending ??= this.#sendAll()
  }

  /** Resolves when there is room for another batch. */
  async room(): Promise<void> {
    while (this.isFull && !this.failure.aborted) await this.#turn.promise
    this.failure.throwIfAborted()
  }

  /** Resolves when the log holds everything. */
  async drained(): Promise<void> {
    this.send()
    await this.#sending
    await this.#offsets.drained()
    this.failure.throwIfAborted()
  }

  #turn = Promise.withResolvers<void>()

  async #sendAll(): Promise<void> {
    try {
      while (!this.draft.isEmpty) {
        const submission = this.draft.take()
        this.#inFlight = submission.pulled
        this.#nextTurn()
        await this.#sendOne(submission)
      }
    } catch (error) {
      this.#failure.abort(error)
    } finally {
      this.#inFlight = 0
      this.#sending = undefined
      this.#context.meter.active(this.draft.pulled)
      this.#nextTurn()
    }
  }

  #nextTurn(): void {
    this.#turn.resolve()
    this.#turn = Promise.withResolvers()
  }

  async #sendOne(submission: Submission): Promise<void> {
    const { log, meter } = this.#context
    const { batches, offsets } = submission
    if (log.isTransactional) {
      const append = [...batches, ...(await this.#encoder.encode(offsets))]
      const began = performance.now()
      await this.#untilTaken(() => log.transaction({ append }))
      meter.commit(performance.now() - began)
      this.#count(submission)
      await this.#acknowledge(offsets)
      return
    }
    if (batches.length > 0) await this.#untilTaken(() => log.append(batches))
    this.#count(submission)
    // I1: offsets only after the records that they speak of.
    this.#offsets.add(offsets)
  }

  #untilTaken<T>(call: () => Promise<T>): Promise<T> {
    return untilTaken(this.#context, this.#retries, call)
  }

  #count({ records, batches }: Submission): void {
    const { meter } = this.#context
    for (const { topic } of batches) meter.used(topic)
    meter.counts.recordsOut += records
    meter.transaction(records)
  }

  async #acknowledge(offsets: readonly SourceOffset[]): Promise<void> {
    try {
      await this.#acked(offsets)
    } catch (error) {
      // The log holds the records: what the source makes of that cannot undo it.
      this.#context.logger.warn({ err: error }, 'the source failed to take an acknowledgement')
    }
  }
}
