import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectException } from '../api/errors.ts'

export interface Address {
  /** Empty: every interface. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

/** Opens the port, or says why it cannot be and what to do. */
export async function bind(server: Server, { host, port }: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, ...(host === '' ? {} : { host }) }, resolve)
  try {
    await promise
  } catch (error) {
    throw inWords(error as NodeJS.ErrnoException, host, port)
  } finally {
    server.off('error', reject)
  }
}

/** Where a client on this machine reaches it. */
export function urlOf(server: Server, address: Address | undefined): string {
  const { port } = server.address() as AddressInfo
  const host = address?.host || 'localhost'
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function inWords(error: NodeJS.ErrnoException, host: string, port: number): ConnectException {
  const place = `port ${port} on ${host || 'every interface'}`
  const otherPort = 'choose another port with --port or "listeners" (0 takes a free one)'
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConnectException(`The REST API cannot listen: ${place} is taken`, {
        hint: `Stop the program that uses it (perhaps another worker), or ${otherPort}.`,
        cause: error,
      })
    case 'EACCES':
      return new ConnectException(`The REST API cannot listen: no right to open ${place}`, {
        hint: `Ports below 1024 need rights: ${otherPort}.`,
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConnectException(
        `The REST API cannot listen: ${host} is no address of this machine`,
        {
          hint: 'Name an address of this machine in "listeners"; 127.0.0.1 is always one.',
          cause: error,
        },
      )
    default:
      return new ConnectException(`The REST API cannot listen on ${place}: ${error.message}`, {
        cause: error,
      })
  }
}
