import { ConnectException, isRetriable } from '../api/index.ts'
import { partitionForKey } from '../log/partition.ts'
import { contextHeaders, originHeaders } from './dead-letter-headers.ts'
import type { DeadLetterConfig } from './error-config.ts'
import type { FailedSinkRecord } from './error-log.ts'
import { RecordDraft } from './record-draft.ts'
import { Retries, type TaskContext } from './task-context.ts'
import { type KnownTopic, TopicPartitions } from './topic-partitions.ts'

/** So long a log that is out of reach is waited for; then the task fails. */
const patienceMs = 5 * 60_000

/** The topic that keeps the records that a sink cannot carry: their own bytes, headers and time, and why they are there. */
export class DeadLetterQueue {
  readonly #context: TaskContext
  readonly #config: DeadLetterConfig
  readonly #topics: TopicPartitions
  readonly #retries: Retries
  readonly #patienceMs: number

  constructor(context: TaskContext, config: DeadLetterConfig, limits = { patienceMs }) {
    this.#context = context
    this.#config = config
    this.#topics = new TopicPartitions(context.log, null)
    this.#retries = new Retries(context, 'Writing dead letters')
    this.#patienceMs = limits.patienceMs
  }

  /** Makes the topic if it is missing. */
  async start(): Promise<void> {
    const { topic, replicationFactor } = this.#config
    const { log } = this.#context
    try {
      if ((await log.describeTopic(topic)) !== null) return
      await log.createTopic({ topic, partitions: 1, replicationFactor })
    } catch (error) {
      if (isRetriable(error)) throw error
      throw new ConnectException(
        `Could not initialize dead letter queue with topic=${topic}: ${(error as Error).message}`,
        {
          cause: error,
          hint: `Create the topic, or let the connector do it: it asks for ${replicationFactor} copies (errors.deadletterqueue.topic.replication.factor).`,
        },
      )
    }
  }

  /**
   * I1: what is resolved as true is durable; the offsets of these records wait for it. `wait` passes the time between two tries; false: the
   * records are no longer ours to store. Throws when the log does not take them.
   */
  async store(
    failed: readonly FailedSinkRecord[],
    wait: (ms: number) => Promise<boolean>,
  ): Promise<boolean> {
    const { counts } = this.#context.meter
    const until = performance.now() + this.#patienceMs
    let append: (() => Promise<unknown>) | undefined
    for (;;) {
      counts.deadLetters += failed.length
      try {
        // The very same batches at each try: the log tells by them what it has already.
        append ??= await this.#appending(failed)
        await append()
        this.#retries.over()
        return true
      } catch (error) {
        counts.deadLetterFailures += failed.length
        if (!isRetriable(error) || performance.now() >= until) throw this.#refused(failed, error)
        if (!(await wait(this.#retries.next(error)))) return false
      }
    }
  }

  async #appending(failed: readonly FailedSinkRecord[]): Promise<() => Promise<unknown>> {
    const { log } = this.#context
    const { topic } = this.#config
    this.#topics.turn()
    if (this.#topics.get(topic) === undefined) await this.#topics.learn(topic)
    const batches = this.#encode(failed, this.#topics.get(topic) as KnownTopic)
    return () => log.append(batches)
  }

  #encode(failed: readonly FailedSinkRecord[], { topic, partitions, sticky }: KnownTopic) {
    const draft = new RecordDraft()
    const { id, clean } = this.#context
    const { hasContextHeaders } = this.#config
    for (const each of failed) {
      const { key, value, timestamp, headers } = each.raw
      const partition = key === null ? sticky : partitionForKey(key, partitions)
      const why = hasContextHeaders ? contextHeaders(each, id, clean) : originHeaders(each, id)
      const time = timestamp < 0 ? Date.now() : timestamp
      draft.append(topic, partition, key, value, time, [...headers, ...why])
    }
    return draft.take().batches
  }

  #refused({ length }: readonly FailedSinkRecord[], cause: unknown): ConnectException {
    const { topic } = this.#config
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new ConnectException(
      `Could not write ${length} dead letters to topic ${topic}: ${reason}`,
      {
        cause,
        hint: 'The offsets of these records were not committed: once the topic can be written, restart the task and they come again.',
      },
    )
  }
}
