import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `tapline …` from the project's folder, to its end; what still runs after a minute is killed and has no code. */
export function tapline(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      // `env` takes away what the test runner gives to every child.
      'env',
      ['NODE_OPTIONS=', process.execPath, 'runtime/main.ts', ...args],
      { cwd: root, timeout: 60_000, killSignal: 'SIGKILL', maxBuffer: 1 << 30 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({ code, stdout, stderr })
      },
    )
  })
}
