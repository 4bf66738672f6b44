import type { RestartRequest } from '../storage/config-records.ts'
import type { States } from './status-reporter.ts'

export interface RestartPlan {
  readonly connector: boolean
  readonly tasks: readonly number[]
}

/** What a restart request means for a connector and tasks in these states. */
export function restartPlan(
  { includeTasks, onlyFailed }: Omit<RestartRequest, 'connector'>,
  { connector, tasks }: States,
): RestartPlan {
  const isMeant = (state: string | undefined) => !onlyFailed || state === 'FAILED'
  return {
    connector: isMeant(connector),
    tasks: includeTasks ? tasks.filter(([, state]) => isMeant(state)).map(([task]) => task) : [],
  }
}

/** Of two requests that wait together, the one that restarts more. */
export function greaterRestart(one: RestartRequest | null, other: RestartRequest): RestartRequest {
  return one !== null && impact(one) > impact(other) ? one : other
}

function impact({ includeTasks, onlyFailed }: RestartRequest): number {
  return (onlyFailed ? 0 : 2) + (includeTasks ? 1 : 0)
}
