import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectException, isRetriable } from '../api/errors.ts'
import type { Logger } from '../api/logger.ts'

const firstMs = 100
const longestMs = 2000

/** Opens a log that may be out of reach for a while. */
export async function untilOpen<L>(
  open: () => Promise<L>,
  { timeoutMs, logger }: { readonly timeoutMs: number; readonly logger: Logger },
): Promise<L> {
  const deadline = performance.now() + timeoutMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await open()
    } catch (error) {
      const waitMs = Math.min(longestMs, firstMs * 2 ** (attempt - 1))
      if (!isRetriable(error) || performance.now() + waitMs > deadline) throw error
      // The 1st, 2nd, 4th, 8th …
      if ((attempt & (attempt - 1)) === 0)
        logger.warn({ attempt, err: error }, 'the log cannot be reached and is tried again')
      await sleep(waitMs)
    }
  }
}

/** What opening a Kafka log failed with, as Kafka Connect says it, with the reason. Mistakes in the settings speak for themselves. */
export function inConnectsWords(error: unknown): unknown {
  const { code, message, hint } = error as { code?: string; message?: string; hint?: string }
  if (code === 'CONNECT_CONFIG') return error
  return new ConnectException(
    "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties.",
    { cause: error, hint: hint === undefined ? message : `${message} ${hint}` },
  )
}
