import type { ClientSettings } from '../../log.ts'
import { connectionKeys } from './connection-keys.ts'
import { consumerKeys } from './consumer-keys.ts'
import type { Remark } from './parsed-settings.ts'
import { producerKeys } from './producer-keys.ts'
import { securityKeys } from './security-keys.ts'

export type Client = 'admin' | 'producer' | 'consumer'

/** Keys of Java's clients that have no meaning here, and why: `KEY has no effect: WHY.` */
type Unused = Readonly<Record<string, string>>

const metrics = 'the metrics of the worker are at /metrics'
const sockets = "sockets keep the system's buffers"
const rebootstrap = 'bootstrap.servers are asked again whenever no known broker answers'
const bytesOnly = 'records pass as bytes; converters make them'
const javaOnly = 'it chooses among classes of Java'
const kerberos = 'Kerberos is not spoken here'
const renewed = 'a token is renewed when 80 % of its life are over'
const brokerChecks = 'tokens are judged by the broker'
const batches = 'the worker makes the batches, of what comes together'
const partitions = "records go where Java's default puts them: by the hash of the key"
const shareGroups = 'share groups are not used'

const ofEveryClient: Unused = {
  'config.providers': 'the worker resolves references before clients see them',
  'enable.metrics.push': metrics,
  'auto.include.jmx.reporter': metrics,
  'metric.reporters': metrics,
  'metrics.num.samples': metrics,
  'metrics.recording.level': metrics,
  'metrics.sample.window.ms': metrics,
  'metadata.recovery.rebootstrap.trigger.ms': rebootstrap,
  'metadata.recovery.strategy': rebootstrap,
  'receive.buffer.bytes': sockets,
  'send.buffer.bytes': sockets,
  'sasl.kerberos.kinit.cmd': kerberos,
  'sasl.kerberos.min.time.before.relogin': kerberos,
  'sasl.kerberos.service.name': kerberos,
  'sasl.kerberos.ticket.renew.jitter': kerberos,
  'sasl.kerberos.ticket.renew.window.factor': kerberos,
  'sasl.login.refresh.buffer.seconds': renewed,
  'sasl.login.refresh.min.period.seconds': renewed,
  'sasl.login.refresh.window.factor': renewed,
  'sasl.login.refresh.window.jitter': renewed,
  'sasl.login.retry.backoff.max.ms': 'a token is asked for again with the next connection',
  'sasl.login.retry.backoff.ms': 'a token is asked for again with the next connection',
  'sasl.oauthbearer.clock.skew.seconds': brokerChecks,
  'sasl.oauthbearer.expected.audience': brokerChecks,
  'sasl.oauthbearer.expected.issuer': brokerChecks,
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': brokerChecks,
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': brokerChecks,
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': brokerChecks,
  'sasl.oauthbearer.jwks.endpoint.url': brokerChecks,
  'sasl.oauthbearer.jwt.validator.class': brokerChecks,
  'sasl.oauthbearer.scope.claim.name': brokerChecks,
  'sasl.oauthbearer.sub.claim.name': brokerChecks,
  'ssl.keymanager.algorithm': javaOnly,
  'ssl.provider': javaOnly,
  'ssl.secure.random.implementation': javaOnly,
  'ssl.trustmanager.algorithm': javaOnly,
}

const ofOne: Readonly<Record<Client, Unused>> = {
  admin: {
    retries: 'an operation is tried again until default.api.timeout.ms are over',
  },
  producer: {
    'batch.size': batches,
    'interceptor.classes': javaOnly,
    'key.serializer': bytesOnly,
    'linger.ms': batches,
    'metadata.max.idle.ms': 'topics that nobody writes to are forgotten by their number',
    'partitioner.adaptive.partitioning.enable': partitions,
    'partitioner.availability.timeout.ms': partitions,
    'partitioner.class': partitions,
    'partitioner.ignore.keys': partitions,
    'value.serializer': bytesOnly,
  },
  consumer: {
    'allow.auto.create.topics': 'reading makes no topics',
    'auto.commit.interval.ms': 'the worker commits, every offset.flush.interval.ms',
    'check.crcs': 'checksums are always compared',
    'exclude.internal.topics': 'a pattern never matches internal topics',
    'group.remote.assignor': 'it belongs to group.protocol=consumer',
    'interceptor.classes': javaOnly,
    'internal.throw.on.fetch.stable.offset.unsupported': 'it is for tests of Kafka itself',
    'key.deserializer': bytesOnly,
    'share.acknowledgement.mode': shareGroups,
    'share.acquire.mode': shareGroups,
    'value.deserializer': bytesOnly,
  },
}

/** Keys that would promise what is not kept: what to use instead. An empty value is as good as none. */
const refused: Readonly<Record<string, string>> = {
  'bootstrap.controllers': 'use bootstrap.servers',
  'sasl.client.callback.handler.class':
    'classes of Java cannot run here; use one of the mechanisms PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
  'sasl.login.class':
    'classes of Java cannot run here; use one of the mechanisms PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
  'security.providers': 'classes of Java cannot run here; leave it out',
  'ssl.engine.factory.class':
    'classes of Java cannot run here; use the keys of ssl.keystore and ssl.truststore',
}
const refusedPrefix = 'sasl.oauthbearer.assertion.'
const refusedPrefixWhy =
  'assertions (JWT bearer) are not made here; use client credentials, or a token file as sasl.oauthbearer.token.endpoint.url=file:…'

const own = { admin: {}, producer: producerKeys, consumer: consumerKeys }

export interface Remarks {
  readonly problems: readonly Remark[]
  readonly warnings: readonly Remark[]
}

/** What is to be said of keys that all clients have in common and that are not honoured. */
export function remarksOnCommonKeys(java: ClientSettings): Remarks {
  const problems: Remark[] = []
  const warnings: Remark[] = []
  for (const [key, value] of Object.entries(java)) {
    const why = refused[key] ?? (key.startsWith(refusedPrefix) ? refusedPrefixWhy : undefined)
    if (why !== undefined && value.trim() !== '') problems.push([key, `${key} is refused: ${why}.`])
    const unused = ofEveryClient[key]
    if (unused !== undefined) warnings.push([key, `${key} has no effect: ${unused}.`])
  }
  return { problems, warnings }
}

/** What is to be said of the rest: keys of this client that are not honoured, and keys that Kafka does not know. */
export function remarksOnOtherKeys(client: Client, java: ClientSettings): Remarks {
  const problems: Remark[] = []
  const warnings: Remark[] = []
  for (const [key, value] of Object.entries(java)) {
    const unused = ofOne[client][key]
    if (unused !== undefined) warnings.push([key, `${key} has no effect: ${unused}.`])
    else if (key === 'transaction.two.phase.commit.enable') {
      if (value.trim().toLowerCase() === 'true')
        problems.push([key, `${key} is refused: transactions are committed in one phase.`])
    } else if (!isKnown(client, key)) warnings.push([key, unknown(client, key)])
  }
  return { problems, warnings }
}

/** Whether the key is one of Kafka's clients at all. */
export function isKnown(client: Client, key: string): boolean {
  return (
    [connectionKeys, securityKeys, own[client], ofEveryClient, ofOne[client], refused].some(
      (table) => Object.hasOwn(table, key),
    ) ||
    key === 'transaction.two.phase.commit.enable' ||
    key.startsWith(refusedPrefix) ||
    key.startsWith('config.providers.')
  )
}

function unknown(client: Client, key: string): string {
  return `${key} has no effect: it is no key of Kafka's ${client}.`
}
