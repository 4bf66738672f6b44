import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads'
import type {
  Consumer,
  ConsumerOptions,
  EncodedBatch,
  Log,
  TopicDescription,
  TopicPartition,
  TopicSpec,
  Transaction,
} from '../log.ts'
import { EmbeddedConsumer } from './consumer.ts'
import { EmbeddedLogReader } from './embedded-log-reader.ts'
import { Link } from './link.ts'
import { CoordinatorClient } from './membership.ts'
import type { CoordinatorRequest, WriterRequest } from './protocol.ts'

/** What a thread needs to take part. */
export interface EmbeddedShare {
  readonly kind: 'embedded'
  readonly dataDir: string
  readonly writer: MessagePort
  readonly coordinator: MessagePort
}

/** A thread's view of the log: reads on a connection of its own, hands what it writes to the writer thread. */
export class EmbeddedLog extends EmbeddedLogReader implements Log {
  readonly isTransactional = true
  readonly #dataDir: string
  readonly #writer: Link<WriterRequest>
  readonly #coordinator: CoordinatorClient
  /** Batches that were refused came home: the caller may append them again. */
  readonly #returned = new WeakMap<EncodedBatch, Uint8Array>()

  constructor({ dataDir, writer, coordinator }: EmbeddedShare) {
    super(dataDir)
    this.#dataDir = dataDir
    this.#writer = new Link(writer, 'writer')
    this.#coordinator = new CoordinatorClient(
      (onNotice) => new Link<CoordinatorRequest>(coordinator, 'coordinator', onNotice),
    )
  }

  createTopic(spec: TopicSpec): Promise<boolean> {
    return this.#writer.request({ op: 'createTopic', spec })
  }

  deleteTopic(topic: string): Promise<boolean> {
    return this.#writer.request({ op: 'deleteTopic', topic })
  }

  /** More partitions for a topic; those it has stay as they are, and so keys may move to others. */
  createPartitions(topic: string, partitions: number): Promise<void> {
    return this.#writer.request({ op: 'createPartitions', topic, partitions })
  }

  /** Changes the named settings; `null` takes one back to its default. */
  alterTopic(topic: string, settings: Readonly<Record<string, string | null>>): Promise<void> {
    return this.#writer.request({ op: 'alterTopic', topic, settings })
  }

  async autoCreateTopic(topic: string): Promise<TopicDescription | null> {
    await this.#writer.request({ op: 'createTopic', spec: { topic }, isAutomatic: true })
    return this.describeTopic(topic)
  }

  append(batches: readonly EncodedBatch[]): Promise<readonly number[]> {
    return this.#append(batches, undefined)
  }

  transaction({ append, groupOffsets }: Transaction): Promise<readonly number[]> {
    return this.#append(append, groupOffsets)
  }

  consumer(options: ConsumerOptions): Promise<Consumer> {
    const links = {
      writer: this.#writer,
      coordinator: this.#coordinator,
      reader: this.reader,
    }
    return EmbeddedConsumer.open(links, options)
  }

  alterGroupOffsets(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: number | null })[],
  ): Promise<void> {
    return this.#writer.request({ op: 'alterGroupOffsets', group, offsets })
  }

  deleteGroup(group: string): Promise<void> {
    return this.#writer.request({ op: 'deleteGroup', group })
  }

  scope(): { readonly log: Log; release(): Promise<void> } {
    return { log: this, release: async () => {} }
  }

  share(): { readonly data: EmbeddedShare; readonly transfer: readonly Transferable[] } {
    const writer = new MessageChannel()
    const coordinator = new MessageChannel()
    this.#writer.tell({ op: 'connect', port: writer.port1 }, [writer.port1])
    this.#coordinator.link.tell({ op: 'connect', port: coordinator.port1 }, [coordinator.port1])
    return {
      data: {
        kind: 'embedded',
        dataDir: this.#dataDir,
        writer: writer.port2,
        coordinator: coordinator.port2,
      },
      transfer: [writer.port2, coordinator.port2],
    }
  }

  /** Leaves the log; what was handed over is still written. */
  override async close(): Promise<void> {
    await this.drain()
    this.leave()
  }

  /** Calls are answered in order: this answer comes after those of all before it. */
  async drain(): Promise<void> {
    await this.#append([], undefined).catch(() => {})
  }

  /** Without waiting: what is under way is rejected. */
  leave(): void {
    this.#coordinator.link.close()
    this.#writer.close()
    this.reader.close()
  }

  #append(
    batches: readonly EncodedBatch[],
    offsets: Transaction['groupOffsets'],
  ): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      const wire = batches.map((batch) => this.#toWire(batch))
      this.#writer.start(
        { op: 'append', batches: wire, offsets },
        {
          resolve: (bases) => resolve(bases as readonly number[]),
          reject: (error, returned = []) => {
            returned.forEach((bytes, i) => {
              this.#returned.set(batches[i] as EncodedBatch, bytes)
            })
            reject(error)
          },
        },
        wire.map((batch) => batch.bytes.buffer as ArrayBuffer),
      )
    })
  }

  /** Its bytes in memory that can be transferred: alone in their buffer. */
  #toWire(batch: EncodedBatch): EncodedBatch {
    const { topic, partition, records } = batch
    const bytes = this.#returned.get(batch) ?? batch.bytes
    const isAlone =
      bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength
    return { topic, partition, records, bytes: isAlone ? bytes : Uint8Array.from(bytes) }
  }
}
