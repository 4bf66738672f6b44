import type { ConnectionOptions } from 'node:tls'
import type { ClientSettings } from '../../log.ts'
import type { Address } from '../connection/address.ts'
import type { Sasl } from '../connection/sasl.ts'
import { bootstrapAddresses } from './bootstrap.ts'
import { connectionKeys } from './connection-keys.ts'
import type { ParsedSettings } from './parsed-settings.ts'
import { read } from './read.ts'
import { saslSettings } from './sasl-settings.ts'
import { securityKeys } from './security-keys.ts'
import { tlsSettings } from './tls-settings.ts'
import { remarksOnCommonKeys } from './unused-keys.ts'

export interface ConnectionSettings {
  readonly bootstrap: readonly Address[]
  /** `client.id`; empty when none was given. */
  readonly clientId: string
  readonly rack: string
  /** Whether the names of `bootstrap` stand for several brokers, whose own names are looked up. */
  readonly looksUpNames: boolean
  readonly ssl: ConnectionOptions | null
  readonly sasl: Sasl | null
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
  const security = securitySettings(java)
  const common = remarksOnCommonKeys(java)
  const bootstrap = bootstrapAddresses(values['bootstrap.servers'] ?? [])
  return {
    settings: {
      bootstrap: typeof bootstrap === 'string' ? [] : bootstrap,
      clientId: values['client.id'],
      rack: values['client.rack'],
      looksUpNames: values['client.dns.lookup'] === 'resolve_canonical_bootstrap_servers_only',
      ssl: security.ssl,
      sasl: security.sasl,
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
    problems: [...problems, ...security.problems, ...common.problems],
    warnings: common.warnings,
  }
}

/** A problem of a key alone keeps what is built of all of them from being tried. */
function securitySettings(java: ClientSettings) {
  const { values, problems } = read(securityKeys, java)
  if (problems.length > 0) return { ssl: null, sasl: null, problems }
  const protocol = values['security.protocol'].toUpperCase()
  const tls = protocol.endsWith('SSL') ? tlsSettings(values) : { ssl: null, problems: [] }
  const sasl = protocol.startsWith('SASL') ? saslSettings(values) : { sasl: null, problems: [] }
  return { ssl: tls.ssl, sasl: sasl.sasl, problems: [...tls.problems, ...sasl.problems] }
}
