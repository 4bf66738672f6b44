/** One thing to say of one key. */
export type Remark = readonly [key: string, message: string]

/** What Java's client keys come to here. With `problems`, `settings` must not be used. */
export interface ParsedSettings<T> {
  readonly settings: T
  readonly problems: readonly Remark[]
  /** Keys without a meaning here, each once. */
  readonly warnings: readonly Remark[]
}
