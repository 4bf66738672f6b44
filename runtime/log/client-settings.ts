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

/** Of a worker's configuration: its own clients' settings, and those that it gives to connectors' clients. */
export interface WorkerClients extends Readonly<Record<ClientKind, ClientSettings>> {
  readonly common: ClientSettings
}

/** Under the keys of the worker's file, each thing once. */
export function checkWorkerClients(clients: WorkerClients): ClientRemarks {
  const { common } = clients
  const own = connectionSettings(common)
  const others = [producerSettings(common), consumerSettings(common)]
  const problems = [...own.problems, ...others.flatMap((each) => each.problems)]
  const warnings = [...own.warnings]
  for (const kind of Object.keys(parsers) as ClientKind[]) {
    const given = clients[kind]
    const isGiven = ([key]: Remark) => Object.hasOwn(given, key)
    const named = ([key, message]: Remark): Remark => [`${kind}.${key}`, `${kind}.${message}`]
    const found = checkClientSettings(kind, { ...common, ...given })
    problems.push(...found.problems.filter(isGiven).map(named))
    warnings.push(...found.warnings.filter(isGiven).map(named))
  }
  return { problems: distinct(problems), warnings: distinct(warnings) }
}

function distinct(remarks: readonly Remark[]): Remark[] {
  return [...new Map(remarks.map((remark) => [remark.join('\n'), remark])).values()]
}
