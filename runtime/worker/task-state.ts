/** A task by its connector and number, as Connect names it. */
export interface ConnectorTaskId {
  readonly connector: string
  readonly task: number
}

/** Raw configuration as it is stored. */
export type ConfigMap = Readonly<Record<string, string>>

export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'

/** The states that a worker sees by itself; RESTARTING and DESTROYED are the herder's. */
export type ReportedState = 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'UNASSIGNED'

/** What became of a connector or a task. A task's UNASSIGNED means that it ended because it was told to. */
export interface StatusUpdate {
  readonly connector: string
  /** Null: the connector itself. */
  readonly task: number | null
  readonly state: ReportedState
  /** With FAILED: the printed error and its causes. */
  readonly trace?: string
  readonly version?: string
}

/** Why a running task does not get on: it tries again by itself. */
export interface Trouble {
  readonly attempt: number
  readonly nextTryMs: number
  readonly message: string
}

export function nameOf({ connector, task }: ConnectorTaskId): string {
  return `${connector}-${task}`
}
