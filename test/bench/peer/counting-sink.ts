import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RestWorker } from '../../helpers/rest-worker.ts'
import type { Case } from './cases.ts'

const source = fileURLToPath(new URL('counting-sink.java.txt', import.meta.url))
const limitMs = 300_000

/** Loaded by our worker (`--import`): its counting sink. */
export const countingPlugin = fileURLToPath(new URL('counting-plugin/preload.ts', import.meta.url))

/** Compiles the real worker's counting sink against its class path; returns the folder for `plugin.path`. */
export function compileCountingSink(classPath: string, folder: string): string {
  const plugin = join(folder, 'plugins', 'counting')
  const text = join(folder, 'CountingSinkConnector.java')
  const classes = join(folder, 'classes')
  mkdirSync(plugin, { recursive: true })
  copyFileSync(source, text)
  execFileSync('javac', ['-d', classes, '-cp', classPath, text])
  execFileSync('jar', ['cf', join(plugin, 'counting.jar'), '-C', classes, '.'])
  return join(folder, 'plugins')
}

export interface Counted {
  readonly recordsPerSecond: number
  readonly cpuMicros: number
}

export interface Task {
  readonly topic: string
  readonly records: number
  /** What the sink must have added up. */
  readonly sum: number
  readonly folder: string
}

let runs = 0

/** Runs the counting sink once over the topic, as a new group; throws unless every record was counted once. */
export async function count(worker: RestWorker, each: Case, task: Task): Promise<Counted> {
  const { topic, records, sum, folder } = task
  const name = `counting-${process.pid}-${++runs}`
  const report = join(folder, `${name}.json`)
  await worker.put(name, {
    'connector.class': 'tapline.peer.CountingSinkConnector',
    'tasks.max': '1',
    topics: topic,
    'key.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
    ...each.config,
    expect: String(records),
    field: each.field,
    report,
  })
  const deadline = Date.now() + limitMs
  while (!existsSync(report)) {
    if (Date.now() > deadline) {
      const { body } = await worker.call('GET', `/connectors/${name}/status`)
      throw new Error(`${name} did not count ${records} in time: ${JSON.stringify(body)}`)
    }
    await sleep(50)
  }
  const counted = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
  rmSync(report)
  await worker.call('DELETE', `/connectors/${name}`)
  const { ms = 0, cpuMs = 0 } = counted
  if (counted['records'] !== records || counted['sum'] !== sum)
    throw new Error(`${name} on ${worker.url} counted wrongly: ${JSON.stringify(counted)}`)
  return {
    recordsPerSecond: Math.round(records / (ms / 1000)),
    cpuMicros: Number(((cpuMs * 1000) / records).toFixed(3)),
  }
}
