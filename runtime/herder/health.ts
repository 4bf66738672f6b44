import type { WorkerStatus } from './herder.ts'
import type { WorkQueue } from './work-queue.ts'

/** Whether the herder still gets to its work. */
export async function workerHealth(
  queue: WorkQueue,
  isReady: () => boolean,
  timeoutMs = 10_000,
): Promise<WorkerStatus> {
  if (await queue.isDoneWithin(timeoutMs)) {
    return {
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests.',
    }
  }
  const stage = queue.describe(' ')
  return isReady()
    ? {
        status: 'unhealthy',
        message: `Worker was unable to handle this request and may be unable to handle other requests.${stage}`,
      }
    : { status: 'starting', message: `Worker is still starting up.${stage}` }
}
