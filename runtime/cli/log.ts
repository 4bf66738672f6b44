import { once } from 'node:events'
import { Command } from 'commander'
import type { Fetched, LogRecord } from '../log/log.ts'
import { type LogReader, openEmbeddedLogReader } from '../log/open.ts'

interface Options {
  readonly dataDir: string
  readonly partition?: string
  readonly from: string
  readonly limit?: string
}

const pageRecords = 5_000
const pageBytes = 4 << 20

/** `tapline log`: the topics, or one topic as JSON lines; reads the files, so it works beside a running worker and without one. */
export function logCommand(): Command {
  return new Command('log')
    .description('list the topics of the log, or print one as JSON, a line a record')
    .argument('[topic]', 'the topic to print; without it the topics are listed')
    .option(
      '--data-dir <folder>',
      'where the log is kept',
      process.env['TAPLINE_DATA_DIR'] ?? '.tapline',
    )
    .option('--partition <number>', 'this partition only')
    .option('--from <offset>', 'an offset, earliest, or a time as 2026-01-31T12:00:00Z', 'earliest')
    .option('--limit <records>', 'at most so many records')
    .action(async (topic: string | undefined, options: Options) => {
      const log = await openEmbeddedLogReader(options.dataDir)
      try {
        await (topic === undefined ? listTopics(log) : printTopic(log, topic, options))
      } finally {
        await log.close()
      }
    })
}

async function listTopics(log: LogReader): Promise<void> {
  for (const { topic, partitions, settings } of await log.topics()) {
    const bounds = await log.offsets(topic)
    const records = bounds.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
    await print(JSON.stringify({ topic, partitions, records, settings }))
  }
}

async function printTopic(log: LogReader, topic: string, options: Options): Promise<void> {
  if (!(await log.describeTopic(topic)))
    throw new Error(`There is no topic ${topic} in ${options.dataDir}`)
  let left = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit)
  for (const { partition, latest } of await log.offsets(topic)) {
    if (options.partition !== undefined && partition !== Number(options.partition)) continue
    let next: number | 'earliest' | { timeMs: number } = position(options.from)
    // Up to the end as it was: a topic that grows all the time ends too.
    while (left > 0 && !(typeof next === 'number' && next >= latest)) {
      const page: Fetched = await log.read({ topic, partition }, next, {
        records: Math.min(left, pageRecords),
        bytes: pageBytes,
      })
      if (page.records.length === 0) break
      for (const record of page.records.slice(0, left)) await print(line(partition, record))
      left -= page.records.length
      next = page.next
    }
  }
}

function position(from: string): number | 'earliest' | { timeMs: number } {
  if (from === 'earliest') return from
  if (/^\d+$/.test(from)) return Number(from)
  const timeMs = Date.parse(from)
  if (Number.isNaN(timeMs))
    throw new Error(`--from takes earliest, an offset or a time, not "${from}"`)
  return { timeMs }
}

/** Keys and values that are JSON stand as they are, digit for digit; others as text, or base64 when they are no UTF-8. */
function line(partition: number, { offset, timestamp, key, value, headers }: LogRecord): string {
  const shown = headers.map(
    (header) => `{"key":${JSON.stringify(header.key)},"value":${text(header.value)}}`,
  )
  return (
    `{"partition":${partition},"offset":${offset},"timestamp":${timestamp},"key":${json(key)},` +
    `"value":${json(value)}${shown.length > 0 ? `,"headers":[${shown.join(',')}]` : ''}}`
  )
}

function json(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const raw = bytes.toString('utf8')
  try {
    JSON.parse(raw)
    // One line a record, whatever the value looks like; a line break outside of a string is only layout.
    return raw.replace(/[\r\n]+/g, ' ')
  } catch {
    return text(bytes)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function text(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  try {
    return JSON.stringify(utf8.decode(bytes))
  } catch {
    return JSON.stringify({ base64: bytes.toString('base64') })
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
}
