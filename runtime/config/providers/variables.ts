import { hideSecrets } from '../../api/secrets.ts'
import type { ConfigProvider } from './provider.ts'

/** `${provider:path:key}` or `${provider:key}`, several in a value, as Kafka Connect reads them. */
const reference = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g

/** Puts in place of references what providers have for them. An unknown provider, an unknown key: the reference stays. */
export class Variables {
  readonly #providers: ReadonlyMap<string, ConfigProvider>

  constructor(providers: ReadonlyMap<string, ConfigProvider>) {
    this.#providers = providers
  }

  /** Whether the value is one for us to resolve. */
  isReference(value: string): boolean {
    return [...value.matchAll(reference)].some(([, name = '']) => this.#providers.has(name))
  }

  /** The very object when there is nothing to resolve. Throws what a provider throws. */
  resolve<T extends string | null>(
    config: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>> {
    const meant = Object.entries(config).filter(
      ([, value]) => value !== null && this.isReference(value),
    )
    if (meant.length === 0) return config
    const resolved = meant.map(([key, value]) => [key, this.#resolved(value as string)] as const)
    // What was text stays text.
    return { ...config, ...(Object.fromEntries(resolved) as Record<string, T>) }
  }

  #resolved(value: string): string {
    return value.replace(reference, (whole, name: string, _, path = '', key: string) => {
      const found = this.#providers.get(name)?.get(path, [key])[key]
      // I5: whatever it is, nobody but the connector is told.
      if (found !== undefined) hideSecrets([found])
      return found ?? whole
    })
  }
}
