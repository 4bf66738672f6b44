import type { Logger } from '../../api/index.ts'
import type { ClientSettings } from '../log.ts'
import { type KafkaClient, settingsOf } from './kafka-client.ts'
import type { KafkaMembers } from './kafka-members.ts'
import { Producer } from './producer.ts'
import { ProducerIdentities } from './producer-identities.ts'
import type { ProducerLimits } from './producer-limits.ts'
import { type LogWriter, PlainWriter } from './producer-writer.ts'
import { produceRequest } from './protocol/requests/produce.ts'
import { stockProduceRequest } from './records/stock.ts'
import { type ProducerSettings, producerSettings } from './settings/producer-settings.ts'
import { TransactionalWriter } from './transaction.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import { TransactionIdentity } from './transaction-identity.ts'

/** A batch is tried so long at most before its caller hears of it, and comes again with it. */
const PATIENCE_MS = 30_000

export interface WriterOptions {
  readonly keys: ClientSettings
  readonly codec: 'own' | 'stock'
  readonly transactionalId: string | null
  readonly members: KafkaMembers
  readonly logger: Logger
}

/** What writes for a log: transactions with a transactional id, else batches and then offsets. */
export function openWriter(client: KafkaClient, options: WriterOptions): LogWriter {
  const { cluster, topics, groups } = client
  const { codec, transactionalId, members, logger } = options
  const settings = settingsOf(producerSettings(options.keys))
  const limits = limitsOf(settings, client, codec)
  const parts = {
    cluster,
    topics,
    transactionalId,
    limits,
    logger,
    produceRequest: codec === 'stock' ? stockProduceRequest : produceRequest,
  }
  if (transactionalId === null) {
    const identities = settings.isIdempotent ? new ProducerIdentities(cluster) : null
    return new PlainWriter(new Producer({ ...parts, identities }), groups, members)
  }
  const identity = new TransactionIdentity()
  const { transactionTimeoutMs } = settings
  return new TransactionalWriter({
    transactionalId,
    coordinator: new TransactionCoordinator(cluster, {
      transactionalId,
      transactionTimeoutMs,
      patienceMs: limits.patienceMs,
    }),
    identity,
    producer: new Producer({ ...parts, identities: identity }),
    members,
  })
}

function limitsOf(
  settings: ProducerSettings,
  { cluster }: KafkaClient,
  codec: 'own' | 'stock',
): ProducerLimits {
  const { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = cluster.settings
  return {
    acks: settings.acks,
    codec: settings.compression,
    batchBytes: settings.maxRequestBytes,
    // kafkajs writes one producer's number into a whole request.
    requestBytes: codec === 'stock' ? 0 : settings.maxRequestBytes,
    requests: settings.maxInFlight,
    bufferBytes: settings.bufferBytes,
    requestTimeoutMs,
    patienceMs: Math.min(settings.deliveryTimeoutMs, PATIENCE_MS),
    backoffMs: retryBackoffMs,
    backoffMaxMs: retryBackoffMaxMs,
  }
}
