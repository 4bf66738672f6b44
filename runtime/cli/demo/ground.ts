import type { Example } from './stage.ts'

/** The log that the demo plays on. */
export interface Ground {
  /** The worker's configuration; none: its defaults, the embedded log. */
  readonly workerFile?: string
  /** Where records of that name lie. */
  topicOf(name: string): string
  /** An example as it runs on this log. */
  adapt(example: Example): Example
  /** Throws, in words, when it ended that should not have. */
  mustLive(): void
  /** Once the worker has stopped. */
  clear(): Promise<void>
}

/** The log of the worker itself: nothing to prepare. */
export const embeddedGround: Ground = {
  topicOf: (name) => name,
  adapt: (example) => example,
  mustLive() {},
  async clear() {},
}
