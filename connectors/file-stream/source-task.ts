import {
  type Logger,
  type OffsetMap,
  type SourceContext,
  type SourceRecord,
  STRING,
} from '../../runtime/api/index.ts'
import type { SourceConfig } from './config.ts'
import { type Line, LineSplitter } from './line-splitter.ts'
import { standardInput } from './standard-input.ts'
import { tail } from './tail.ts'

/** The lines of a file, for ever; of the standard input, until it ends. */
export async function* lines(
  config: SourceConfig,
  { signal, offsets, log }: SourceContext,
): AsyncGenerator<readonly SourceRecord[]> {
  const partition: OffsetMap = { filename: config.file }
  const toRecord = ({ text, end }: Line): SourceRecord => ({
    sourcePartition: partition,
    sourceOffset: { position: config.file === null ? null : end },
    topic: config.topic,
    keySchema: null,
    key: null,
    valueSchema: STRING,
    value: text,
    timestamp: Date.now(),
  })
  const read = config.file === null ? standardInputLines(signal) : fileLines(config.file)
  for await (const found of read) {
    for (let at = 0; at < found.length; at += config['batch.size']) {
      yield found.slice(at, at + config['batch.size']).map(toRecord)
    }
  }

  async function* fileLines(file: string): AsyncGenerator<Line[]> {
    yield* tail(file, await startOf(offsets.read(partition), log), { signal, log })
  }
}

async function* standardInputLines(signal: AbortSignal): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(0)
  for await (const chunk of standardInput(signal)) {
    const found = splitter.push(chunk)
    if (found.length > 0) yield found
  }
}

async function startOf(stored: Promise<OffsetMap | null>, log: Logger): Promise<number> {
  const position = (await stored)?.['position'] ?? 0
  const start = Number(position)
  if (Number.isSafeInteger(start) && start >= 0) return start
  log.warn(
    { position: String(position) },
    'the stored position is no position in a file; reading starts at 0',
  )
  return 0
}
