import { RetriableException } from '../../api/errors.ts'
import type { Logger } from '../../api/logger.ts'
import type { ClientSettings, Consumer, ConsumerOptions } from '../log.ts'
import { openKafkaConsumer } from './consumer.ts'
import { type KafkaClient, settingsOf } from './kafka-client.ts'
import type { ClientKeys } from './kafka-log-settings.ts'
import { KafkaMembers } from './kafka-members.ts'
import { OnceOpened } from './kafka-once-opened.ts'
import { openWriter } from './kafka-writer.ts'
import type { LogWriter } from './producer-writer.ts'
import { stockFetchRequest, stockReadRecords } from './records/stock.ts'
import { consumerSettings } from './settings/consumer-settings.ts'

/** A way to the brokers; `close` leaves alone what belongs to somebody else. */
export interface Connected {
  readonly client: KafkaClient
  close(): Promise<void>
}

export interface ClientsParts {
  readonly keys: ClientKeys
  /** Of connections that their keys give no name. */
  readonly clientId: string
  readonly codec: 'own' | 'stock'
  readonly transactionalId: string | null
  /** Whether its consumers see what is not committed, when their keys say nothing else. */
  readonly readsUncommitted: boolean
  readonly logger: Logger
  readonly connect: (keys: ClientSettings) => Promise<Connected>
  /** Connections for what is asked now and then: they may be somebody else's. */
  readonly connectAdmin: (keys: ClientSettings) => Promise<Connected>
  readonly onClosed?: () => Promise<void>
}

/** The clients of one log: each connects when it is first needed. */
export class KafkaClients {
  readonly #parts: ClientsParts
  readonly #members = new KafkaMembers()
  readonly #consumers = new Set<WeakRef<Consumer>>()
  readonly #admin: OnceOpened<Connected>
  readonly #consuming: OnceOpened<Connected>
  readonly #producing: OnceOpened<Connected>
  readonly #writer: OnceOpened<LogWriter>
  #isClosed = false

  constructor(parts: ClientsParts) {
    const { keys, connect, connectAdmin } = parts
    this.#parts = parts
    this.#admin = new OnceOpened(() => connectAdmin(keys.admin))
    this.#consuming = new OnceOpened(() => connect(keys.consumer))
    this.#producing = new OnceOpened(() => connect(keys.producer))
    this.#writer = new OnceOpened(async () => {
      const { client } = await this.#producing.get()
      return openWriter(client, { ...parts, keys: keys.producer, members: this.#members })
    })
    // Whoever wrote under the id before is fenced off from now on; trouble shows when something is written.
    if (parts.transactionalId !== null) this.#writer.get().catch(() => {})
  }

  async admin(): Promise<KafkaClient> {
    return (await this.#admin.get()).client
  }

  writer(): Promise<LogWriter> {
    return this.#writer.get()
  }

  /** Resolves when what was written here can be read. */
  async visible(): Promise<void> {
    await (await this.#writer.peek())?.visible()
  }

  async consumer(options: ConsumerOptions): Promise<Consumer> {
    const { keys, clientId, codec, readsUncommitted, logger } = this.#parts
    const settings = settingsOf(consumerSettings(keys.consumer))
    const { cluster } = (await this.#consuming.get()).client
    const consumer = await openKafkaConsumer(
      {
        cluster,
        settings: readsUncommitted ? settings : { ...settings, isolation: 'read_committed' },
        clientId: keys.consumer['client.id'] ?? clientId,
        logger,
        ...(codec === 'stock' && {
          codec: { fetchRequest: stockFetchRequest, readRecords: stockReadRecords },
        }),
      },
      options,
    )
    if (this.#isClosed) {
      // It came too late to be closed with the others.
      await consumer.close()
      throw new RetriableException('The log is closed')
    }
    for (const known of this.#consumers) if (!known.deref()) this.#consumers.delete(known)
    this.#consumers.add(new WeakRef(consumer))
    if (options.group !== undefined) this.#members.add(options.group, consumer)
    return consumer
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writer.close()
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.deref()?.close()))
    await Promise.all([this.#admin.close(), this.#consuming.close(), this.#producing.close()])
    await this.#parts.onClosed?.()
  }
}
