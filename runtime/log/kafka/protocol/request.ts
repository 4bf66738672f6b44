import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** One request of Kafka's protocol in one version, and how its answer is read. */
export interface KafkaRequest<T> {
  readonly apiKey: number
  readonly apiVersion: number
  /** `Produce`, `Fetch` …: for messages. */
  readonly apiName: string
  /** Whether this version has the header with tagged fields, and compact types. */
  readonly isFlexible: boolean
  /** Writes the body, behind the header. */
  encode(writer: WireWriter): void | Promise<void>
  /** Reads the body of the answer, behind its header. */
  decode(reader: WireReader): T | Promise<T>
}
