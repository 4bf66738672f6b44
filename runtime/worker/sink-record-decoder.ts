import {
  DataException,
  type Header,
  type Headers,
  noHeaders,
  type SinkRecord,
} from '../api/index.ts'
import type { LogRecord, RawHeader } from '../log/log.ts'
import type { RecordConverters } from './converters.ts'
import { type Stage, stageError } from './stage-error.ts'
import type { TransformationChain } from './transformation-chain.ts'

/** Records of the log → what a sink is given. */
export class SinkRecordDecoder {
  readonly #chain: TransformationChain
  readonly #converters: RecordConverters
  #stage: Stage = 'KEY_CONVERTER'

  constructor(chain: TransformationChain, converters: RecordConverters) {
    this.#chain = chain
    this.#converters = converters
  }

  /** Null: a transformation dropped it. */
  decode(topic: string, partition: number, record: LogRecord): SinkRecord | null {
    try {
      const converted = this.#convert(topic, partition, record)
      if (this.#chain.isEmpty) return converted
      this.#stage = 'TRANSFORMATION'
      return this.#chain.apply(converted)
    } catch (error) {
      throw stageError(this.#stage, `${topic}-${partition}@${record.offset}`, error)
    }
  }

  #convert(topic: string, partition: number, record: LogRecord): SinkRecord {
    const { offset, timestamp } = record
    this.#stage = 'KEY_CONVERTER'
    const key = this.#converters.key.toConnect(topic, record.key)
    this.#stage = 'VALUE_CONVERTER'
    const value = this.#converters.value.toConnect(topic, record.value)
    const headers = record.headers.length === 0 ? noHeaders : this.#headers(topic, record.headers)
    if (timestamp < -1) throw new DataException(`Invalid record timestamp ${timestamp}`)
    return {
      topic,
      partition,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      timestamp: timestamp === -1 ? null : timestamp,
      headers,
      offset,
      timestampType: timestamp === -1 ? 'NoTimestampType' : record.timestampType,
      originalTopic: topic,
      originalPartition: partition,
      originalOffset: offset,
    }
  }

  #headers(topic: string, headers: readonly RawHeader[]): Headers {
    this.#stage = 'HEADER_CONVERTER'
    const converter = this.#converters.header
    return headers.map(({ key, value }): Header => {
      const converted = converter.toConnectHeader(topic, key, value)
      return { key, schema: converted.schema, value: converted.value }
    })
  }
}
