import type {
  Consumer,
  ConsumerOptions,
  EncodedBatch,
  Fetched,
  Log,
  LogScope,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
  TopicSpec,
  Transaction,
} from '../log.ts'
import type { KafkaClients } from './kafka-clients.ts'
import type { KafkaLogOptions } from './kafka-log-settings.ts'

/** What another thread needs to join. */
export interface KafkaShare {
  readonly kind: 'kafka'
  readonly options: Omit<KafkaLogOptions, 'logger'>
}

export interface KafkaLogParts {
  readonly clusterId: string
  readonly isTransactional: boolean
  readonly clients: KafkaClients
  readonly share: KafkaShare
  /** A log for one task, over clients of its own. */
  readonly scope: (scope: LogScope) => KafkaLog
}

/** The log on a Kafka cluster. Clients connect when they are first used. */
export class KafkaLog implements Log {
  readonly kind = 'kafka'
  readonly clusterId: string
  readonly isTransactional: boolean
  readonly #parts: KafkaLogParts
  readonly #clients: KafkaClients

  constructor(parts: KafkaLogParts) {
    this.clusterId = parts.clusterId
    this.isTransactional = parts.isTransactional
    this.#parts = parts
    this.#clients = parts.clients
  }

  async createTopic(spec: TopicSpec): Promise<boolean> {
    return (await this.#clients.admin()).topics.create(spec)
  }

  async autoCreateTopic(topic: string): Promise<TopicDescription | null> {
    const { topics } = await this.#clients.admin()
    return (await topics.autoCreate(topic)) && topics.describe(topic)
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    return (await this.#clients.admin()).topics.describe(topic)
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return (await this.#clients.admin()).topics.list()
  }

  async deleteTopic(topic: string): Promise<boolean> {
    return (await this.#clients.admin()).topics.delete(topic)
  }

  append(batches: readonly EncodedBatch[]): Promise<readonly number[]> {
    return this.transaction({ append: batches })
  }

  async transaction(transaction: Transaction): Promise<readonly number[]> {
    return (await this.#clients.writer()).write(transaction)
  }

  async offsets(topic: string) {
    await this.#clients.visible()
    return (await this.#clients.admin()).reader.ends(topic)
  }

  async read(
    partition: TopicPartition,
    from: Position,
    limit: { records: number; bytes?: number },
  ): Promise<Fetched> {
    await this.#clients.visible()
    return (await this.#clients.admin()).reader.read(partition, from, limit)
  }

  consumer(options: ConsumerOptions): Promise<Consumer> {
    return this.#clients.consumer(options)
  }

  async groupOffsets(group: string): Promise<readonly TopicOffset[]> {
    await this.#clients.visible()
    return (await this.#clients.admin()).groups.offsets(group)
  }

  async alterGroupOffsets(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: number | null })[],
  ): Promise<void> {
    return (await this.#clients.admin()).groups.alter(group, offsets)
  }

  async deleteGroup(group: string): Promise<void> {
    return (await this.#clients.admin()).groups.delete(group)
  }

  scope(scope: LogScope): { readonly log: Log; release(): Promise<void> } {
    const log = this.#parts.scope(scope)
    return { log, release: () => log.close() }
  }

  share(): { readonly data: KafkaShare; readonly transfer: readonly [] } {
    return { data: this.#parts.share, transfer: [] }
  }

  close(): Promise<void> {
    return this.#clients.close()
  }
}
