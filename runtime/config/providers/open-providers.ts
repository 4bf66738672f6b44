import { allowedPaths } from './allowed-paths.ts'
import { directoryProvider } from './directory-provider.ts'
import { environmentProvider } from './environment-provider.ts'
import { fileProvider } from './file-provider.ts'
import type { ConfigProvider, ProviderSettings } from './provider.ts'
import { Variables } from './variables.ts'

const kinds = {
  File: fileProvider,
  Directory: directoryProvider,
  EnvVar: environmentProvider,
} as const satisfies Record<string, (settings: ProviderSettings) => ConfigProvider>

const javaPackage = 'org.apache.kafka.common.config.provider.'
const suffix = 'ConfigProvider'
const prefix = 'config.providers'

export interface OpenedProviders {
  readonly variables: Variables
  readonly problems: readonly (readonly [key: string, message: string])[]
}

/** The providers that `config.providers` names, from the worker's own keys. */
export function openProviders(
  given: Readonly<Record<string, string>>,
  { env, warn }: Pick<ProviderSettings, 'env' | 'warn'>,
): OpenedProviders {
  const names = (given[prefix] ?? '').split(',').map((name) => name.trim())
  const problems: (readonly [string, string])[] = []
  const opened = names
    .filter((name) => name !== '')
    .flatMap((name) => {
      const key = `${prefix}.${name}.class`
      const parameters = parametersOf(name, given)
      try {
        const make = kindOf(key, given[key]?.trim())
        allowedPaths(parameters['allowed.paths'])
        return [[name, make({ parameters, env, warn })] as const]
      } catch (error) {
        problems.push([key, `${prefix}.${name}: ${(error as Error).message}`])
        return []
      }
    })
  return { variables: new Variables(new Map(opened)), problems }
}

function kindOf(
  key: string,
  className: string | undefined,
): (settings: ProviderSettings) => ConfigProvider {
  if (!className) {
    throw new Error(`Missing required configuration "${key}" which has no default value.`)
  }
  const simple = className.startsWith(javaPackage) ? className.slice(javaPackage.length) : className
  const found = Object.entries(kinds).find(
    ([name]) => simple === `${name}${suffix}` || className === name,
  )
  if (found !== undefined) return found[1]
  const known = Object.keys(kinds).map((name) => `${name}${suffix}`)
  throw new Error(`Class ${className} could not be found; there are ${known.join(', ')}.`)
}

function parametersOf(
  name: string,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const start = `${prefix}.${name}.param.`
  const own = Object.entries(given).filter(([key]) => key.startsWith(start))
  return Object.fromEntries(own.map(([key, value]) => [key.slice(start.length), value]))
}
