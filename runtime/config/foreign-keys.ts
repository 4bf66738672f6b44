import type { RawConfig } from '../api/config-def.ts'
import { connectWorkerConfig, idleKeys, laterKeys, passedOn } from './connect-worker-config.ts'
import { nearestName } from './nearest-name.ts'
import { environmentNames, ownKeys } from './own-keys.ts'

/** What becomes of keys that no definition holds: refused, a setting of a store's topic, without effect, or unknown. */

/** Keys whose feature is not there yet. */
export function laterProblems(given: RawConfig): (readonly [string, string])[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const later = laterOf(key)
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

export function idleWarning(given: RawConfig): string[] {
  const idle = Object.keys(given).filter((key) => idleKeys.test(key) && !laterOf(key))
  return idle.length === 0 ? [] : [`Without effect on the embedded log: ${idle.join(', ')}`]
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

function isKnown(key: string): boolean {
  return (
    Object.hasOwn(connectWorkerConfig, key) ||
    passedOn.some((prefix) => key.startsWith(prefix)) ||
    laterOf(key) !== undefined ||
    isTopicSetting(key) ||
    idleKeys.test(key)
  )
}

function unknown(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  return `Unknown ${what} "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`
}

function laterOf(key: string) {
  return laterKeys.find((later) => later.key.test(key))
}
