import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { until } from './running-worker.ts'

const root = resolve(import.meta.dirname, '../..')
const launcher = join(root, 'runtime/cli/launch.mjs')

/** A Node of the machine that is not the pinned one: what a newcomer has. */
function nodeOfTheMachine(): string {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((each) => !each.includes('node_modules'))
  try {
    const env = { PATH: path.join(':') }
    return execFileSync('/bin/sh', ['-c', 'command -v node'], { env, encoding: 'utf8' }).trim()
  } catch {
    return process.execPath
  }
}

/** `npx tapline …` on that Node, with all that it says. */
export class Launched {
  readonly exited: Promise<number | null>
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess

  /** `preload` is loaded by every Node on the way. */
  constructor(
    args: readonly string[],
    preload = '',
    environment: Readonly<Record<string, string>> = {},
  ) {
    // `env` takes away what the test runner gives to every child.
    const options = preload === '' ? '' : `--import=${preload}`
    const child = spawn('env', [`NODE_OPTIONS=${options}`, nodeOfTheMachine(), launcher, ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.#child = child
    this.exited = once(child, 'close').then(([code]) => code as number | null)
  }

  get lines(): readonly string[] {
    return this.stdout.trim().split('\n')
  }

  interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.exited
  }

  /** The nth line of progress, once it is there. */
  async progress(nth: number): Promise<{ readonly packets: number; readonly rows: number }> {
    const pattern = /^ *\d+ packets\/s +(\d+) packets +(\d+) rows {3}lag \d+$/gm
    const found = await until(
      `progress in ${this.stdout}${this.stderr}`,
      async () => [...this.stdout.matchAll(pattern)],
      ({ length }) => length >= nth,
    )
    return { packets: Number(found[nth - 1]?.[1]), rows: Number(found[nth - 1]?.[2]) }
  }
}
