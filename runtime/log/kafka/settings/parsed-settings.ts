import { ConfigException, type Logger } from '../../../api/index.ts'

/** One thing to say of one key. */
export type Remark = readonly [key: string, message: string]

/** What Java's client keys come to here. With `problems`, `settings` must not be used. */
export interface ParsedSettings<T> {
  readonly settings: T
  readonly problems: readonly Remark[]
  /** Keys without a meaning here, each once. */
  readonly warnings: readonly Remark[]
}

/** The settings; a ConfigException when some are wrong. Warnings go to the log. */
export function accept<T>({ settings, problems, warnings }: ParsedSettings<T>, logger: Logger): T {
  if (problems.length > 0) throw new ConfigException(problems)
  for (const [key, message] of warnings) logger.warn({ key }, message)
  return settings
}
