import type { RawConfig } from '../api/config-def.ts'
import { connectWorkerConfig } from './connect-worker-config.ts'
import {
  type ClientPrefix,
  clientKeys,
  clientPrefixes,
  embeddedKeys,
  idleKeys,
  kafkaKeys,
  passedOn,
} from './known-keys.ts'
import { laterKeys } from './later-keys.ts'
import { nearestName } from './nearest-name.ts'
import { environmentNames, ownKeys } from './own-keys.ts'

/**
 * What becomes of keys that no definition holds: refused, a setting of a store's topic, a setting of a Kafka client, without effect, or
 * unknown. `isOnKafka`: the topics are Kafka's.
 */

/** Keys whose feature is not there yet. */
export function laterProblems(given: RawConfig, isOnKafka: boolean): (readonly [string, string])[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const later = laterOf(key, isOnKafka)
    if (later === undefined || later.off?.includes(value ?? '')) return []
    return [[key, `${key}: ${later.instead}`] as const]
  })
}

/** Whatever else stands below `config.storage.` and its like is a setting of the topic; it is compacted whatever one says. */
export function isTopicSetting(key: string): boolean {
  return (
    /^(config|offset|status)\.storage\.(?!cleanup\.policy$)/.test(key) &&
    !Object.hasOwn(connectWorkerConfig, key) &&
    !idleKeys.test(key)
  )
}

/** The worker's own clients' settings: those of connectors' clients stand behind prefixes. */
export function isClientSetting(key: string): boolean {
  return clientKeys.test(key)
}

/** Which clients of connectors a key is for. (`admin.listeners` is about REST.) */
export function clientPrefixOf(key: string): ClientPrefix | undefined {
  if (/^admin\.listeners(\.|$)/.test(key)) return undefined
  return clientPrefixes.find((prefix) => key.startsWith(prefix) && key !== prefix)
}

export function idleWarnings(given: RawConfig, isOnKafka: boolean): string[] {
  const keys = Object.keys(given).filter((key) => laterOf(key, isOnKafka) === undefined)
  const list = (what: string, isMeant: (key: string) => boolean) => {
    const found = keys.filter(isMeant)
    return found.length === 0 ? [] : [`${what}: ${found.join(', ')}`]
  }
  return [
    ...list('Without effect', (key) => idleKeys.test(key)),
    ...(isOnKafka
      ? list('Without effect on Kafka', (key) => embeddedKeys.test(key))
      : list('Without effect on the embedded log', isForKafka)),
    ...keys
      .filter((key) => /^(config|offset|status)\.storage\.cleanup\.policy$/.test(key))
      .map((key) => `Without effect: ${key}; the topic is always compacted`),
  ]
}

export function unknownWarnings(given: RawConfig, env: NodeJS.ProcessEnv): string[] {
  const known = [...ownKeys, ...Object.keys(connectWorkerConfig)]
  const variables = environmentNames()
  return [
    ...Object.keys(given)
      .filter((key) => !isKnown(key))
      .map((key) => unknown('key', key, known)),
    ...Object.keys(env)
      .filter((name) => name.startsWith('TAPLINE_') && !variables.includes(name))
      .map((name) => unknown('variable', name, variables)),
  ]
}

function isForKafka(key: string): boolean {
  return isClientSetting(key) || clientPrefixOf(key) !== undefined || kafkaKeys.test(key)
}

function isKnown(key: string): boolean {
  return (
    Object.hasOwn(connectWorkerConfig, key) ||
    (ownKeys as readonly string[]).includes(key) ||
    key.startsWith('config.providers.') ||
    passedOn.some((prefix) => key.startsWith(prefix)) ||
    laterOf(key, false) !== undefined ||
    /^(config|offset|status)\.storage\./.test(key) ||
    idleKeys.test(key) ||
    isForKafka(key)
  )
}

function unknown(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  return `Unknown ${what} "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`
}

function laterOf(key: string, isOnKafka: boolean) {
  return laterKeys.find((later) => later.key.test(key) && !(isOnKafka && later.isForEmbedded))
}
