import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ConnectClient } from '../connect-client.ts'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

const readyLimitMs = 60_000
const pollMs = 25
const readyUrl = /"url":"([^"]+)".*"msg":"the worker is ready"/

export interface WorkerProcessOptions {
  readonly folder: string
  /** 0 takes a free one. */
  readonly port: number
  /** Its configuration; without one it has its defaults. */
  readonly file?: string | undefined
}

/** A worker of its own process, as a user would start it; it ends with the demo, whatever ends the demo. */
export class WorkerProcess {
  readonly exited: Promise<void>
  readonly logFile: string
  readonly #child: ChildProcess
  #url = ''

  private constructor(child: ChildProcess, logFile: string) {
    this.#child = child
    this.exited = once(child, 'exit').then(() => {})
    this.logFile = logFile
  }

  static async start({ folder, port, file }: WorkerProcessOptions): Promise<WorkerProcess> {
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
        ...(file === undefined ? [] : [file]),
        ...['--port', String(port), '--data-dir', join(folder, 'log')],
      ],
      // The channel is its tie to the demo: when it closes, the worker stops by itself. Ctrl-C does not reach its process group.
      { cwd: projectRoot, detached: true, stdio: ['ignore', output, output, 'ipc'] },
    )
    closeSync(output)
    const worker = new WorkerProcess(child, logFile)
    await worker.#ready()
    return worker
  }

  get url(): string {
    return this.#url
  }

  get client(): ConnectClient {
    return new ConnectClient(this.#url)
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.exited
  }

  /** The last words of its log, for a message. */
  lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-3)
    return lines.map(readable).join('\n')
  }

  /** Its own log says where it is: whoever answers on the port that was asked for may be another worker. */
  async #ready(): Promise<void> {
    for (let waitedMs = 0; waitedMs < readyLimitMs && !this.hasExited; waitedMs += pollMs) {
      this.#url = readyUrl.exec(readFileSync(this.logFile, 'utf8'))?.[1] ?? ''
      if (this.#url !== '') return
      await sleep(pollMs)
    }
    if (!this.hasExited) await this.stop()
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
