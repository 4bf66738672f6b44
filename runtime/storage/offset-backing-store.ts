import type { Logger, OffsetMap } from '../api/index.ts'
import type { Log } from '../log/log.ts'
import { CompactedTopic, type StoreRecord, type StoreTopic } from './compacted-topic.ts'
import {
  offsetEntry,
  offsetKey,
  offsetKeyText,
  parseOffset,
  parseOffsetKey,
  type SourceOffset,
} from './offset-records.ts'

const purpose = { property: 'offset.storage.topic', holds: 'source connector offsets' }

interface Kept {
  readonly partition: OffsetMap
  readonly offset: OffsetMap
  /** The very keys that the topic has of it: other writers spell the same partition otherwise. */
  readonly keys: ReadonlySet<string>
}

/** Where the sources go on. Written by the tasks themselves, together with their records; read here, and changed by hand. */
export class OffsetBackingStore {
  readonly #topic: CompactedTopic
  readonly #spec: StoreTopic
  readonly #logger: Logger
  /** By connector, then by the text of the key as this worker writes it. */
  readonly #offsets = new Map<string, Map<string, Kept>>()

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
    return this.#offsets.get(connector)?.get(offsetKey(connector, partition))?.offset ?? null
  }

  /** All that were written before the call. */
  async all(
    connector: string,
  ): Promise<readonly { readonly partition: OffsetMap; readonly offset: OffsetMap }[]> {
    await this.#topic.readToEnd()
    const kept = this.#offsets.get(connector)?.values() ?? []
    return Array.from(kept, ({ partition, offset }) => ({ partition, offset }))
  }

  /** For a connector whose tasks do not run. All of them in one write, each under every key that the topic has of it. */
  async write(connector: string, offsets: readonly SourceOffset[]): Promise<void> {
    const entries = offsets.flatMap((each) => {
      const entry = offsetEntry(connector, each)
      const known = this.#offsets.get(connector)?.get(entry.key)?.keys ?? []
      return [...new Set([...known, entry.key])].map((key) => ({ ...entry, key }))
    })
    if (entries.length > 0) await this.#topic.append(entries)
  }

  #read({ key, value, offset }: StoreRecord): void {
    const owner = parseOffsetKey(key)
    if (owner === null) {
      this.#logger.warn({ key, offset }, 'an offset record is skipped: its key is not understood')
      return
    }
    const stored = value === null ? null : parseOffset(value)
    if (stored === null && value !== null) {
      this.#logger.warn({ key, offset }, 'an offset record is skipped: no JSON object')
      return
    }
    const { connector, partition } = owner
    const text = offsetKeyText(connector, partition)
    const kept = this.#offsets.get(connector) ?? new Map<string, Kept>()
    const keys = new Set(kept.get(text)?.keys).add(key)
    if (stored === null) kept.delete(text)
    else kept.set(text, { partition, offset: stored, keys })
    // I6: a connector without offsets leaves nothing behind.
    if (kept.size === 0) this.#offsets.delete(connector)
    else this.#offsets.set(connector, kept)
  }
}
