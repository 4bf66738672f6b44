import t from 'tap'
import { consumersContract } from './log-consumers.ts'
import { groupsContract } from './log-groups.ts'
import { recordsContract } from './log-records.ts'
import type { LogRig } from './log-rig.ts'
import { threadsContract } from './log-threads.ts'

/** What every log keeps, whatever stands behind it. */
export function logContract(name: string, rig: LogRig): void {
  t.test(`${name}: records`, (t) => recordsContract(t, rig))
  t.test(`${name}: consumers`, (t) => consumersContract(t, rig))
  t.test(`${name}: groups`, (t) => groupsContract(t, rig))
  t.test(`${name}: threads`, (t) => threadsContract(t, rig))
}
