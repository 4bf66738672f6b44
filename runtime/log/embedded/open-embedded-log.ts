import { extname } from 'node:path'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { ConnectException } from '../../api/errors.ts'
import type { Logger } from '../../api/logger.ts'
import { Coordinator } from './coordinator.ts'
import { filesOf } from './database.ts'
import { EmbeddedLog } from './embedded-log.ts'
import { Link } from './link.ts'
import type { WireError, WriterOptions, WriterReady, WriterRequest } from './protocol.ts'
import { Reader } from './reader.ts'
import { fromWire } from './wire-error.ts'

export interface EmbeddedLogOptions {
  /** Where the log lives; made if it is not there. One worker a directory. */
  readonly dataDir: string
  /** Of a topic that is made without saying how many. Default 1. */
  readonly defaultPartitions?: number
  /** Whether an append makes a missing topic. Default true. */
  readonly autoCreateTopics?: boolean
  /** How long a group member may take to give up partitions before it is expelled. Default 5 minutes. */
  readonly rebalanceTimeoutMs?: number
  /** A compacted topic is looked at when a partition has so many new records. Default 1000. */
  readonly minCompactionRecords?: number
  /** How often retention and what else hangs on time is looked at. Default 30 seconds. */
  readonly cleaningIntervalMs?: number
  /** What the directory may hold, WAL included; past it appends are refused until there is room. Default: no bound. */
  readonly maxBytes?: number
  readonly logger?: Logger
}

interface Parts {
  readonly thread: Worker
  readonly control: Link<WriterRequest>
  readonly coordinator: Coordinator
  readonly topics: Reader
  readonly findings: readonly ConnectException[]
}

/** The log in the thread that opened it: owns the writer thread and coordinates the groups. */
export class OpenedEmbeddedLog extends EmbeddedLog {
  /** What was found missing at the start; logged as errors too. The log goes on behind it. */
  readonly findings: readonly ConnectException[]
  readonly #parts: Parts
  #closed: Promise<void> | undefined

  private constructor(dataDir: string, parts: Parts) {
    const writer = new MessageChannel()
    const coordinator = new MessageChannel()
    parts.control.tell({ op: 'connect', port: writer.port1 }, [writer.port1])
    parts.coordinator.connect(coordinator.port1)
    super({ kind: 'embedded', dataDir, writer: writer.port2, coordinator: coordinator.port2 })
    this.findings = parts.findings
    this.#parts = parts
  }

  static async open(options: EmbeddedLogOptions): Promise<OpenedEmbeddedLog> {
    const { dataDir, logger } = options
    const { port1, port2 } = new MessageChannel()
    const thread = startWriter(options, port1)
    const ready = await firstWord(thread)
    thread.unref()
    thread.on('error', (err) => {
      logger?.error({ err, dataDir }, 'the writer of the log failed: restart the worker')
    })
    const findings = ready.findings.map(fromWire)
    for (const err of findings) logger?.error({ err, dataDir }, 'the log is damaged')

    const control = new Link<WriterRequest>(port2, 'writer')
    const topics = new Reader(filesOf(dataDir).database)
    const coordinator = new Coordinator({
      writer: control,
      topics: () => topics.assignable(),
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 300_000,
    })
    followTopics(control, topics, coordinator)
    return new OpenedEmbeddedLog(dataDir, { thread, control, coordinator, topics, findings })
  }

  override close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { thread, control, coordinator, topics } = this.#parts
    await this.drain()
    coordinator.close()
    this.leave()
    topics.close()
    thread.ref()
    const ended = new Promise((resolve) => thread.once('exit', resolve))
    // Last: whoever closes the database last empties its WAL. A writer that failed has ended before.
    const isClosed = await control.request({ op: 'close' }).then(
      () => true,
      () => false,
    )
    control.close()
    if (isClosed) await ended
  }
}

function startWriter(options: EmbeddedLogOptions, port: MessagePort): Worker {
  // The same extension as this file's: .ts from a checkout, .js when built.
  const entry = new URL(`./writer-thread${extname(import.meta.filename)}`, import.meta.url)
  const { dataDir, defaultPartitions = 1, autoCreateTopics = true } = options
  const { minCompactionRecords = 1000, cleaningIntervalMs = 30_000, maxBytes = Infinity } = options
  const writer: WriterOptions = {
    dataDir,
    defaultPartitions,
    autoCreateTopics,
    minCompactionRecords,
    cleaningIntervalMs,
    maxBytes,
  }
  return new Worker(entry, {
    workerData: { options: writer, port },
    transferList: [port],
    name: 'log',
    // It keeps no objects: a batch is bytes on their way to SQLite.
    resourceLimits: { maxYoungGenerationSizeMb: 3 },
  })
}

function firstWord(thread: Worker): Promise<WriterReady> {
  return new Promise((resolve, reject) => {
    thread.once('message', (word: { ready: WriterReady } | { failed: WireError }) => {
      if ('ready' in word) resolve(word.ready)
      else reject(fromWire(word.failed))
    })
    thread.once('error', (cause: Error) => {
      reject(new ConnectException(`The log's writer failed: ${cause.message}`, { cause }))
    })
  })
}

/** Tells the coordinator when topics come or go, until the log is closed. */
function followTopics(writer: Link<WriterRequest>, reader: Reader, coordinator: Coordinator): void {
  const pending = {
    resolve: () => {
      coordinator.topicsChanged()
      watch()
    },
    reject: () => {}, // The log is closed, and with it all topics.
  }
  const watch = () => {
    writer.watch({ op: 'watch', partitions: [], topics: reader.topicsVersion }, pending)
  }
  watch()
}
