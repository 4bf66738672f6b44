import type { ClientKind } from '../log/client-settings.ts'
import type { ClientSettings } from '../log/log.ts'
import type { ConfigMap } from './task-state.ts'
import { usesTopicCreation } from './topic-creation.ts'

const sinkClients = ['producer', 'consumer', 'admin'] as const

export type { ClientKind }

/** `producer.override.` and its like: settings of the connector's own clients. */
export function overridePrefix(client: ClientKind): string {
  return `${client}.override.`
}

/** Without the prefix. */
export function overridesOf(config: ConfigMap, client: ClientKind): ClientSettings {
  const prefix = overridePrefix(client)
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      key.startsWith(prefix) && key !== prefix ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}

/** The clients that a connector has: as in Kafka Connect a source needs an admin client only to make topics, a sink the others for dead letters. */
export function clientsOf(kind: 'source' | 'sink', config: ConfigMap): readonly ClientKind[] {
  if (kind === 'sink') return usesDeadLetters(config) ? sinkClients : ['consumer']
  return usesTopicCreation(config) ? ['producer', 'admin'] : ['producer']
}

function usesDeadLetters(config: ConfigMap): boolean {
  return (config['errors.deadletterqueue.topic.name'] ?? '').trim() !== ''
}
