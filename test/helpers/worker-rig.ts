import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Logger } from '../../runtime/api/index.ts'
import type { LogRecord } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { Metrics } from '../../runtime/metrics/metrics.ts'
import { OffsetBackingStore } from '../../runtime/storage/offset-backing-store.ts'
import { loadPlugins } from '../../runtime/worker/load-plugins.ts'
import type { StatusUpdate } from '../../runtime/worker/task-state.ts'
import { Worker } from '../../runtime/worker/worker.ts'

const probes = new URL('./probe-plugins/', import.meta.url).href
const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'

export interface RigOptions {
  readonly threads?: number
  readonly gracefulMs?: number
  readonly commitMs?: number
  readonly partitions?: number
}

/** One entry of a probe's journal. */
export interface Entry {
  readonly call: string
  readonly task: number
  readonly at: number
  readonly next?: number
  readonly records?: readonly string[]
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[]
}

/** A worker on the real embedded log, with the probe plugins, and what it said. */
export async function workerRig(t: Test, options: RigOptions = {}) {
  const { threads = 2, gracefulMs = 2000, commitMs = 200, partitions = 1 } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'tapline-worker-'))
  const lines: { level: string; fields: object; message: string }[] = []
  const logger = memoryLogger(lines)
  const log = await openLog({ kind: 'embedded', dataDir, defaultPartitions: partitions, logger })
  const store = new OffsetBackingStore(log, logger, { topic: 'connect-offsets', partitions: 5 })
  await store.start()
  const metrics = new Metrics()
  const statuses: StatusUpdate[] = []
  const reconfigured: string[] = []
  const pluginRoots = [probes]
  const worker = new Worker({
    log,
    plugins: await loadPlugins(pluginRoots),
    pluginRoots,
    defaults: {
      keyConverter: { 'key.converter': stringConverter },
      valueConverter: { 'value.converter': stringConverter },
      headerConverter: {},
    },
    offsetTopic: 'connect-offsets',
    offsetFlushIntervalMs: commitMs,
    taskShutdownGracefulTimeoutMs: gracefulMs,
    threads,
    offsets: store,
    logger,
    metrics,
    onStatus: (update) => statuses.push(update),
    onReconfigure: (connector) => reconfigured.push(connector),
  })
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await worker.shutdown()
    await store.stop()
    metrics.close()
    await log.close()
    rmSync(dataDir, { recursive: true })
  }
  t.teardown(close)

  const last = (connector: string, task: number | null = 0) =>
    statuses.findLast((status) => status.connector === connector && status.task === task)

  return {
    log,
    worker,
    metrics,
    store,
    statuses,
    reconfigured,
    lines,
    dataDir,
    close,
    last,
    journalFile: (name: string) => join(dataDir, `${name}.journal`),
    journal: (name: string) => readJournal(join(dataDir, `${name}.journal`)),

    /** Starts task 0 (or another) of a probe. */
    async start(
      name: string,
      config: Readonly<Record<string, string>>,
      task = 0,
      target: 'STARTED' | 'PAUSED' = 'STARTED',
    ) {
      const journal = join(dataDir, `${name}.journal`)
      if (!existsSync(journal)) appendFileSync(journal, '')
      const connectorConfig = { name, journal, ...config }
      await worker.startTask({
        id: { connector: name, task },
        connectorConfig,
        taskConfig: {},
        target,
      })
    },

    async state(connector: string, state: string, task: number | null = 0) {
      await until(`${connector} ${state}`, () => last(connector, task)?.state === state)
      return last(connector, task) as StatusUpdate
    },

    /** Everything in a partition, in order. */
    async values(topic: string, partition = 0): Promise<string[]> {
      if ((await log.describeTopic(topic)) === null) return []
      const records: LogRecord[] = []
      for (let from = 0; ; ) {
        const read = await log.read({ topic, partition }, from, { records: 10_000 })
        if (read.records.length === 0) return records.map(({ value }) => String(value).trim())
        records.push(...read.records)
        from = read.next
      }
    },

    /** What the group of a sink connector committed, per partition. */
    async committed(connector: string): Promise<Record<string, number>> {
      const offsets = await log.groupOffsets(`connect-${connector}`)
      return Object.fromEntries(
        offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]),
      )
    },
  }
}

export type WorkerRig = Awaited<ReturnType<typeof workerRig>>

export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain for: ${what}`)
    await sleep(10)
  }
}

export function readJournal(file: string): Entry[] {
  if (!existsSync(file)) return []
  return (
    readFileSync(file, 'utf8')
      // A thread may be in the middle of its last line.
      .replace(/[^\n]*$/, '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  )
}

export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${from + i}`)
}

function memoryLogger(lines: { level: string; fields: object; message: string }[]): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
