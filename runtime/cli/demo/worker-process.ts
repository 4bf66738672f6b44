import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConnectClient } from '../connect-client.ts'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

export interface WorkerProcessOptions {
  readonly folder: string
  readonly port: number
}

/** A worker of its own process, as a user would start it; it ends with the demo, whatever ends the demo. */
export class WorkerProcess {
  readonly client: ConnectClient
  readonly url: string
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  readonly #logFile: string

  private constructor(child: ChildProcess, url: string, logFile: string) {
    this.#child = child
    this.url = url
    this.client = new ConnectClient(url)
    this.exited = once(child, 'exit').then(() => {})
    this.#logFile = logFile
  }

  static async start({ folder, port }: WorkerProcessOptions): Promise<WorkerProcess> {
    await mkdir(folder, { recursive: true })
    const logFile = join(folder, 'worker.log')
    const output = openSync(logFile, 'w')
    const child = spawn(
      process.execPath,
      // As the launcher started us.
      [
        ...process.execArgv,
        main,
        'worker',
        '--port',
        String(port),
        '--data-dir',
        join(folder, 'log'),
      ],
      // The channel is its tie to the demo: when it closes, the worker stops by itself. Ctrl-C does not reach its process group.
      { cwd: projectRoot, detached: true, stdio: ['ignore', output, output, 'ipc'] },
    )
    closeSync(output)
    const worker = new WorkerProcess(child, `http://127.0.0.1:${port}`, logFile)
    await worker.#ready()
    return worker
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.exited
  }

  /** The last words of its log, for a message. */
  lastWords(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trim().split('\n').slice(-3)
    return lines.map(readable).join('\n')
  }

  async #ready(): Promise<void> {
    let ended = false
    void this.exited.then(() => {
      ended = true
    })
    for (let i = 0; i < 400 && !ended; i++) {
      const isHealthy = await this.client.get('/health').then(
        () => true,
        () => false,
      )
      if (isHealthy && !ended) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    if (!ended) await this.stop()
    throw new Error(`The worker did not start. It said:\n${this.lastWords()}`)
  }
}

function readable(line: string): string {
  try {
    const { msg, err, hint } = JSON.parse(line) as {
      msg?: string
      err?: { message?: string; hint?: string }
      hint?: string
    }
    return [msg, err?.message, err?.hint ?? hint].filter(Boolean).join(': ')
  } catch {
    return line
  }
}
