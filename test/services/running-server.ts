import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { asNobody, giveToNobody } from './nobody.ts'
import { isGroupAlive } from './process-identity.ts'
import type { Launch, Place, ServerKind, ServerOptions, Service } from './server.ts'

const startDeadlineMs = 180_000
const stopDeadlineMs = 30_000

export interface Surroundings {
  readonly folder: string
  readonly options?: ServerOptions
  readonly need: Place['need']
}

/** A server process and its folder; it may be stopped, killed and started again on the same data and ports. */
export class RunningServer {
  readonly kind: ServerKind
  readonly #place: Place
  readonly #ports = new Map<string, Promise<number>>()
  #process: ChildProcess | undefined
  #launch: Launch | undefined

  constructor(kind: ServerKind, { folder, options = {}, need }: Surroundings) {
    this.kind = kind
    const port = (name: string): Promise<number> => {
      const fixed = options.ports?.[name]
      const known = this.#ports.get(name) ?? (fixed ? Promise.resolve(fixed) : freePort())
      this.#ports.set(name, known)
      return known
    }
    this.#place = { folder, options, need, port }
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<Service> {
    const { kind } = this
    await kind.install()
    if (!kind.launch) return kind.tool!()
    const { folder } = this.#place
    await mkdir(folder, { recursive: true, mode: 0o755 })
    const launch = await kind.launch(this.#place)
    this.#launch = launch
    this.#process = this.#spawn(launch)
    await this.#ready(launch)
    await launch.afterStart?.()
    return { ...launch.service, info: { ...launch.service.info, pid: String(this.pid), folder } }
  }

  /** Asks it to end. */
  async stop(): Promise<void> {
    await this.#end(this.#launch?.stopSignal ?? 'SIGTERM')
  }

  /** As a crash. */
  async kill(): Promise<void> {
    await this.#end(this.#launch?.killSignal ?? 'SIGKILL')
  }

  /** Kills it and removes its data. */
  async remove(): Promise<void> {
    await this.kill()
    await rm(this.#place.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #spawn(launch: Launch): ChildProcess {
    const { folder } = this.#place
    if (launch.refusesRoot) giveToNobody(folder)
    const identity = launch.refusesRoot ? asNobody() : []
    const log = openSync(this.#log, 'a')
    try {
      // The kernel kills it when this process ends, however that happens; a group of its own takes its children along.
      return spawn(
        'setpriv',
        ['--pdeathsig', 'KILL', ...identity, launch.command, ...launch.arguments],
        {
          cwd: folder,
          env: { ...process.env, ...launch.env },
          detached: true,
          stdio: ['ignore', log, log],
        },
      )
    } finally {
      closeSync(log)
    }
  }

  async #ready(launch: Launch): Promise<void> {
    const child = this.#process!
    let failure: Error | undefined
    child.once('error', (error) => {
      failure = error
    })
    const deadline = Date.now() + startDeadlineMs
    while (Date.now() < deadline && !failure && hasNotEnded(child)) {
      if (await launch.isReady().catch(() => false)) return
      await sleep(50)
    }
    const why = failure?.message ?? (hasNotEnded(child) ? 'it does not answer' : 'it ended')
    const said = (await readFile(this.#log, 'utf8').catch(() => '')).trim().slice(-2000)
    await this.kill()
    throw new Error(`${this.kind.name} did not start: ${why}. It said: ${said || 'nothing'}`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (!child?.pid) return
    if (hasNotEnded(child)) {
      const exited = once(child, 'exit')
      if (signal === 'SIGKILL') killGroup(child.pid)
      else child.kill(signal)
      const abort = new AbortController()
      const late = sleep(stopDeadlineMs, 'late', { signal: abort.signal }).catch(() => '')
      if ((await Promise.race([exited, late])) === 'late') killGroup(child.pid)
      abort.abort()
      await exited
    }
    // What it started itself goes with it, before a next start finds its locks.
    killGroup(child.pid)
    while (isGroupAlive(child.pid)) await sleep(20)
    this.#process = undefined
  }

  get #log(): string {
    return join(this.#place.folder, 'out.log')
  }
}

function hasNotEnded(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}
