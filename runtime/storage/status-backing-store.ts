import { setTimeout } from 'node:timers/promises'
import type { Logger } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import { CompactedTopic, type StoreRecord, type StoreTopic } from './compacted-topic.ts'
import type { KeyedEntry } from './keyed-batches.ts'
import {
  parseStatus,
  parseStatusKey,
  parseTopicKey,
  type Status,
  type StatusOwner,
  statusEntry,
  topicEntry,
  topicKey,
  type UsedTopic,
} from './status-records.ts'

const purpose = { property: 'status.storage.topic', holds: 'connector and task statuses' }
const retryMs = 500
const lastWriteMs = 1500

interface ConnectorStatuses {
  own: Status | undefined
  readonly tasks: Map<number, Status>
}

/** How connectors and tasks are, as whoever runs them wrote it last. */
export class StatusBackingStore {
  readonly #topic: CompactedTopic
  readonly #spec: StoreTopic
  readonly #logger: Logger
  readonly #statuses = new Map<string, ConnectorStatuses>()
  readonly #topics = new Map<string, Set<string>>()
  /** What waits to be written, the latest of each key (I6). */
  #pending = new Map<string, KeyedEntry>()
  #writing: Promise<void> | undefined
  readonly #stopping = new AbortController()

  constructor(log: Log, logger: Logger, spec: StoreTopic) {
    this.#spec = spec
    this.#logger = logger
    this.#topic = new CompactedTopic(log, logger, spec.topic, (record) => this.#read(record))
  }

  start(): Promise<void> {
    return this.#topic.start(this.#spec, purpose)
  }

  /** What is still to be written is tried once more, as long as a worker that ends can wait for it (I4). */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const late = new AbortController()
    const deadline = setTimeout(lastWriteMs, undefined, { signal: late.signal })
    await Promise.race([this.#writing, deadline.catch(() => undefined)])
    late.abort()
    await this.#topic.stop()
  }

  /** Why the topic cannot be read at present; null when it can. */
  get trouble(): string | null {
    return this.#topic.trouble
  }

  connectors(): string[] {
    return [...this.#statuses.keys()]
  }

  connector(name: string): Status | undefined {
    return this.#statuses.get(name)?.own
  }

  /** By number. */
  tasks(name: string): readonly (readonly [task: number, status: Status])[] {
    return [...(this.#statuses.get(name)?.tasks ?? [])].sort(([one], [other]) => one - other)
  }

  task(connector: string, task: number): Status | undefined {
    return this.#statuses.get(connector)?.tasks.get(task)
  }

  /** Written in the background, again and again while the log refuses it and nothing newer came. Null: the owner is no more. */
  put(owner: StatusOwner, status: Status | null): void {
    this.#put(statusEntry(owner, status))
  }

  /** Those that its tasks used. */
  topics(connector: string): string[] {
    return [...(this.#topics.get(connector) ?? [])]
  }

  /** Written in the background, once. */
  putTopics(connector: string, task: number, topics: readonly string[]): void {
    const known = this.#topics.get(connector)
    for (const topic of topics) {
      const used = { connector, topic }
      const pending = this.#pending.get(topicKey(used))
      const isKnown = pending === undefined ? known?.has(topic) : pending.value !== null
      if (!isKnown) this.#put(topicEntry(used, task, Date.now()))
    }
  }

  forgetTopics(connector: string): void {
    for (const topic of this.topics(connector)) {
      this.#put(topicEntry({ connector, topic }, null, Date.now()))
    }
  }

  #put(entry: KeyedEntry): void {
    this.#pending.set(entry.key, entry)
    this.#writing ??= this.#write()
  }

  /** Resolves when everything put so far was written and read back. */
  async flush(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0) {
      const batch = this.#pending
      this.#pending = new Map()
      try {
        await this.#topic.append([...batch.values()])
      } catch (error) {
        this.#logger.warn({ err: error, statuses: batch.size }, 'writing statuses failed')
        if (this.#stopping.signal.aborted) break
        this.#pending = new Map([...batch, ...this.#pending])
        await setTimeout(retryMs, undefined, { signal: this.#stopping.signal }).catch(
          () => undefined,
        )
      }
    }
    this.#writing = undefined
  }

  #read({ key, value, offset }: StoreRecord): void {
    const used = parseTopicKey(key)
    if (used !== undefined) {
      this.#readTopic(used, value !== null)
      return
    }
    const owner = parseStatusKey(key)
    if (owner === undefined) return
    const status = value === null ? undefined : parseStatus(value)
    if (value !== null && status === undefined) {
      this.#logger.error({ key, offset }, 'a record of the status topic is skipped: not understood')
      return
    }
    const of = this.#statuses.get(owner.connector) ?? { own: undefined, tasks: new Map() }
    if (status !== undefined && owner.task !== null && isStale(status, of.tasks.get(owner.task))) {
      return
    }
    if (owner.task === null) of.own = status
    else if (status !== undefined) of.tasks.set(owner.task, status)
    else of.tasks.delete(owner.task)
    if (of.own === undefined && of.tasks.size === 0) this.#statuses.delete(owner.connector)
    else this.#statuses.set(owner.connector, of)
  }

  #readTopic({ connector, topic }: UsedTopic, isUsed: boolean): void {
    const topics = this.#topics.get(connector) ?? new Set()
    if (isUsed) topics.add(topic)
    else topics.delete(topic)
    if (topics.size === 0) this.#topics.delete(connector)
    else this.#topics.set(connector, topics)
  }
}

/** Another worker gave the task up after somebody had already begun to run it: late news. */
function isStale(status: Status, known: Status | undefined): boolean {
  return (
    status.state === 'UNASSIGNED' &&
    known?.state === 'RUNNING' &&
    known.workerId !== status.workerId &&
    known.generation >= status.generation
  )
}
