import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Outside of the work tree, shared by all checkouts: what was installed, a folder a version. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { TAPLINE_SERVICES_CACHE: own, XDG_CACHE_HOME: xdg } = env
  if (own) return resolve(own)
  if (xdg && (!isRoot() || isOpen(xdg))) return join(xdg, 'tapline/services')
  // Elasticsearch refuses root and runs as nobody, who cannot enter /root.
  return isRoot() ? '/var/cache/tapline/services' : join(homedir(), '.cache/tapline/services')
}

/** Data, logs and sockets of running servers: one folder a run. */
export function runsFolder(): string {
  const parent = !isRoot() || isOpen(tmpdir()) ? tmpdir() : '/var/tmp'
  const folder = join(parent, `tapline-services-${process.getuid?.() ?? 0}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw new Error(`${folder} belongs to somebody else: set TMPDIR to a folder of your own`)
  return folder
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whether every user may go through it; folders that are not there yet are made open. */
export function isOpen(path: string): boolean {
  const full = resolve(path)
  const found = statSync(full, { throwIfNoEntry: false })
  if (found && (found.mode & 0o001) === 0) return false
  return full === dirname(full) || isOpen(dirname(full))
}
