import { ConnectException } from '../../api/errors.ts'
import { JavaRegex } from '../../api/java-regex.ts'
import type { ConfigProvider, ProviderSettings } from './provider.ts'

/** `${env:NAME}` */
export function environmentProvider({ parameters, env }: ProviderSettings): ConfigProvider {
  const pattern = parameters['allowlist.pattern']
  const allowed = pattern === undefined ? null : new JavaRegex(pattern)
  return {
    get(path, keys) {
      if (path !== '') {
        throw new ConnectException(
          `Path is not supported for EnvVarConfigProvider, invalid value '${path}'`,
        )
      }
      const found = keys.filter((key) => env[key] !== undefined && allowed?.matches(key) !== false)
      return Object.fromEntries(found.map((key) => [key, env[key] as string]))
    },
  }
}
