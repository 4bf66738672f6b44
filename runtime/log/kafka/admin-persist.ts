import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff } from './connection/backoff.ts'
import { atSeam, mayPass, type SeamOptions } from './protocol/errors.ts'

export interface Persistence extends SeamOptions {
  /** What is tried, in words that go before a colon. */
  readonly what: string
  readonly forMs: number
  /** Nobody wants the answer any more: the next failure is the last. */
  readonly signal?: AbortSignal
  /** Forgets what was known of who must be asked. */
  readonly forget?: () => void
}

/** Makes the call again while its error may pass by itself, until the time is over; what is thrown then is an error of the seam. */
export async function persist<T>(call: () => Promise<T>, options: Persistence): Promise<T> {
  const { what, forMs, forget } = options
  const end = performance.now() + forMs
  const backoff = new Backoff(50, 1000)
  for (;;) {
    try {
      return await call()
    } catch (error) {
      backoff.failed()
      const isOver = options.signal?.aborted || performance.now() + backoff.ms > end
      if (!mayPass(error) || isOver) throw atSeam(error, what, options)
      forget?.()
      await sleep(backoff.ms)
    }
  }
}
