import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** What happens to the bytes of the far end on their way back. */
export type Weather = 'fine' | 'stalled' | 'garbled' | { readonly delayMs: number }

/** A network between a client and a real server, whose faults a test chooses. */
export class FakeNetwork {
  readonly #server: Server
  readonly #to: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  /** Connections that were accepted. */
  accepted = 0
  weather: Weather = 'fine'
  /** False: connections are accepted and closed at once. */
  isUp = true

  static async before(t: Test, to: { readonly host: string; readonly port: number }) {
    const network = new FakeNetwork(to)
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => network.#end())
    return network
  }

  private constructor(to: { readonly host: string; readonly port: number }) {
    this.#to = to
    this.#server = createServer((near) => this.#join(near))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get open(): number {
    return [...this.#sockets].filter((socket) => !socket.destroyed).length / 2
  }

  /** All connections end now, without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#sockets.clear()
  }

  /** As a server does that closes idle connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end()
  }

  #join(near: Socket): void {
    this.accepted++
    if (!this.isUp) {
      near.destroy()
      return
    }
    const far = connect(this.#to)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => this.#bring(bytes as Buffer, near))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }

  #bring(bytes: Buffer, near: Socket): void {
    if (this.weather === 'stalled') return
    if (this.weather === 'fine') near.write(bytes)
    else if (this.weather === 'garbled') near.write(Buffer.alloc(bytes.length, 0xab))
    else setTimeout(() => near.destroyed || near.write(bytes), this.weather.delayMs)
  }

  #end(): void {
    this.cut()
    this.#server.close()
  }
}
