import { type ConfigDef, isSecretName, maskSecrets } from '../api/index.ts'
import type { ConfigMap } from './task-state.ts'

/** Shorter ones cannot be told from ordinary text. */
const shortest = 3

/** Strikes the secrets of a configuration, and what looks like one, out of whatever is said about it (I5). */
export function redactor(config: ConfigMap, def: ConfigDef): (text: string) => string {
  const secrets = Object.entries(config)
    .filter(([name]) => def[name]?.type === 'password' || isSecretName(name))
    .map(([, value]) => value.trim())
    .filter((value) => value.length >= shortest)
    // Longest first: one may hold another.
    .sort((a, b) => b.length - a.length)
  return (text) =>
    maskSecrets(secrets.reduce((clean, secret) => clean.replaceAll(secret, '[hidden]'), text))
}
