import { currentRun } from './run.ts'
import type { ServerOptions, Service } from './server.ts'
import { SupervisorClient } from './supervisor-client.ts'

/** A server that nobody shares; it ends with this process at the latest. */
export class OwnServer {
  readonly service: Service
  readonly #id: string
  readonly #supervisor: SupervisorClient

  private constructor(id: string, service: Service, supervisor: SupervisorClient) {
    this.#id = id
    this.service = service
    this.#supervisor = supervisor
  }

  static async start(name: string, options: ServerOptions = {}): Promise<OwnServer> {
    const supervisor = new SupervisorClient(currentRun())
    const { id, service } = await supervisor.own(name, options)
    return new OwnServer(id, service, supervisor)
  }

  /** Asks it to end; its data and ports stay its own. */
  stop(): Promise<void> {
    return this.#supervisor.command(this.#id, 'stop')
  }

  /** As a crash. */
  kill(): Promise<void> {
    return this.#supervisor.command(this.#id, 'kill')
  }

  /** Again, on the same data and ports, until it answers. */
  start(): Promise<void> {
    return this.#supervisor.command(this.#id, 'start')
  }

  /** Kills it, with its data. */
  remove(): Promise<void> {
    return this.#supervisor.removeOwn(this.#id)
  }
}
