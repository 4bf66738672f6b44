import type { ConfigDef } from '../api/index.ts'
import { adminSettings } from './kafka/settings/admin-settings.ts'
import { connectionKeys } from './kafka/settings/connection-keys.ts'
import { connectionSettings } from './kafka/settings/connection-settings.ts'
import { consumerKeys } from './kafka/settings/consumer-keys.ts'
import { consumerSettings } from './kafka/settings/consumer-settings.ts'
import type { Remark } from './kafka/settings/parsed-settings.ts'
import { producerKeys } from './kafka/settings/producer-keys.ts'
import { producerSettings } from './kafka/settings/producer-settings.ts'
import { securityKeys } from './kafka/settings/security-keys.ts'
import type { ClientSettings } from './log.ts'

/** What can be said of a Kafka client's settings without any client: no library is loaded for it. */

export type ClientKind = 'producer' | 'consumer' | 'admin'

export interface ClientRemarks {
  /** What is wrong with which key. */
  readonly problems: readonly Remark[]
  /** Keys without a meaning here, each once. */
  readonly warnings: readonly Remark[]
}

const every = { ...connectionKeys, ...securityKeys }

/** The keys that mean something to such a client. */
export const clientKeys: Readonly<Record<ClientKind, ConfigDef>> = {
  producer: { ...every, ...producerKeys },
  consumer: { ...every, ...consumerKeys },
  admin: every,
}

const parsers = { producer: producerSettings, consumer: consumerSettings, admin: adminSettings }

/** Of all the settings of one client together, `bootstrap.servers` among them. */
export function checkClientSettings(kind: ClientKind, settings: ClientSettings): ClientRemarks {
  const found = [connectionSettings(settings), parsers[kind](settings)]
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  }
}
