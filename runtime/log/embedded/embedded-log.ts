import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads'
import type {
  Consumer,
  ConsumerOptions,
  EncodedBatch,
  Fetched,
  Log,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
  TopicSpec,
  Transaction,
} from '../log.ts'
import { EmbeddedConsumer } from './consumer.ts'
import { filesOf } from './database.ts'
import { Link } from './link.ts'
import { CoordinatorClient } from './membership.ts'
import type { CoordinatorRequest, WriterRequest } from './protocol.ts'
import { Reader } from './reader.ts'

const DEFAULT_READ_BYTES = 4 * 1024 * 1024

/** What a thread needs to take part. */
export interface EmbeddedShare {
  readonly kind: 'embedded'
  readonly dataDir: string
  readonly writer: MessagePort
  readonly coordinator: MessagePort
}

/** A thread's view of the log: reads on a connection of its own, hands what it writes to the writer thread. */
export class EmbeddedLog implements Log {
  readonly kind = 'embedded'
  readonly isTransactional = true
  readonly clusterId: string
  readonly #dataDir: string
  readonly #writer: Link<WriterRequest>
  readonly #coordinator: CoordinatorClient
  readonly #reader: Reader
  /** Batches that were refused came home: the caller may append them again. */
  readonly #returned = new WeakMap<EncodedBatch, Uint8Array>()

  constructor({ dataDir, writer, coordinator }: EmbeddedShare) {
    this.#dataDir = dataDir
    this.#writer = new Link(writer, 'writer')
    this.#coordinator = new CoordinatorClient(
      (onNotice) => new Link<CoordinatorRequest>(coordinator, 'coordinator', onNotice),
    )
    this.#reader = new Reader(filesOf(dataDir).database)
    this.clusterId = this.#reader.clusterId
  }

  createTopic(spec: TopicSpec): Promise<boolean> {
    return this.#writer.request({ op: 'createTopic', spec })
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    return this.#reader.topics().find((description) => description.topic === topic) ?? null
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return this.#reader.topics()
  }

  deleteTopic(topic: string): Promise<boolean> {
    return this.#writer.request({ op: 'deleteTopic', topic })
  }

  append(batches: readonly EncodedBatch[]): Promise<readonly number[]> {
    return this.#append(batches, undefined)
  }

  transaction({ append, groupOffsets }: Transaction): Promise<readonly number[]> {
    return this.#append(append, groupOffsets)
  }

  async offsets(topic: string) {
    return this.#reader.allEnds(topic)
  }

  async read(
    place: TopicPartition,
    from: Position,
    limit: { records: number; bytes?: number },
  ): Promise<Fetched> {
    return this.#reader.readExactly(place, from, {
      records: limit.records,
      bytes: limit.bytes ?? DEFAULT_READ_BYTES,
    })
  }

  consumer(options: ConsumerOptions): Promise<Consumer> {
    const links = {
      writer: this.#writer,
      coordinator: this.#coordinator,
      reader: this.#reader,
    }
    return EmbeddedConsumer.open(links, options)
  }

  async groupOffsets(group: string): Promise<readonly TopicOffset[]> {
    return this.#reader.groupOffsets(group)
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
  async close(): Promise<void> {
    await this.drain()
    this.leave()
  }

  /** Calls are answered in order: this answer comes after those of all before it. */
  async drain(): Promise<void> {
    await this.#append([], undefined).catch(() => {})
  }

  leave(): void {
    this.#coordinator.link.close()
    this.#writer.close()
    this.#reader.close()
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
