import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { EmbeddedPostgres } from './postgres.ts'
import type { Feed } from './proof.ts'
import { projectRoot, WorkerProcess } from './worker-process.ts'

export interface Example {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
}

export interface StageOptions {
  readonly folder: string
  readonly port: number
  /** Read as fast as it goes, whatever the examples say. */
  readonly isUnpaced: boolean
  readonly say: (text: string) => void
}

const examples = ['demo-ethernet-source', 'demo-wifi-source', 'demo-postgres-sink']
const database = 'tapline'
const undefinedTable = '42P01'

/** What the demo plays on: a Postgres, a worker, and the example connectors PUT to it. */
export class Stage {
  readonly connectors: readonly Example[]
  readonly feeds: readonly Feed[]
  readonly worker: WorkerProcess
  readonly sql: pg.Client
  readonly #postgres: EmbeddedPostgres
  #isPostgresDown = false

  private constructor(
    postgres: EmbeddedPostgres,
    worker: WorkerProcess,
    sql: pg.Client,
    connectors: readonly Example[],
  ) {
    this.#postgres = postgres
    this.worker = worker
    this.sql = sql
    this.connectors = connectors
    this.feeds = connectors.flatMap(({ config }) => {
      const { 'pcap.path': capture, 'pcap.fields': fields, topic: table } = config
      return capture && fields && table ? [{ capture, fields, table }] : []
    })
    void postgres.exited.then(() => {
      this.#isPostgresDown = true
    })
  }

  static async set({ folder, port, isUnpaced, say }: StageOptions): Promise<Stage> {
    say(`Starting the worker and Postgres; their data is in ${folder}`)
    // The worker first: where its port or folder is in use, perhaps by another demo, nothing else may be touched.
    const worker = await WorkerProcess.start({ folder, port })
    let postgres: EmbeddedPostgres | undefined
    try {
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
      const stage = new Stage(postgres, worker, sql, connectors)
      for (const { name, config } of connectors) {
        say(`PUT ${worker.url}/connectors/${name}/config`)
        await worker.client.put(`/connectors/${name}/config`, config)
      }
      return stage
    } catch (error) {
      await worker.stop()
      await postgres?.stop()
      throw error
    }
  }

  async clear(options: { readonly removes: boolean }): Promise<void> {
    await this.worker.stop()
    await this.sql.end().catch(() => {})
    if (!this.#isPostgresDown) await this.#postgres.stop()
    if (options.removes) await rm(this.#postgres.folder, { recursive: true, force: true })
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
    for (const { name } of this.connectors) {
      const status = await this.#status(name)
      const failed = status.tasks.find(({ state }) => state === 'FAILED')
      if (failed) throw new Error(`connector ${name} has FAILED: ${failed.trace?.split('\n')[0]}`)
    }
  }

  /** Packets in the log. */
  async packets(): Promise<number> {
    let packets = 0
    for (const { table } of this.feeds) {
      const page = (await this.worker.client
        .get(`/topics/${table}/records?partition=0&from=latest&limit=1`)
        .catch(() => ({ earliest: 0, latest: 0 }))) as { earliest: number; latest: number }
      packets += page.latest - page.earliest
    }
    return packets
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
