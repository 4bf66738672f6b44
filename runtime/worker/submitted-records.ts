import { ConnectException, isRetriable } from '../api/index.ts'
import { offsetBatches } from '../storage/offset-records.ts'
import { pause } from './backoff.ts'
import { phases } from './phases.ts'
import { RecordDraft, type SourceOffset, type Submission } from './record-draft.ts'
import { Retries, type TaskContext } from './task-context.ts'

/** What may be collected while a transaction is on its way; with that one in flight, twice as much is unacknowledged at most (I6). */
export const window = { records: 50_000, bytes: 4 * 1024 * 1024 }

/**
 * Records of a source on their way into the log. One transaction at a time: what is pulled meanwhile goes into the next, so a failed one is
 * sent again with the same bytes before anything later (I3), and a slow log makes larger transactions instead of a longer queue.
 */
export class SubmittedRecords {
  readonly #context: TaskContext
  readonly #offsetTopic: string
  readonly #acked: (offsets: readonly SourceOffset[]) => void | Promise<void>
  readonly #retries: Retries
  readonly draft = new RecordDraft()
  #sending: Promise<void> | undefined
  #inFlight = 0
  #failure: unknown
  #offsetPartitions = 0

  constructor(
    context: TaskContext,
    offsetTopic: string,
    acked: (offsets: readonly SourceOffset[]) => void | Promise<void>,
  ) {
    this.#context = context
    this.#offsetTopic = offsetTopic
    this.#acked = acked
    this.#retries = new Retries(context, 'Writing to the log')
  }

  get isFull(): boolean {
    const { pulled, bytes } = this.draft
    return this.#sending !== undefined && (bytes >= window.bytes || pulled >= window.records)
  }

  /** Sends what was collected as soon as the log is free. Throws what an earlier transaction failed with. */
  send(): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#context.meter.active(this.#inFlight + this.draft.pulled)
    if (this.draft.isEmpty) return
    this.#sending ??= this.#sendAll()
  }

  /** Resolves when there is room for another batch. */
  async room(): Promise<void> {
    while (this.isFull && this.#failure === undefined) await this.#turn.promise
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when the log holds everything. */
  async drained(): Promise<void> {
    this.send()
    await this.#sending
    if (this.#failure !== undefined) throw this.#failure
  }

  #turn = Promise.withResolvers<void>()

  async #sendAll(): Promise<void> {
    try {
      while (!this.draft.isEmpty) {
        const submission = this.draft.take()
        this.#inFlight = submission.pulled
        this.#nextTurn()
        await this.#sendOne(submission)
        await this.#acknowledge(submission)
      }
    } catch (error) {
      this.#failure = error
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
    const offsets = await this.#encodeOffsets(submission.offsets)
    const { log } = this.#context
    const began = performance.now()
    if (log.isTransactional) {
      await this.#untilTaken(() => log.transaction({ append: [...submission.batches, ...offsets] }))
    } else {
      // I1: offsets only after the records that they speak of.
      if (submission.batches.length > 0)
        await this.#untilTaken(() => log.append(submission.batches))
      await this.#untilTaken(() => log.append(offsets))
    }
    this.#context.meter.commit(performance.now() - began)
  }

  async #encodeOffsets(offsets: readonly SourceOffset[]) {
    if (this.#offsetPartitions === 0) {
      const topic = await this.#untilTaken(() => this.#context.log.describeTopic(this.#offsetTopic))
      if (topic === null) {
        throw new ConnectException(`The offset topic ${this.#offsetTopic} is missing`, {
          hint: 'A worker makes it when it starts: restart the worker.',
        })
      }
      this.#offsetPartitions = topic.partitions
    }
    const { connector } = this.#context.id
    return offsetBatches(this.#offsetTopic, this.#offsetPartitions, connector, offsets, Date.now())
  }

  /** A full disk or a log out of reach: the same bytes again, until it takes them or the task is given up. */
  async #untilTaken<T>(call: () => Promise<T>): Promise<T> {
    const { control, meter } = this.#context
    for (;;) {
      try {
        const taken = await phases.append.tracePromise(call)
        this.#retries.over()
        return taken
      } catch (error) {
        if (!isRetriable(error) || control.cancelled.aborted) throw error
        meter.counts.commitFailures++
        await pause(this.#retries.next(error), control.cancelled)
      }
    }
  }

  async #acknowledge({ records, offsets }: Submission): Promise<void> {
    const { meter } = this.#context
    meter.counts.recordsOut += records
    meter.transaction(records)
    try {
      await this.#acked(offsets)
    } catch (error) {
      // The log holds the records: what the source makes of that cannot undo it.
      this.#context.logger.warn({ err: error }, 'the source failed to take an acknowledgement')
    }
  }
}
