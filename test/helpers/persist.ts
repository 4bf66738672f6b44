import { setTimeout as sleep } from 'node:timers/promises'
import type { SinkRecord, SinkTask } from '../../runtime/api/index.ts'

interface Failure extends Error {
  readonly code: string
  readonly counted: boolean
  readonly afterMs?: number
}

/** Puts as the host does: again after each RetriableException, which are returned. Anything else is thrown. */
export async function persist(
  task: SinkTask,
  records: readonly SinkRecord[],
  most = 100,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (;;) {
    try {
      await task.put(records)
      return failures
    } catch (error) {
      if ((error as Failure).code !== 'CONNECT_RETRIABLE' || failures.length >= most) throw error
      failures.push(error as Failure)
      await sleep((error as Failure).afterMs ?? 10)
    }
  }
}
