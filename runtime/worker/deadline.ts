import { TimeoutException } from '../api/index.ts'

/** No call of a plugin may take longer, save those that wait by nature (a source's next batch). */
export const pluginDeadlineMs = 5 * 60_000

/** The same promise, or a TimeoutException after `ms`. What was called goes on unseen: the caller must not use it again. */
export async function withDeadline<T>(
  call: T | PromiseLike<T>,
  what: string,
  ms: number = pluginDeadlineMs,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new TimeoutException(`${what} did not answer within ${ms / 1000} s`)),
    ms,
  )
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with the call, or with undefined as soon as the signal aborts. */
export async function unlessAborted<T>(
  call: PromiseLike<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) {
    // Nobody waits for it any more: how it ends must not end the thread.
    call.then(undefined, () => {})
    return undefined
  }
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const wake = () => resolve(undefined)
  signal.addEventListener('abort', wake, { once: true })
  try {
    return await Promise.race([call, aborted])
  } finally {
    signal.removeEventListener('abort', wake)
  }
}
