import {
  DataException,
  type Header,
  type Headers,
  noHeaders,
  type SinkRecord,
} from '../api/index.ts'
import type { LogRecord, RawHeader } from '../log/log.ts'
import { classOf, type RecordConverters } from './converters.ts'
import { RecordException, type Stage } from './record-exception.ts'
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

  /** Null: a transformation dropped it. What refuses it is thrown as a RecordException. */
  decode(topic: string, partition: number, record: LogRecord): SinkRecord | null {
    try {
      const converted = this.#convert(topic, partition, record)
      if (this.#chain.isEmpty) return converted
      this.#stage = 'TRANSFORMATION'
      return this.#chain.apply(converted)
    } catch (error) {
      const stage = this.#stage
      const place = `${topic}-${partition}@${record.offset}`
      throw new RecordException({ stage, class: classOf(this.#converters, stage), place }, error)
    }
  }

  #convert(topic: string, partition: number, record: LogRecord): SinkRecord {
    const { offset, timestamp } = record
    this.#stage = 'KEY_CONVERTER'
    const key = this.#converters.key.toConnect(topic, record.key)
    this.#stage = 'VALUE_CONVERTER'
    const value = this.#converters.value.toConnect(topic, record.value)
    const headers = record.headers.length === 0 ? noHeaders : this.#headers(topic, record.headers)
    if (timestamp < -1) {
      this.#stage = 'KAFKA_CONSUME'
      throw new DataException(`Invalid record timestamp ${timestamp}`)
    }
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
