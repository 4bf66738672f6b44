import type { ClientSettings } from '../log/log.ts'
import type { ConfigMap } from './task-state.ts'

export type ClientKind = 'producer' | 'consumer' | 'admin'
export const clientKinds: readonly ClientKind[] = ['producer', 'consumer', 'admin']

/** `producer.override.` and its like: settings of the connector's own clients. */
export function overridePrefix(client: ClientKind): string {
  return `${client}.override.`
}

export function overridesOf(config: ConfigMap, client: ClientKind): ClientSettings {
  const prefix = overridePrefix(client)
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      key.startsWith(prefix) && key !== prefix ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}
