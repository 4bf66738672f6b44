import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions, Service } from './server.ts'
import { serverKind } from './servers/index.ts'

interface Own {
  readonly server: RunningServer
  readonly client: ProcessIdentity
}

interface Shared {
  readonly server: RunningServer
  readonly started: Promise<Service>
  /** Once it is ready. */
  service?: Service
}

export interface Status {
  readonly name: string
  readonly pid?: number
  readonly service?: Service
}

/** The servers of a run: one of each kind that all share, and those that one test has for itself. */
export class Fleet {
  readonly #folder: string
  readonly #shared = new Map<string, Shared>()
  readonly #own = new Map<string, Own>()
  #last = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  get isEmpty(): boolean {
    return this.#shared.size + this.#own.size === 0
  }

  /** Started at the first call; a failure is not tried again in this run, so that everybody learns of it at once. */
  service(name: string, options?: ServerOptions): Promise<Service> {
    const known = this.#shared.get(name)
    if (known) return known.started
    const server = this.#server(name, options)
    const shared: Shared = { server, started: server.start() }
    this.#shared.set(name, shared)
    shared.started.then(
      (service) => {
        shared.service = service
      },
      () => undefined, // told to whoever asks
    )
    return shared.started
  }

  /** False when there is none. */
  async stop(name: string): Promise<boolean> {
    const known = this.#shared.get(name)
    if (!known) return false
    this.#shared.delete(name)
    await known.started.catch(() => undefined)
    await known.server.stop()
    await known.server.remove()
    return true
  }

  status(): readonly Status[] {
    return Array.from(this.#shared, ([name, { server, service }]) => ({
      name,
      ...(server.pid && { pid: server.pid }),
      ...(service && { service }),
    }))
  }

  /** A server for one test alone, which ends with `client` at the latest. */
  async own(
    name: string,
    client: ProcessIdentity,
    options: ServerOptions,
  ): Promise<{ id: string; service: Service }> {
    const server = this.#server(name, options)
    const id = String(this.#last)
    this.#own.set(id, { server, client })
    try {
      return { id, service: await server.start() }
    } catch (error) {
      this.#own.delete(id)
      await server.remove()
      throw error
    }
  }

  ownServer(id: string): RunningServer {
    const found = this.#own.get(id)
    if (!found) throw new Error(`No server ${id}: it was removed`)
    return found.server
  }

  async removeOwn(id: string): Promise<void> {
    const found = this.#own.get(id)
    this.#own.delete(id)
    await found?.server.remove()
  }

  async dropOrphans(): Promise<void> {
    const orphans = [...this.#own].filter(([, { client }]) => !isAlive(client))
    await Promise.all(orphans.map(([id]) => this.removeOwn(id)))
  }

  /** Kills all: nobody is left to miss the data. */
  async close(): Promise<void> {
    const servers = [...this.#shared.values(), ...this.#own.values()].map(({ server }) => server)
    await Promise.all(servers.map((server) => server.remove()))
  }

  #server(name: string, options?: ServerOptions): RunningServer {
    this.#last += 1
    return new RunningServer(serverKind(name), {
      folder: join(this.#folder, `${name}-${this.#last}`),
      need: (other) => this.service(other),
      ...(options && { options }),
    })
  }
}
