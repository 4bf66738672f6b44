import { join } from 'node:path'
import { BatchBuilder } from '../../../runtime/log/batch/batch-builder.ts'
import type { Log } from '../../../runtime/log/log.ts'
import { openKafka } from '../../helpers/kafka-log.ts'
import { RestWorker } from '../../helpers/rest-worker.ts'
import { RunningWorker } from '../../helpers/running-worker.ts'
import { writeWorkerFile } from '../../helpers/worker-file.ts'
import { RunningServer } from '../../services/running-server.ts'
import { serverKind } from '../../services/servers/index.ts'

const partitions = 4
/** About what a producer with Java's defaults makes of such records. */
const batchRecords = 40
const batchesInFlight = 50

export interface OursOptions {
  /** Modules that every thread of the worker loads first. */
  readonly preload?: readonly string[]
}

export interface Worker {
  readonly worker: RestWorker
  stop(): Promise<void>
}

/** A broker of its own, and workers on it. Everything ends with this process. */
export class Stage {
  readonly #folder: string
  readonly #kafka: RunningServer
  readonly #bootstrap: string
  readonly log: Log
  #workers = 0

  private constructor(folder: string, kafka: RunningServer, bootstrap: string, log: Log) {
    this.#folder = folder
    this.#kafka = kafka
    this.#bootstrap = bootstrap
    this.log = log
  }

  static async open(folder: string): Promise<Stage> {
    const kafka = new RunningServer(serverKind('kafka'), {
      folder: join(folder, 'kafka'),
      options: { heap: '1g' },
      need: () => Promise.reject(new Error('a broker needs nobody')),
    })
    const { url = '' } = await kafka.start()
    const log = await openKafka(url)
    return new Stage(folder, kafka, url, log)
  }

  /** The real one. */
  async theirs(options: {
    readonly heap: string
    readonly pluginFolders?: readonly string[]
  }): Promise<Worker> {
    const number = ++this.#workers
    const server = new RunningServer(serverKind('connect'), {
      folder: join(this.#folder, `connect-${number}`),
      options: {
        ...options,
        bootstrapServers: this.#bootstrap,
        settings: { 'group.id': `theirs-${number}` },
      },
      need: () => Promise.reject(new Error('it was given all')),
    })
    const { url = '', info } = await server.start()
    return { worker: new RestWorker(url, Number(info['pid'])), stop: () => server.stop() }
  }

  /** Ours on this broker. */
  ours(options: OursOptions = {}): Promise<Worker> {
    const number = ++this.#workers
    const file = join(this.#folder, `worker-${number}.properties`)
    writeWorkerFile(file, { bootstrap: this.#bootstrap, group: `ours-${number}` })
    return this.#ours(`data-${number}`, [file], options)
  }

  /** Ours without any broker. */
  embedded(): Promise<Worker> {
    return this.#ours(`data-${++this.#workers}`, [], {})
  }

  async #ours(data: string, args: readonly string[], { preload = [] }: OursOptions) {
    const worker = await RunningWorker.start({
      dataDir: join(this.#folder, data),
      args,
      env: { NODE_COMPILE_CACHE: join(this.#folder, 'compile-cache') },
      preload,
    })
    const stop = async () => {
      await worker.stop()
    }
    return { worker, stop }
  }

  /** A topic of so many records, in four partitions, without keys. */
  async fill(topic: string, records: number, text: (i: number) => string): Promise<void> {
    await this.log.createTopic({ topic, partitions })
    let batches = []
    for (let at = 0; at < records; at += batchRecords) {
      const batch = new BatchBuilder({ topic, partition: (at / batchRecords) % partitions })
      for (let i = at; i < Math.min(records, at + batchRecords); i++)
        batch.append(null, text(i), 1_763_700_000_000 + i, [])
      batches.push(batch.build())
      if (batches.length < batchesInFlight && at + batchRecords < records) continue
      await this.log.append(batches)
      batches = []
    }
  }

  async close(): Promise<void> {
    await this.log.close()
    await this.#kafka.remove()
  }
}
