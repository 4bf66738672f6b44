import type { Logger } from '../../api/logger.ts'
import type { ClientSettings, LogScope } from '../log.ts'
import { connectionKeys } from './settings/connection-keys.ts'
import { securityKeys } from './settings/security-keys.ts'

export interface KafkaLogOptions {
  /** The worker's own client keys: `bootstrap.servers`, security, time-outs. */
  readonly common: ClientSettings
  /** What the worker gives the clients of connectors (`producer.…`), without the prefix. */
  readonly producer?: ClientSettings
  readonly consumer?: ClientSettings
  readonly admin?: ClientSettings
  /** Names the log's own connections. Default: `client.id` of `common`, else `tapline`. */
  readonly clientId?: string
  /** `stock`: requests and records are written and read by kafkajs itself. Slower; for comparison. */
  readonly codec?: 'own' | 'stock'
  readonly logger?: Logger
}

/** The keys of each client that a log has. */
export interface ClientKeys {
  readonly producer: ClientSettings
  readonly consumer: ClientSettings
  readonly admin: ClientSettings
}

const names = { producer: 'producer', consumer: 'consumer', admin: 'adminclient' } as const
/** What a task's clients have from the worker, unless they are told otherwise. */
const inherited = ['bootstrap.servers', 'client.dns.lookup', ...Object.keys(securityKeys)]

/** The worker's own: stores and REST. */
export function ownKeys({ common }: KafkaLogOptions): ClientKeys {
  return { producer: common, consumer: common, admin: common }
}

/**
 * Those of a task, as Connect lays them: the worker's brokers, what the worker says for connectors, what the connector says. Who says nothing of
 * security there means the worker's own (Connect would connect without).
 */
export function taskKeys(options: KafkaLogOptions, scope: LogScope): ClientKeys {
  const keysOf = (client: keyof ClientKeys): ClientSettings => {
    const own = { ...options[client], ...scope[client] }
    const isSecured = Object.keys(own).some((key) => key in securityKeys)
    const common = Object.entries(options.common).filter(
      ([key]) => inherited.includes(key) && !(isSecured && key in securityKeys),
    )
    const clientId = `connector-${names[client]}-${scope.task}`
    return { 'client.id': clientId, ...Object.fromEntries(common), ...own }
  }
  return { producer: keysOf('producer'), consumer: keysOf('consumer'), admin: keysOf('admin') }
}

/** Whether a client under these keys connects as the worker itself does: it then needs not look for the brokers again. */
export function connectsAlike({ common }: KafkaLogOptions, keys: ClientSettings): boolean {
  return [...Object.keys(connectionKeys), ...Object.keys(securityKeys)].every(
    (key) => key === 'client.id' || common[key] === keys[key],
  )
}
