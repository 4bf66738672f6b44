import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import type { Log, TopicDescription, TopicOffset } from '../../../../runtime/log/log.ts'
import { openLog } from '../../../../runtime/log/open.ts'
import { numberedRecord } from '../../../helpers/numbered-records.ts'

/** What a log held before it was damaged. */
export interface Content {
  readonly topics: readonly TopicDescription[]
  /** By `TOPIC-PARTITION`: offset → value. */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, string>>
  readonly groups: ReadonlyMap<string, readonly TopicOffset[]>
}

const groups = ['connect-one', 'connect-two']

/** Makes a log of every kind of row in `folder/closed`, and a copy of its files from while it was written in `folder/live`. */
export async function makeLogs(folder: string): Promise<{ closed: Content; live: Content }> {
  const closedDir = join(folder, 'closed')
  const options = { kind: 'embedded', dataDir: closedDir } as const
  let log = await openLog({ ...options, minCompactionRecords: 10, cleaningIntervalMs: 20 })
  await log.createTopic({ topic: 'plain', partitions: 2, settings: { 'retention.ms': '-1' } })
  await log.createTopic({ topic: 'gone', partitions: 1 })
  await log.createTopic({ topic: 'kept', settings: { 'cleanup.policy': 'compact' } })
  let n = 0
  const append = async (topic: string, partition: number, sizes: readonly number[]) => {
    const builder = new BatchBuilder({ topic, partition })
    for (const padBytes of sizes) {
      const { key, value } = numberedRecord(n++, { keys: 7, padBytes })
      builder.append(key, value, 1000 + n)
    }
    const [base = 0] = await log.append([builder.build()])
    return base
  }
  const write = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) {
      await append('plain', 0, [10, 200, 30])
      if (i % 5 === 0) await append('plain', 1, [40_000, 10])
      else await append('plain', 1, [100])
      await append('kept', 0, [50, 50])
      const offsets = [{ topic: 'plain', partition: 0, offset: 3 * i }]
      await log.transaction({
        append: [],
        groupOffsets: { group: groups[i % 2] as string, offsets },
      })
    }
  }
  for (let i = 0; i < 5; i++) await append('gone', 0, [5000])
  await write(30)
  await log.deleteTopic('gone')
  await untilCompacted(log)
  await log.close()
  // From here on nothing is taken out: what was written is what must be found.
  log = await openLog(options)
  await write(20)
  const live = await contentOf(log)
  // By another process: this one would drop SQLite's locks with the first of the files that it closes.
  execFileSync('cp', ['-r', closedDir, join(folder, 'live')])
  await write(10)
  const closed = await contentOf(log)
  await log.close()
  return { closed, live }
}

async function untilCompacted(log: Log): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const { records } = await log.read({ topic: 'kept', partition: 0 }, 0, { records: 1 })
    if ((records[0]?.offset ?? 0) > 20) return
    await sleep(20)
  }
  throw new Error('the log was not compacted in 10 s')
}

export async function contentOf(log: Log): Promise<Content> {
  const topics = await log.topics()
  const values = new Map<string, Map<number, string>>()
  for (const { topic, partitions } of topics) {
    for (let partition = 0; partition < partitions; partition++) {
      const found = new Map<number, string>()
      values.set(`${topic}-${partition}`, found)
      for (let from = 0; ; ) {
        const { records, next } = await log.read({ topic, partition }, from, { records: 1000 })
        for (const { offset, value } of records) found.set(offset, String(value))
        if (next === from) break
        from = next
      }
    }
  }
  const offsets = await Promise.all(groups.map((group) => log.groupOffsets(group)))
  return { topics, values, groups: new Map(groups.map((group, i) => [group, offsets[i] ?? []])) }
}

/** A sequence of numbers from 0 up to 1 that a seed repeats. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const files = ['log.db', 'log.db', 'log.db', 'log.db-wal', 'log.db-wal', 'log.head', 'log.db-shm']
const kinds = ['flip', 'flip', 'flip', 'flip', 'cut', 'remove', 'blank', 'mix'] as const

/** Does one thing to one file, or a few bits to several; says what. */
export function damage(dataDir: string, random: () => number): string {
  const there = files.filter((file) => existsSync(join(dataDir, file)))
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const kind = pick(kinds)
  if (kind === 'mix') {
    const flips = Array.from({ length: 2 + Math.floor(random() * 4) }, () =>
      change(join(dataDir, pick(there)), 'flip', random),
    )
    return flips.join(', ')
  }
  return change(join(dataDir, pick(there)), kind, random)
}

function change(path: string, kind: 'flip' | 'cut' | 'remove' | 'blank', random: () => number) {
  const bytes = readFileSync(path)
  // Half of the places near the start of a page, where SQLite keeps what is in it.
  const page = Math.floor((random() * bytes.length) / 16_384) * 16_384
  const at = Math.min(
    bytes.length - 1,
    random() < 0.5 ? Math.floor(random() * bytes.length) : page + Math.floor(random() * 120),
  )
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (kind === 'remove') {
    rmSync(path)
    return `${name} removed`
  }
  if (bytes.length === 0) return `${name} is empty`
  if (kind === 'cut') {
    truncateSync(path, at)
    return `${name} cut from ${bytes.length} to ${at}`
  }
  const bit = Math.floor(random() * 8)
  if (kind === 'flip') bytes[at] = (bytes[at] as number) ^ (1 << bit)
  else bytes.fill(0, at, Math.min(at + 512, bytes.length))
  writeFileSync(path, bytes)
  return kind === 'flip' ? `${name} bit ${bit} of ${at} flipped` : `${name} blank from ${at}`
}
