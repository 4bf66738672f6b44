import type { RawConfig } from '../api/config-def.ts'
import { clientPrefixOf, isClientSetting } from './foreign-keys.ts'
import type { ClientPrefix } from './known-keys.ts'

/** Settings of a Kafka client under the Java client's names. */
export type ClientConfig = Readonly<Record<string, string>>

/** The Kafka cluster that keeps the topics. */
export interface KafkaConfig {
  readonly groupId: string
  /** What the worker's clients call themselves. */
  readonly clientId: string
  /** How long the cluster may stay out of reach when the worker starts. */
  readonly startTimeoutMs: number
  /** The worker's own clients; who it is and how it connects is what connectors' clients begin with too. */
  readonly common: ClientConfig
  /** What connectors' clients get besides. */
  readonly producer: ClientConfig
  readonly consumer: ClientConfig
  readonly admin: ClientConfig
}

export function kafkaConfig(
  given: RawConfig,
  parsed: { readonly groupId: string; readonly startTimeoutMs: number },
): KafkaConfig {
  const clientId = given['client.id']?.trim()
  return {
    ...parsed,
    clientId: clientId ? `${parsed.groupId}-${clientId}` : parsed.groupId,
    common: textsOf(given, (key) => (isClientSetting(key) ? key : undefined)),
    producer: prefixed(given, 'producer.'),
    consumer: prefixed(given, 'consumer.'),
    admin: prefixed(given, 'admin.'),
  }
}

function prefixed(given: RawConfig, prefix: ClientPrefix): ClientConfig {
  return textsOf(given, (key) =>
    clientPrefixOf(key) === prefix ? key.slice(prefix.length) : undefined,
  )
}

function textsOf(given: RawConfig, nameOf: (key: string) => string | undefined): ClientConfig {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => {
      const name = nameOf(key)
      return name === undefined || value === null ? [] : [[name, value] as const]
    }),
  )
}
