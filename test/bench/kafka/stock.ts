import { Kafka, logLevel, type Producer } from 'kafkajs'
import { inFlight, keys, type Measured, measure, PARTITIONS, VALUE } from './workload.ts'

/** Its best here: larger sends cost it more a record, and one whose records for one partition exceed 1 MB fails. */
const RECORDS_A_SEND = 4000
const SENDS_IN_FLIGHT = 4

/** kafkajs as it comes. */
export class StockClient {
  readonly #kafka: Kafka
  readonly #producer: Producer

  private constructor(kafka: Kafka, producer: Producer) {
    this.#kafka = kafka
    this.#producer = producer
  }

  static async connect(broker: string): Promise<StockClient> {
    process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    return new StockClient(kafka, producer)
  }

  async produce(topic: string, records: number): Promise<Measured> {
    let made = 0
    const send = () => {
      if (made >= records) return undefined
      const from = made
      made = Math.min(records, from + RECORDS_A_SEND)
      const messages = Array.from({ length: made - from }, (_, i) => ({
        key: keys[(from + i) % keys.length] as Buffer,
        value: VALUE,
      }))
      return this.#producer.send({ topic, acks: -1, messages })
    }
    const stop = measure()
    await inFlight(SENDS_IN_FLIGHT, send)
    return stop(records)
  }

  /** From its first batch on, so that joining the group is not in it; that batch is not counted. */
  async consume(topic: string, records: number): Promise<Measured> {
    const consumer = this.#kafka.consumer({ groupId: `${topic}-${performance.now()}` })
    const next = new Array<number>(PARTITIONS).fill(0)
    let seen = 0
    let bytes = 0
    let first = 0
    let stop: ReturnType<typeof measure> | undefined
    try {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      const measured = await new Promise<Measured>((resolve, reject) => {
        const eachBatch = async (batch: { partition: number; messages: readonly Message[] }) => {
          stop ??= measure()
          first ||= batch.messages.length
          for (const { offset, value } of batch.messages) {
            if (Number(offset) !== next[batch.partition]) reject(new Error(`${offset} out of turn`))
            next[batch.partition] = Number(offset) + 1
            bytes += value?.length ?? 0
          }
          seen += batch.messages.length
          if (seen >= records) resolve(stop(seen - first))
        }
        consumer
          .run({ autoCommit: false, eachBatch: ({ batch }) => eachBatch(batch) })
          .catch(reject)
      })
      if (seen !== records || bytes !== records * VALUE.length)
        throw new Error(`${seen} records, ${bytes} bytes`)
      return measured
    } finally {
      await consumer.disconnect()
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect()
  }
}

interface Message {
  readonly offset: string
  readonly value: Buffer | null
}
