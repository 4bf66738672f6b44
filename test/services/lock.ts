import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * One process at a time, between all of the machine. `flock` holds it and ends when its standard input does, so that a killed owner
 * lets go too.
 */
export async function lock(file: string): Promise<AsyncDisposable> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  const isLocked = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    ended.then(() => false),
  ])
  if (!isLocked) throw new Error(`Cannot lock ${file}: flock (package util-linux) failed`)
  return {
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end()
      await ended
    },
  }
}
