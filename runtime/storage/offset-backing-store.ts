import type { Logger, OffsetMap } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import { CompactedTopic, type StoreRecord, type StoreTopic } from './compacted-topic.ts'
import { offsetKey, offsetKeyText, parseOffset, parseOffsetKey } from './offset-records.ts'

const purpose = { property: 'offset.storage.topic', holds: 'source connector offsets' }

/** Where the sources go on. Written by the tasks themselves, together with their records; read here. */
export class OffsetBackingStore {
  readonly #topic: CompactedTopic
  readonly #spec: StoreTopic
  readonly #logger: Logger
  /** By the text of the key as this worker writes it. */
  readonly #offsets = new Map<string, OffsetMap>()

  constructor(log: Log, logger: Logger, spec: StoreTopic) {
    this.#spec = spec
    this.#logger = logger
    this.#topic = new CompactedTopic(log, logger, spec.topic, (record) => this.#read(record))
  }

  start(): Promise<void> {
    return this.#topic.start(this.#spec, purpose)
  }

  stop(): Promise<void> {
    return this.#topic.stop()
  }

  /** Why the topic cannot be read at present; null when it can. */
  get trouble(): string | null {
    return this.#topic.trouble
  }

  /** The last offset that was written before the call, or null. */
  async read(connector: string, partition: OffsetMap): Promise<OffsetMap | null> {
    await this.#topic.readToEnd()
    return this.#offsets.get(offsetKey(connector, partition)) ?? null
  }

  #read({ key, value, offset }: StoreRecord): void {
    const owner = parseOffsetKey(key)
    if (owner === null) {
      this.#logger.warn({ key, offset }, 'an offset record is skipped: its key is not understood')
      return
    }
    const stored = value === null ? null : parseOffset(value)
    const text = offsetKeyText(owner.connector, owner.partition)
    if (stored !== null) this.#offsets.set(text, stored)
    else if (value === null) this.#offsets.delete(text)
    else this.#logger.warn({ key, offset }, 'an offset record is skipped: no JSON object')
  }
}
