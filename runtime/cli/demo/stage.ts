import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Ground } from './ground.ts'
import { EmbeddedPostgres } from './postgres.ts'
import type { Feed } from './proof.ts'
import { projectRoot, WorkerProcess } from './worker-process.ts'

export interface Example {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
}

export interface StageOptions {
  readonly folder: string
  readonly ground: Ground
  readonly port: number
  /** Read as fast as it goes, whatever the examples say. */
  readonly isUnpaced: boolean
  readonly say: (text: string) => void
}

const examples = ['demo-ethernet-source', 'demo-wifi-source', 'demo-postgres-sink']
const database = 'tapline'
const undefinedTable = '42P01'
const pageRecords = 1_000

interface StageFeed extends Feed {
  /** Where its packets lie in the log. */
  readonly topic: string
}

interface Page {
  readonly records: readonly { readonly key: unknown }[]
  readonly next: number
  readonly latest: number
}

/** What the demo plays on: a Postgres, a worker, and the example connectors PUT to it. */
export class Stage {
  readonly connectors: readonly Example[]
  readonly feeds: readonly StageFeed[]
  readonly worker: WorkerProcess
  readonly sql: pg.Client
  readonly #ground: Ground
  readonly #postgres: EmbeddedPostgres
  #isPostgresDown = false

  private constructor(
    ground: Ground,
    postgres: EmbeddedPostgres,
    worker: WorkerProcess,
    sql: pg.Client,
    connectors: readonly Example[],
  ) {
    this.#ground = ground
    this.#postgres = postgres
    this.worker = worker
    this.sql = sql
    this.connectors = connectors
    this.feeds = connectors.flatMap(({ config }) => {
      const { 'pcap.path': capture, 'pcap.fields': fields, topic: table } = config
      if (!capture || !fields || !table) return []
      return [{ capture, fields, table, topic: ground.topicOf(table) }]
    })
    void postgres.exited.then(() => {
      this.#isPostgresDown = true
    })
  }

  static async set({ folder, ground, port, isUnpaced, say }: StageOptions): Promise<Stage> {
    say(`Starting the worker and Postgres; their data is in ${folder}`)
    let worker: WorkerProcess | undefined
    let postgres: EmbeddedPostgres | undefined
    try {
      // The worker first: where its port or folder is in use, perhaps by another demo, nothing else may be touched.
      worker = await WorkerProcess.start({ folder, port, file: ground.workerFile })
      postgres = await EmbeddedPostgres.start(join(folder, 'postgres'), {
        // Ctrl-C must not stop it before the worker has drained.
        isDetached: true,
      })
      await postgres.createDatabase(database)
      const sql = postgres.client(database)
      sql.on('error', () => {})
      await sql.connect()
      const url = `jdbc:postgresql://127.0.0.1:${postgres.port}/${database}`
      const connectors = await Promise.all(
        examples.map((name) => readExample(name, url, isUnpaced)),
      )
      const stage = new Stage(ground, postgres, worker, sql, connectors)
      for (const { name, config } of connectors.map((each) => ground.adapt(each))) {
        say(`PUT ${worker.url}/connectors/${name}/config`)
        await worker.client.put(`/connectors/${name}/config`, config)
      }
      return stage
    } catch (error) {
      await worker?.stop()
      await postgres?.stop()
      await ground.clear()
      throw error
    }
  }

  async clear(options: { readonly removes: boolean }): Promise<void> {
    await this.worker.stop()
    await this.sql.end().catch(() => {})
    if (!this.#isPostgresDown) await this.#postgres.stop()
    if (options.removes) await rm(this.#postgres.folder, { recursive: true, force: true })
    await this.#ground.clear()
  }

  /** Throws, in words, when something ended that should not have, or a task has failed. */
  async mustLive(): Promise<void> {
    if (this.#isPostgresDown)
      throw new Error(
        'Postgres has ended; was it killed? Nothing is lost: start the demo again and it goes on.',
      )
    if (this.worker.hasExited)
      throw new Error(
        `The worker has ended; was it killed? Nothing is lost: start the demo again and it goes on. Its log is ${this.worker.logFile}`,
      )
    this.#ground.mustLive()
    for (const { name } of this.connectors) {
      const status = await this.#status(name)
      const failed = status.tasks.find(({ state }) => state === 'FAILED')
      if (failed) throw new Error(`connector ${name} has FAILED: ${failed.trace?.split('\n')[0]}`)
    }
  }

  /** Packets in the log. */
  async packets(): Promise<number> {
    let packets = 0
    for (const { topic } of this.feeds) {
      const page = (await this.worker.client
        .get(`/topics/${topic}/records?partition=0&from=latest&limit=1`)
        .catch(() => ({ earliest: 0, latest: 0 }))) as { earliest: number; latest: number }
      packets += page.latest - page.earliest
    }
    return packets
  }

  /** As `packets`, reading every key: a source that was killed writes some again to a log that cannot undo. */
  async distinctPackets(): Promise<number> {
    const seen = new Set<string>()
    for (const { topic } of this.feeds) {
      for (let from = 0; ; ) {
        const { records, next, latest } = (await this.worker.client.get(
          `/topics/${topic}/records?partition=0&from=${from}&limit=${pageRecords}`,
        )) as Page
        for (const { key } of records) seen.add(JSON.stringify([topic, key]))
        from = next
        if (from >= latest) break
      }
    }
    return seen.size
  }

  /** Rows in Postgres. */
  async rows(): Promise<number> {
    let rows = 0
    for (const { table } of this.feeds) {
      const name = this.sql.escapeIdentifier(table)
      const counted = await this.sql
        .query<{ n: string }>(`SELECT count(*) AS n FROM ${name}`)
        .catch((error: { code?: string }) => {
          if (error.code === undefinedTable) return { rows: [] }
          throw error
        })
      rows += Number(counted.rows[0]?.n ?? 0)
    }
    return rows
  }

  async eachSource(verb: 'pause' | 'resume'): Promise<void> {
    for (const { name, config } of this.connectors)
      if ('pcap.path' in config) await this.worker.client.put(`/connectors/${name}/${verb}`)
  }

  async #status(name: string): Promise<{ tasks: { state: string; trace?: string }[] }> {
    try {
      const status = await this.worker.client.get(`/connectors/${name}/status`)
      return status as { tasks: { state: string; trace?: string }[] }
    } catch (cause) {
      if ((cause as Error).message.includes('404')) return { tasks: [] }
      throw new Error(
        `the worker does not answer: ${(cause as Error).message}\n${this.worker.lastWords()}`,
        { cause },
      )
    }
  }
}

/** The file's own config, with this run's database; without the pace when everything is to go at once. */
async function readExample(name: string, url: string, isUnpaced: boolean): Promise<Example> {
  const file = join(projectRoot, 'configs', 'examples', `${name}.json`)
  const example = JSON.parse(await readFile(file, 'utf8')) as Example
  const { 'pcap.pace': pace, ...config } = example.config
  return {
    name: example.name,
    config: {
      ...config,
      ...(pace !== undefined && !isUnpaced && { 'pcap.pace': pace }),
      ...('connection.url' in config && { 'connection.url': url }),
    },
  }
}
