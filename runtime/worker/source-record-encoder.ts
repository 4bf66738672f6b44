import {
  type ConnectRecord,
  DataException,
  type HeaderConverter,
  type Headers,
  noHeaders,
  type SourceRecord,
} from '../api/index.ts'
import type { EncodableHeader } from '../log/batch/batch-builder.ts'
import { partitionForKey } from '../log/partition.ts'
import { classOf, type RecordConverters } from './converters.ts'
import type { RecordDraft } from './record-draft.ts'
import { RecordException, type Stage } from './record-exception.ts'
import { toleranceExceeded, type Verdict } from './retry-with-tolerance.ts'
import type { KnownTopic, TopicPartitions } from './topic-partitions.ts'
import type { TransformationChain } from './transformation-chain.ts'

/** A source record as the chain sees it. */
type FullRecord = SourceRecord & ConnectRecord

interface Judge {
  judge(refused: RecordException, record: SourceRecord): Verdict
}

/** Records of a source → bytes of the log, one call a batch and nothing to wait for in it. */
export class SourceRecordEncoder {
  readonly #chain: TransformationChain
  readonly #converters: RecordConverters
  readonly #topics: TopicPartitions
  readonly #draft: RecordDraft
  #stage: Stage = 'TRANSFORMATION'
  #lastTopic: KnownTopic | undefined
  readonly #judge: Judge
  /** The topic that stopped `encode`: learn it and go on. */
  unknownTopic: string | undefined
  /** A record that a converter or a transformation wants tried again stopped it: wait so long and go on. */
  retryInMs: number | undefined

  constructor(
    chain: TransformationChain,
    converters: RecordConverters,
    topics: TopicPartitions,
    draft: RecordDraft,
    judge: Judge,
  ) {
    this.#chain = chain
    this.#converters = converters
    this.#topics = topics
    this.#draft = draft
    this.#judge = judge
  }

  /**
   * Encodes from an index on; returns how far it came: short of the end when a topic is unknown, or a record has to be tried again. What
   * stands before a record that is refused is in the draft.
   */
  encode(records: readonly SourceRecord[], from: number): number {
    this.unknownTopic = undefined
    this.retryInMs = undefined
    this.#lastTopic = undefined
    const now = Date.now()
    for (let at = from; at < records.length; at++) {
      const record = records[at] as SourceRecord
      try {
        if (!this.#encodeOne(record, now)) return at
      } catch (error) {
        const verdict = this.#refused(record, error)
        if (verdict !== 'skip') {
          this.retryInMs = verdict
          return at
        }
      }
      this.#draft.advance(record.sourcePartition, record.sourceOffset)
    }
    return records.length
  }

  /** False: the topic is unknown. */
  #encodeOne(given: SourceRecord, now: number): boolean {
    let record = given
    if (!this.#chain.isEmpty) {
      this.#stage = 'TRANSFORMATION'
      const transformed = this.#chain.apply(complete(given))
      if (transformed === null) return true
      record = transformed
    }
    const { topic } = record
    const known = this.#known(topic)
    if (known === undefined) {
      this.unknownTopic = topic
      return false
    }
    const headers = record.headers === undefined ? noHeaders : record.headers
    const encodedHeaders = headers.length === 0 ? undefined : this.#headers(topic, headers)
    this.#stage = 'KEY_CONVERTER'
    const text = this.#converters.key.fromConnect(
      topic,
      record.keySchema ?? null,
      record.key ?? null,
    )
    this.#stage = 'VALUE_CONVERTER'
    const value = this.#converters.value.fromConnect(
      topic,
      record.valueSchema ?? null,
      record.value ?? null,
    )
    const key = typeof text === 'string' ? Buffer.from(text) : text
    this.#stage = 'KAFKA_PRODUCE'
    const partition = partitionOf(known, record.partition ?? null, key)
    const timestamp = timestampOf(record.timestamp ?? null, now)
    this.#draft.append(topic, partition, key, value, timestamp, encodedHeaders)
    return true
  }

  /** Throws what ends the task. */
  #refused(record: SourceRecord, error: unknown): Exclude<Verdict, 'fail'> {
    const stage = this.#stage
    const at = { stage, class: classOf(this.#converters, stage), place: placeOf(record) }
    const refused = new RecordException(at, error)
    const verdict = this.#judge.judge(refused, record)
    if (verdict === 'fail') throw toleranceExceeded(refused)
    return verdict
  }

  #known(topic: string): KnownTopic | undefined {
    const last = this.#lastTopic
    if (last !== undefined && last.topic === topic) return last
    this.#lastTopic = this.#topics.get(topic)
    return this.#lastTopic
  }

  #headers(topic: string, headers: Headers): EncodableHeader[] {
    this.#stage = 'HEADER_CONVERTER'
    const converter: HeaderConverter = this.#converters.header
    return headers.map((header) => ({
      key: header.key,
      value: converter.fromConnectHeader(topic, header),
    }))
  }
}

function complete(record: SourceRecord): FullRecord {
  return {
    partition: null,
    keySchema: null,
    key: null,
    valueSchema: null,
    timestamp: null,
    headers: noHeaders,
    ...record,
    offset: null,
  } as FullRecord
}

function partitionOf(known: KnownTopic, wanted: number | null, key: Uint8Array | null): number {
  if (wanted !== null) {
    if (wanted >= 0 && wanted < known.partitions) return wanted
    throw new DataException(
      `Invalid partition ${wanted} for topic ${known.topic}, which has ${known.partitions}`,
      { hint: 'Leave the partition to the log, or give the topic more partitions.' },
    )
  }
  return key === null ? known.sticky : partitionForKey(key, known.partitions)
}

/** As Connect has it: null and -1 are now. */
function timestampOf(timestamp: number | null, now: number): number {
  if (timestamp === null || timestamp === -1) return now
  if (timestamp >= 0 && Number.isSafeInteger(timestamp)) return timestamp
  throw new DataException(`Invalid record timestamp ${timestamp}`, {
    hint: 'Timestamps are whole ms since 1970 and not negative.',
  })
}

function placeOf({ topic, sourcePartition, sourceOffset }: SourceRecord): string {
  const shown = (value: object) =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner))
  return `source partition ${shown(sourcePartition)}, offset ${shown(sourceOffset)}, for topic ${topic}`
}
