import { join } from 'node:path'
import { runsFolder } from './folders.ts'
import { identify, type ProcessIdentity } from './process-identity.ts'

/** Whose servers: a folder, and the process they end with. */
export interface Run {
  readonly folder: string
  /** None: started by hand, until somebody stops them. */
  readonly owner?: ProcessIdentity
}

/** All test files of one `tap` are its children, so the servers belong to it; a test file run alone owns its own. */
export function currentRun(): Run {
  if (process.env['TAPLINE_SERVICES'] === 'running') return runByHand()
  const isTapChild = process.env['TAP'] === '1' && process.env['TAP_CHILD_ID'] !== undefined
  return runOf(isTapChild ? process.ppid : process.pid)
}

export function runOf(pid: number): Run {
  const owner = identify(pid)
  if (!owner) throw new Error(`Process ${pid} has ended`)
  return { folder: join(runsFolder(), `${pid}-${owner.startedAt}`), owner }
}

export function runByHand(): Run {
  return { folder: join(runsFolder(), 'by-hand') }
}

/** Short: a socket's path has 107 characters at most. */
export function socketOf(folder: string): string {
  return join(folder, 'sock')
}
