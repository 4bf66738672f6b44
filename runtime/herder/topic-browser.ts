import { NotFoundException } from '../api/index.ts'
import type { Log, LogRecord } from '../log/log.ts'
import type { TopicPage, TopicRecord, TopicView } from './herder.ts'

type Encoding = TopicRecord['keyEncoding']
interface Shown {
  readonly shown: unknown
  readonly encoding: Encoding
}

const pageBytes = 1 << 20
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Records of the log as people read them. */
export class TopicBrowser implements TopicView {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  async topics(): Promise<{ topic: string; partitions: number }[]> {
    return (await this.#log.topics()).map(({ topic, partitions }) => ({ topic, partitions }))
  }

  async records(
    topic: string,
    partition: number,
    from: number | 'earliest' | 'latest',
    limit: number,
  ): Promise<TopicPage> {
    const found = await this.#log.describeTopic(topic)
    if (!found) throw new NotFoundException(`Topic ${topic} not found`)
    const bounds = (await this.#log.offsets(topic)).find((each) => each.partition === partition)
    if (!bounds)
      throw new NotFoundException(
        `Topic ${topic} has no partition ${partition}: it has ${found.partitions}, counted from 0`,
      )
    const { earliest, latest } = bounds
    const start = from === 'earliest' ? earliest : from === 'latest' ? latest - limit : from
    const page = await this.#log.read({ topic, partition }, Math.max(start, earliest), {
      records: limit,
      bytes: pageBytes,
    })
    return {
      topic,
      partition,
      records: page.records.map(showRecord),
      next: page.next,
      earliest,
      latest,
    }
  }
}

function showRecord({ offset, timestamp, key, value, headers }: LogRecord): TopicRecord {
  const shownKey = show(key)
  const shownValue = show(value)
  return {
    offset,
    timestamp,
    key: shownKey.shown,
    value: shownValue.shown,
    keyEncoding: shownKey.encoding,
    valueEncoding: shownValue.encoding,
    headers: headers.map((header) => ({
      key: header.key,
      value: header.value === null ? null : String(show(header.value, false).shown),
    })),
  }
}

/** JSON where the bytes are JSON that survives a reading, else text, else base64. */
function show(bytes: Buffer | null, triesJson = true): Shown {
  if (bytes === null) return { shown: null, encoding: 'null' }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { shown: bytes.toString('base64'), encoding: 'base64' }
  }
  if (triesJson) {
    try {
      return { shown: parse(text, keepText), encoding: 'json' }
    } catch {
      // Not JSON: text.
    }
  }
  return { shown: text, encoding: 'text' }
}

/** Numbers keep their digits: `1.0` and 2^53+1 are shown as they were written. */
function keepText(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && String(value) !== source
    ? rawJSON(source)
    : value
}

// The library's types do not know these yet.
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: typeof keepText): unknown
  rawJSON(text: string): unknown
}
