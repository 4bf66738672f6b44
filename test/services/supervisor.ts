/**
 * Owns the servers of one test run (or those started by hand): node supervisor.ts FOLDER [OWNER-PID OWNER-START]
 * Whoever wants a server asks it over a socket in FOLDER. It ends, and with it every server and all data, when its owner has ended.
 */
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { serve } from './control-server.ts'
import { Fleet } from './fleet.ts'
import { isAlive } from './process-identity.ts'
import { socketOf } from './run.ts'

const [folder = '', pid, startedAt] = process.argv.slice(2)
const owner = pid && startedAt ? { pid: Number(pid), startedAt } : undefined
const watchEveryMs = 200

const servers = join(folder, 'servers')
// Left over from a supervisor of this run that was killed: its servers died with it.
await rm(servers, { recursive: true, force: true })
const fleet = new Fleet(servers)

let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  await fleet.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

/** Folders of runs that were killed together with their supervisor. */
async function sweep(): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const [left, start] = name.split('-')
    const isRun = name !== basename(folder) && /^\d+-\d+$/.test(name)
    if (isRun && !isAlive({ pid: Number(left), startedAt: start! }))
      await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

await serve(socketOf(folder), fleet, () => {
  // Servers by hand have nobody to wait for.
  if (!owner) void end()
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end())
setInterval(() => {
  if (owner && !isAlive(owner)) void end()
  else void fleet.dropOrphans()
}, watchEveryMs)
await sweep()
