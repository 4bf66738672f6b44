/** Looks values up. What is not there is not in the answer; only what is broken throws. */
export interface ConfigProvider {
  get(path: string, keys: readonly string[]): Readonly<Record<string, string>>
}

export interface ProviderSettings {
  /** `config.providers.NAME.param.KEY`, by KEY. */
  readonly parameters: Readonly<Record<string, string>>
  readonly env: NodeJS.ProcessEnv
  warn(message: string): void
}
