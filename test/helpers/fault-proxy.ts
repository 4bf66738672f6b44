import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down'

/** What happens to the octets of one direction, on every connection, from the moment it is said. Octets are counted from then on, over all connections. */
export interface Fault {
  /** Every octet arrives so much later; order stays. */
  readonly delayMs?: number
  readonly octetsPerSecond?: number
  /** So many octets still pass, then `cut` happens, once: 0 cuts before the next octet. */
  readonly cutAfter?: number
  /** reset: RST to both ends. end: FIN to both ends. silence: octets vanish from then on, nobody is told. Default reset. */
  readonly cut?: 'reset' | 'end' | 'silence'
  /** This bit is inverted, once: bit 8 is the lowest one of the second octet. */
  readonly flipBit?: number
}

interface Lane {
  fault: Fault
  octets: number
  isSpent: boolean
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** Directions in which octets vanish. */
  readonly silent: Set<Direction>
}

const heldOctets = 1 << 20

/** A TCP proxy in front of a real server that does what networks do. Gone with the test. */
export class FaultProxy {
  readonly port: number
  readonly #target: { readonly host: string; readonly port: number }
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #lanes: Record<Direction, Lane> = { up: idle({}), down: idle({}) }
  #isRefusing = false
  /** Connections taken so far. */
  accepted = 0

  private constructor(server: Server, target: { readonly host: string; readonly port: number }) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as { port: number }).port
    server.on('connection', (client) => this.#accept(client))
  }

  static async open(
    t: Test,
    target: { readonly host: string; readonly port: number },
  ): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new FaultProxy(server, target)
    t.teardown(() => proxy.#close())
    return proxy
  }

  /** Replaces what was said of this direction before. */
  set(direction: Direction, fault: Fault): void {
    this.#lanes[direction] = idle(fault)
  }

  /** Octets of that direction since `set`. */
  octets(direction: Direction): number {
    return this.#lanes[direction].octets
  }

  /** Whether the cut or the flip of that direction has happened. */
  isSpent(direction: Direction): boolean {
    return this.#lanes[direction].isSpent
  }

  /** Open connections turn silent, both ways; nobody is told. New ones pass. */
  blackHole(): void {
    for (const { silent } of this.#pairs) silent.add('up').add('down')
  }

  /** RST to both ends of every connection. */
  reset(): void {
    for (const pair of this.#pairs) this.#end(pair, 'reset')
  }

  /** From now on connections are reset as they come; `heal` ends it. */
  refuse(): void {
    this.#isRefusing = true
    this.reset()
  }

  /** New connections pass as they are. Ends that were cut stay cut. */
  heal(): void {
    this.#isRefusing = false
    this.set('up', {})
    this.set('down', {})
  }

  get connections(): number {
    return this.#pairs.size
  }

  #accept(client: Socket): void {
    this.accepted++
    if (this.#isRefusing) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const server = connect({ ...this.#target, noDelay: true, allowHalfOpen: true })
    const pair: Pair = { client, server, silent: new Set() }
    this.#pairs.add(pair)
    this.#pump(pair, 'up')
    this.#pump(pair, 'down')
    for (const socket of [client, server]) {
      socket.on('error', () => this.#end(pair, 'reset'))
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) this.#pairs.delete(pair)
      })
    }
  }

  #pump(pair: Pair, direction: Direction): void {
    const [from, to] = direction === 'up' ? [pair.client, pair.server] : [pair.server, pair.client]
    let held = 0
    let last = Promise.resolve()
    const then = (work: () => void | Promise<void>) => {
      last = last.then(work).catch(() => this.#end(pair, 'reset'))
    }
    from.on('data', (chunk: Buffer) => {
      const lane = this.#lanes[direction]
      const { delayMs = 0, octetsPerSecond } = lane.fault
      const dueMs = performance.now() + delayMs
      held += chunk.length
      if (held > heldOctets) from.pause()
      then(async () => {
        if (delayMs > 0) await sleep(Math.max(0, dueMs - performance.now()))
        if (octetsPerSecond) await sleep((chunk.length / octetsPerSecond) * 1000)
        await this.#pass(pair, { direction, lane, chunk, to })
        held -= chunk.length
        if (held <= heldOctets) from.resume()
      })
    })
    from.on('end', () =>
      then(() => {
        if (!pair.silent.has(direction)) to.end()
      }),
    )
  }

  async #pass(
    pair: Pair,
    {
      direction,
      lane,
      chunk,
      to,
    }: {
      readonly direction: Direction
      readonly lane: Lane
      readonly chunk: Buffer
      readonly to: Socket
    },
  ): Promise<void> {
    if (pair.silent.has(direction) || to.destroyed) return
    const { cutAfter, cut = 'reset', flipBit } = lane.fault
    const from = lane.octets
    lane.octets += chunk.length
    if (flipBit !== undefined && !lane.isSpent) {
      const at = Math.floor(flipBit / 8) - from
      if (at < chunk.length) {
        lane.isSpent = true
        chunk[at] = (chunk[at] as number) ^ (1 << (flipBit % 8))
      }
    }
    if (cutAfter === undefined || lane.isSpent || lane.octets <= cutAfter) {
      if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')])
      return
    }
    lane.isSpent = true
    lane.octets = cutAfter
    await new Promise((resolve) => to.write(chunk.subarray(0, cutAfter - from), resolve))
    this.#end(pair, cut)
  }

  #end(pair: Pair, how: NonNullable<Fault['cut']>): void {
    if (how === 'silence') {
      pair.silent.add('up').add('down')
      return
    }
    for (const socket of [pair.client, pair.server]) {
      if (how === 'end') socket.destroySoon()
      else socket.resetAndDestroy()
    }
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.reset()
    await closed
  }
}

function idle(fault: Fault): Lane {
  return { fault, octets: 0, isSpent: false }
}
