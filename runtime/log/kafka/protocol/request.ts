import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** A request of Kafka's protocol in the one version that is spoken here. */
export interface KafkaApi {
  readonly apiKey: number
  readonly apiVersion: number
  /** `Produce`, `Fetch` …: for messages. */
  readonly apiName: string
  /** Whether this version has the header with tagged fields, and compact types. */
  readonly isFlexible: boolean
}

/** One such request, and how its answer is read. */
export interface KafkaRequest<T> extends KafkaApi {
  /** Writes the body, behind the header. */
  encode(writer: WireWriter): void | Promise<void>
  /** Reads the body of the answer, behind its header. */
  decode(reader: WireReader): T | Promise<T>
}
