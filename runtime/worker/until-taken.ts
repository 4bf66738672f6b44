import { isRetriable } from '../api/index.ts'
import { pause } from './backoff.ts'
import { phases } from './phases.ts'
import type { Retries, TaskContext } from './task-context.ts'

/** A full disk or a log out of reach: the same call again, until the log takes it or the task is given up. */
export async function untilTaken<T>(
  { control, meter }: TaskContext,
  retries: Retries,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      const taken = await phases.append.tracePromise(call)
      retries.over()
      return taken
    } catch (error) {
      if (!isRetriable(error) || control.cancelled.aborted) throw error
      meter.counts.commitFailures++
      await pause(retries.next(error), control.cancelled)
    }
  }
}
