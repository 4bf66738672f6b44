import { readdirSync, readFileSync } from 'node:fs'

/** A process for good: pids come again, start times do not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startedAt: string
}

export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid)
  // A zombie has ended; its parent only has not asked yet.
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined
  return { pid, startedAt: fields[19]! }
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt
}

/** Whether anybody of a process group still runs. The signal 0 would also reach zombies, which init takes its time to reap. */
export function isGroupAlive(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : undefined
    return fields?.[2] === String(group) && fields[0] !== 'Z'
  })
}

function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before may hold blanks and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
