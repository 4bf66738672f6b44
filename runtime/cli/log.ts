import { Command, Option } from 'commander'
import { NotFoundException } from '../api/index.ts'
import type { Fetched, LogRecord, Position } from '../log/log.ts'
import type { LogReader } from '../log/open.ts'
import { openReader } from '../log/open-reader.ts'
import { inWords } from './in-words.ts'
import { checkCommand, repairCommand } from './log-check.ts'
import { positionInLog, wholeNumber } from './option-values.ts'
import { Output } from './output.ts'

interface Options {
  readonly dataDir: string
  readonly bootstrapServer?: string
  readonly commandConfig?: string
  readonly partition?: number
  readonly from: Position
  readonly limit: number
}

const pageRecords = 5_000
const pageBytes = 4 << 20

/** `tapline log`: the topics, or one topic as JSON lines; reads the files or the brokers, so it works beside a running worker and without one. */
export function logCommand(): Command {
  return new Command('log')
    .description('list the topics of the log, or print one as JSON, a line a record')
    .argument('[topic]', 'the topic to print; without it the topics are listed')
    .option(
      '--data-dir <folder>',
      'where the log is kept',
      process.env['TAPLINE_DATA_DIR'] ?? '.tapline',
    )
    .addOption(
      new Option(
        '--bootstrap-server <host:port,…>',
        'the log is on Kafka, at these brokers',
      ).conflicts('dataDir'),
    )
    .option('--command-config <file>', 'properties file with more settings of the Kafka client')
    .option('--partition <number>', 'this partition only', wholeNumber)
    .option(
      '--from <offset>',
      'an offset, earliest, or a time as 2026-01-31T12:00:00Z',
      positionInLog,
      'earliest',
    )
    .option('--limit <records>', 'at most so many records', wholeNumber, Number.POSITIVE_INFINITY)
    .action(inWords('log', show))
    .addCommand(checkCommand())
    .addCommand(repairCommand())
}

async function show(topic: string | undefined, options: Options): Promise<void> {
  const { dataDir, bootstrapServer: bootstrapServers, commandConfig } = options
  const log = await openReader(
    bootstrapServers === undefined
      ? { dataDir }
      : { bootstrapServers, ...(commandConfig !== undefined && { commandConfig }) },
  )
  try {
    const output = new Output()
    await (topic === undefined ? listTopics(log, output) : printTopic(log, topic, options, output))
  } finally {
    await log.close()
  }
}

async function listTopics(log: LogReader, output: Output): Promise<void> {
  for (const { topic, partitions, settings } of await log.topics()) {
    const bounds = await log.offsets(topic)
    const records = bounds.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
    const line = JSON.stringify({ topic, partitions, records, settings })
    if (!(await output.write(`${line}\n`))) return
  }
}

async function printTopic(
  log: LogReader,
  topic: string,
  { dataDir, bootstrapServer, partition: wanted, from, limit }: Options,
  output: Output,
): Promise<void> {
  const description = await log.describeTopic(topic)
  if (description === null)
    throw new NotFoundException(`There is no topic ${topic} in ${bootstrapServer ?? dataDir}`, {
      hint: '`tapline log` lists the topics; --data-dir or --bootstrap-server says where the log is kept.',
    })
  const { partitions } = description
  if (wanted !== undefined && wanted >= partitions)
    throw new NotFoundException(`Topic ${topic} has no partition ${wanted}`, {
      hint: `Its partitions are 0 to ${partitions - 1}.`,
    })
  let left = limit
  for (const { partition, latest } of await log.offsets(topic)) {
    if (wanted !== undefined && partition !== wanted) continue
    let next = from
    // Up to the end as it was: a topic that grows all the time ends too.
    while (left > 0 && !(typeof next === 'number' && next >= latest)) {
      const page: Fetched = await log.read({ topic, partition }, next, {
        records: Math.min(left, pageRecords),
        bytes: pageBytes,
      })
      // A page may hold nothing but a gap that compaction left.
      if (page.records.length === 0 && page.next === next) break
      const shown = page.records.slice(0, left)
      const text = shown.map((record) => line(partition, record)).join('')
      if (!(await output.write(text))) return
      left -= shown.length
      next = page.next
    }
  }
}

/** Keys and values that are JSON stand as they are, digit for digit; others as text, or base64 when they are no UTF-8. */
function line(partition: number, { offset, timestamp, key, value, headers }: LogRecord): string {
  const shown = headers.map(
    (header) => `{"key":${JSON.stringify(header.key)},"value":${text(header.value)}}`,
  )
  return (
    `{"partition":${partition},"offset":${offset},"timestamp":${timestamp},"key":${json(key)},` +
    `"value":${json(value)}${shown.length > 0 ? `,"headers":[${shown.join(',')}]` : ''}}\n`
  )
}

function json(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const raw = utf8Text(bytes)
  try {
    if (raw !== undefined) JSON.parse(raw)
  } catch {
    return JSON.stringify(raw)
  }
  // One line a record, whatever the value looks like; a line break outside of a string is only layout.
  return raw?.replace(/[\r\n]+/g, ' ') ?? text(bytes)
}

function text(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  return JSON.stringify(utf8Text(bytes) ?? { base64: bytes.toString('base64') })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8Text(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
