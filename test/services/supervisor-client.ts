import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from './fleet.ts'
import { identify } from './process-identity.ts'
import { type Run, socketOf } from './run.ts'
import { findCommand } from './run-command.ts'
import type { ServerOptions, Service } from './server.ts'

const program = resolve(import.meta.dirname, 'supervisor.ts')
const startDeadlineMs = 30_000

/** Orders to a run's supervisor, which is started at the first one. */
export class SupervisorClient {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  async service(name: string, options?: ServerOptions): Promise<Service> {
    await this.#ready()
    return (await this.#order('POST', `/services/${name}`, { options })) as Service
  }

  async own(name: string, options: ServerOptions): Promise<{ id: string; service: Service }> {
    await this.#ready()
    const client = identify(process.pid)
    const answer = await this.#order('POST', `/own/${name}`, { client, options })
    return answer as { id: string; service: Service }
  }

  async command(id: string, verb: 'start' | 'stop' | 'kill'): Promise<void> {
    await this.#order('POST', `/own/${id}/${verb}`)
  }

  async removeOwn(id: string): Promise<void> {
    await this.#order('DELETE', `/own/${id}`)
  }

  async status(): Promise<readonly Status[]> {
    if (!(await this.#answers())) return []
    return (await this.#order('GET', '/services')) as readonly Status[]
  }

  async stop(name: string): Promise<boolean> {
    if (!(await this.#answers())) return false
    return (await this.#order('DELETE', `/services/${name}`)) as boolean
  }

  async #ready(): Promise<void> {
    const { folder } = this.#run
    if (await this.#answers()) return
    checkMachine()
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    this.#spawn()
    const deadline = Date.now() + startDeadlineMs
    while (!(await this.#answers())) {
      if (Date.now() > deadline) {
        const said = await readFile(join(folder, 'supervisor.log'), 'utf8').catch(() => '')
        throw new Error(`The supervisor of the test servers did not start: ${said.slice(-1500)}`)
      }
      await sleep(50)
    }
  }

  #spawn(): void {
    const { folder, owner } = this.#run
    const log = openSync(join(folder, 'supervisor.log'), 'a')
    // Whoever comes second finds the lock taken, and the first one answering.
    const lock = ['--nonblock', '--close', join(folder, 'lock')]
    const child = spawn(
      'flock',
      [
        ...lock,
        process.execPath,
        program,
        folder,
        ...(owner ? [String(owner.pid), owner.startedAt] : []),
      ],
      {
        detached: true,
        stdio: ['ignore', log, log],
        // tap's loaders are not for it.
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    )
    child.on('error', () => undefined)
    child.unref()
    closeSync(log)
  }

  async #answers(): Promise<boolean> {
    if (!existsSync(socketOf(this.#run.folder))) return false
    return this.#order('GET', '/services').then(
      () => true,
      () => false,
    )
  }

  #order(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const order = request(
        { socketPath: socketOf(this.#run.folder), method, path, agent: false },
        (response) => {
          text(response)
            .then((answer) => {
              const value = JSON.parse(answer) as { message: string }
              if (response.statusCode === 200) resolve(value)
              else reject(new Error(value.message))
            })
            .catch(reject)
        },
      )
      order.on('error', reject)
      order.end(body && JSON.stringify(body))
    })
  }
}

/** Servers end with their run by means of Linux: /proc, and the kernel's signal at a parent's death. */
function checkMachine(): void {
  const missing = ['flock', 'setpriv'].filter((command) => !findCommand(command))
  if (process.platform !== 'linux') throw new Error('The real servers are started on Linux only')
  if (missing.length > 0)
    throw new Error(`No ${missing.join(', ')} here: install the package util-linux`)
}
