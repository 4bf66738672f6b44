import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { ConnectException } from '../../api/errors.ts'
import type { Logger } from '../../api/logger.ts'
import type { Log } from '../log.ts'
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
  readonly logger?: Logger
}

/** The log in the thread that opened it: ends the writer when it is closed. */
export interface OpenedLog extends Log {
  /** What was found missing or damaged at the start; also logged as errors. */
  readonly findings: readonly ConnectException[]
}

export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<OpenedLog> {
  const { dataDir, defaultPartitions = 1, autoCreateTopics = true } = options
  const { rebalanceTimeoutMs = 300_000, logger } = options
  const channel = new MessageChannel()
  const thread = startWriter({ dataDir, defaultPartitions, autoCreateTopics }, channel.port1)
  const ready = await firstWord(thread)
  thread.unref()
  const findings = ready.findings.map(fromWire)
  for (const finding of findings) logger?.error({ err: finding, dataDir }, 'the log is damaged')

  const control = new Link<WriterRequest>(channel.port2, 'writer')
  const reader = new Reader(filesOf(dataDir).database)
  const topics = () => reader.topics()
  const coordinator = new Coordinator({ writer: control, topics, rebalanceTimeoutMs })
  followTopics(control, reader, () => coordinator.topicsChanged())
  const writerPort = new MessageChannel()
  const coordinatorPort = new MessageChannel()
  control.tell({ op: 'connect', port: writerPort.port1 }, [writerPort.port1])
  coordinator.connect(coordinatorPort.port1)
  const log = new EmbeddedLog({
    kind: 'embedded',
    dataDir,
    writer: writerPort.port2,
    coordinator: coordinatorPort.port2,
  })
  const leave = log.leave.bind(log)
  const close = async () => {
    await log.drain()
    coordinator.close()
    thread.ref()
    const ended = new Promise((resolve) => thread.once('exit', resolve))
    await control.request({ op: 'close' })
    leave()
    control.close()
    reader.close()
    await ended
  }
  return Object.assign(log, { findings, close })
}

function startWriter(options: WriterOptions, port: MessageChannel['port1']): Worker {
  // The same extension as this file's: .ts from a checkout, .js when built.
  const entry = new URL(`./writer-thread${extname(import.meta.filename)}`, import.meta.url)
  return new Worker(entry, { workerData: { options, port }, transferList: [port], name: 'log' })
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

function followTopics(writer: Link<WriterRequest>, reader: Reader, changed: () => void): void {
  const watch = () => {
    writer.start(
      { op: 'watch', partitions: [], topics: reader.topicsVersion },
      {
        resolve: () => {
          changed()
          watch()
        },
        reject: () => {}, // The writer is gone, and with it all topics.
      },
    )
  }
  watch()
}
