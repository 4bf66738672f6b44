import { existsSync } from 'node:fs'
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, isRoot } from './folders.ts'
import { lock } from './lock.ts'
import { findCommand, runCommand } from './run-command.ts'

/** Installs what is missing of `packages` so that `command` is found; its path. */
export async function debianCommand(command: string, packages: readonly string[]): Promise<string> {
  const found = findCommand(command)
  if (found) return found
  await installDebian(packages)
  const installed = findCommand(command)
  if (!installed) throw new Error(`${packages.join(', ')} came without the command ${command}`)
  return installed
}

export async function installDebian(packages: readonly string[]): Promise<void> {
  const names = packages.join(' ')
  const advice = `as root: apt-get update && apt-get install --no-install-recommends ${names}`
  if (!existsSync('/usr/bin/apt-get') && !findCommand('apt-get'))
    throw new Error(`Cannot install ${names}: no apt-get here. Install it by other means`)
  if (!isRoot()) throw new Error(`Cannot install ${names}: not root. Run ${advice}`)
  const folder = cacheFolder()
  await mkdir(folder, { recursive: true, mode: 0o755 })
  // dpkg lets one in at a time; whoever waits for it here waits without failing.
  await using _ = await lock(join(folder, 'apt.lock'))
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const patience = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3']
  try {
    const updated = join(folder, 'apt.updated')
    if (!(await isSinceBoot(updated))) {
      await runCommand('apt-get', [...patience, 'update'], { env })
      await writeFile(updated, '')
      await utimes(updated, new Date(), new Date())
    }
    await runCommand(
      'apt-get',
      [...patience, 'install', '-y', '--no-install-recommends', ...packages],
      { env },
    )
  } catch (cause) {
    const { message } = cause as Error
    throw new Error(`Cannot install ${names}: ${message}. Try ${advice}`, { cause })
  }
}

async function isSinceBoot(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found !== undefined && found.mtimeMs > Date.now() - uptime() * 1000
}
