import type { Test } from 'tap'
import { KafkaCluster } from '../../runtime/log/kafka/cluster.ts'
import { type KafkaConsumer, openKafkaConsumer } from '../../runtime/log/kafka/consumer.ts'
import type { ConsumerParts } from '../../runtime/log/kafka/consumer-parts.ts'
import { connectionSettings } from '../../runtime/log/kafka/settings/connection-settings.ts'
import { consumerSettings } from '../../runtime/log/kafka/settings/consumer-settings.ts'
import type { ClientSettings, ConsumerOptions, Fetched, LogRecord } from '../../runtime/log/log.ts'

/** What a consumer told its logger, warnings and worse. */
export interface Said {
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** Opens consumers on one broker, for one test. */
export class KafkaReaders {
  readonly #t: Test
  readonly #servers: string
  readonly said: Said[] = []
  #cluster: KafkaCluster | undefined

  constructor(t: Test, servers: string) {
    this.#t = t
    this.#servers = servers
  }

  get logger() {
    const note = (fields: object, message: string) =>
      void this.said.push({ fields: fields as Said['fields'], message })
    return { debug() {}, info() {}, warn: note, error: note }
  }

  async cluster(java: ClientSettings = {}): Promise<KafkaCluster> {
    const { settings } = connectionSettings({ 'bootstrap.servers': this.#servers, ...java })
    const options = { logger: this.logger, clientId: 'kafka-readers' }
    const cluster = await KafkaCluster.open(settings, options)
    this.#t.teardown(() => cluster.close())
    return cluster
  }

  async open(
    options: ConsumerOptions,
    java: ClientSettings = {},
    more: Partial<ConsumerParts> = {},
  ): Promise<KafkaConsumer> {
    const quick = { 'session.timeout.ms': '6000', 'heartbeat.interval.ms': '300' }
    const { settings, problems } = consumerSettings({ ...quick, ...java })
    if (problems.length > 0) throw new Error(problems.join('; '))
    this.#cluster ??= await this.cluster()
    const parts = { cluster: this.#cluster, settings, clientId: 'kafka-readers' }
    const consumer = await openKafkaConsumer({ ...parts, logger: this.logger, ...more }, options)
    this.#t.teardown(() => consumer.close())
    return consumer
  }
}

export const recordsOf = (fetched: readonly Fetched[] = []): LogRecord[] =>
  fetched.flatMap(({ records }) => records)

/** What the work throws; an error when it throws nothing. */
export async function failure(
  work: () => Promise<unknown>,
): Promise<Error & { code?: string; hint?: string }> {
  try {
    await work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing failed')
}
