import type { ConnectionOptions } from 'node:tls'
import type { ClientSettings } from '../../log.ts'
import type { Address } from '../connection/address.ts'
import { bootstrapAddresses } from './bootstrap.ts'
import { connectionKeys } from './connection-keys.ts'
import type { ParsedSettings } from './parsed-settings.ts'
import { read } from './read.ts'
import { remarksOnCommonKeys } from './unused-keys.ts'

export interface ConnectionSettings {
  readonly bootstrap: readonly Address[]
  /** `client.id`; empty when none was given. */
  readonly clientId: string
  readonly rack: string
  readonly ssl: ConnectionOptions | null
  /** As kafkajs's authenticators take it. */
  readonly sasl: object | null
  readonly requestTimeoutMs: number
  readonly apiTimeoutMs: number
  readonly setupTimeoutMs: number
  readonly setupTimeoutMaxMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly maxIdleMs: number
  readonly metadataMaxAgeMs: number
}

/** Java's client keys → what a connection needs. Keys that belong to other parts of a client are left alone. */
export function connectionSettings(java: ClientSettings): ParsedSettings<ConnectionSettings> {
  const { values, problems } = read(connectionKeys, java)
  const common = remarksOnCommonKeys(java)
  const bootstrap = bootstrapAddresses(values['bootstrap.servers'] ?? [])
  return {
    settings: {
      bootstrap: typeof bootstrap === 'string' ? [] : bootstrap,
      clientId: values['client.id'],
      rack: values['client.rack'],
      ssl: null,
      sasl: null,
      requestTimeoutMs: values['request.timeout.ms'],
      apiTimeoutMs: values['default.api.timeout.ms'],
      setupTimeoutMs: values['socket.connection.setup.timeout.ms'],
      setupTimeoutMaxMs: values['socket.connection.setup.timeout.max.ms'],
      retryBackoffMs: values['retry.backoff.ms'],
      retryBackoffMaxMs: values['retry.backoff.max.ms'],
      reconnectBackoffMs: values['reconnect.backoff.ms'],
      reconnectBackoffMaxMs: values['reconnect.backoff.max.ms'],
      maxIdleMs: values['connections.max.idle.ms'],
      metadataMaxAgeMs: values['metadata.max.age.ms'],
    },
    problems: [...problems, ...common.problems],
    warnings: common.warnings,
  }
}
