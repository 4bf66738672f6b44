import { setTimeout } from 'node:timers/promises'

const firstMs = 300
const longestMs = 30_000

/** Doubles from 0.3 s to 30 s; the upper half is chance, so that tasks that failed together do not come back together. */
export function backoffMs(attempt: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** (attempt - 1))
  return Math.round(whole / 2 + (Math.random() * whole) / 2)
}

/** Resolves at the end of the time or at the signal, and never throws for it. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  try {
    await setTimeout(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
