import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { RestWorker } from './rest-worker.ts'

const launcher = resolve(import.meta.dirname, '../../runtime/cli/launch.mjs')
const startLimitMs = 30_000

export interface WorkerOptions {
  readonly dataDir: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Modules that every thread of the worker loads first. */
  readonly preload?: readonly string[]
}

/** A worker in a process of its own, as a user starts it: `tapline worker` on a free port. */
export class RunningWorker extends RestWorker {
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** The last lines it wrote, for a message when a test fails. */
  readonly lines: string[] = []
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    super('', child.pid ?? 0)
    this.#child = child
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  }

  static async start({
    dataDir,
    args = [],
    env = {},
    preload = [],
  }: WorkerOptions): Promise<RunningWorker> {
    const imports = preload.map((file) => `--import=${file}`).join(' ')
    // `env` takes away what the test runner gives to every child, the launcher becomes the worker: one process, one pid, as a user's.
    const child = spawn(
      'env',
      [
        `NODE_OPTIONS=${imports}`,
        process.execPath,
        launcher,
        ...['worker', '--port', '0', '--data-dir', dataDir, ...args],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    )
    const worker = new RunningWorker(child)
    await worker.#ready()
    return worker
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGTERM, and its exit code. */
  async stop(): Promise<number | null> {
    this.kill('SIGTERM')
    return (await this.exited).code
  }

  async #ready(): Promise<void> {
    let ended = false
    void this.exited.then(() => {
      ended = true
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line)
        if (this.lines.length > 200) this.lines.shift()
        this.url ||= /"url":"([^"]+)"/.exec(line)?.[1] ?? ''
      })
    }
    const deadline = Date.now() + startLimitMs
    while (!this.url && !ended && Date.now() < deadline) await sleep(5)
    if (!this.url) {
      this.kill('SIGKILL')
      const how = JSON.stringify(await this.exited)
      throw new Error(`The worker did not start (${how}):\n${this.lines.join('\n')}`)
    }
  }
}

/** Asks until the answer is as wanted; throws with the last answer when it takes too long. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (Date.now() > deadline)
      throw new Error(`Waited ${limitMs} ms in vain for ${what}; last: ${JSON.stringify(answer)}`)
    await sleep(50)
  }
}
