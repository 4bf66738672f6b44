import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Command lines of what still runs in a folder or names it; what has ended and was not collected yet does not run. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const isInside =
          command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).includes(folder)
        return isInside && command !== '' ? [`${pid} ${command}`] : []
      } catch {
        return [] // It has just ended.
      }
    })
}
