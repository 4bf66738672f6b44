import type { ConnectorTaskId, WorkerStatus } from './herder.ts'

/** A task that runs and does not get on, and why. */
export type TaskTrouble = ConnectorTaskId & { readonly attempt: number; readonly message: string }

const mostShown = 5

/** The worker answers and yet something does not get on: the message says what, so that nobody has to search the log. */
export function withTroubles(
  status: WorkerStatus,
  troubles: readonly TaskTrouble[],
  stores: string | null = null,
): WorkerStatus {
  const log = stores === null ? '' : ` The stores cannot be read: ${stores}`
  if (troubles.length === 0) return { ...status, message: status.message + log }
  const shown = troubles
    .slice(0, mostShown)
    .map(
      ({ connector, task, attempt, message }) =>
        `${connector}-${task} (try ${attempt}): ${message}`,
    )
  const more = troubles.length - shown.length
  const rest = more > 0 ? `; and ${more} more` : ''
  return { ...status, message: `${status.message}${log} Retrying: ${shown.join('; ')}${rest}` }
}
