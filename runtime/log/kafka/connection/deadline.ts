const MAX_TIMER_MS = 0x7fff_ffff

/** What `work` gives, unless `ms` are over (`onTimeout` says with which error) or the signal aborts first (with its reason). */
export function within<T>(
  work: Promise<T>,
  {
    ms,
    signal,
    onTimeout,
  }: {
    readonly ms: number
    readonly signal?: AbortSignal | undefined
    readonly onTimeout: () => Error
  },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(() => reject(onTimeout())),
      Math.min(Math.max(1, ms), MAX_TIMER_MS),
    )
    const onAbort = () => settle(() => reject(signal?.reason))
    const settle = (act: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      act()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
    if (signal?.aborted) onAbort()
  })
}
