import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Fleet } from './fleet.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { ServerOptions } from './server.ts'

interface Order {
  readonly client?: ProcessIdentity
  readonly options?: ServerOptions
}

/** Takes orders over a socket: JSON in, JSON out; an error is its message. `onIdle`: the last server was given back. */
export async function serve(socket: string, fleet: Fleet, onIdle: () => void): Promise<void> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body ?? null))
    }
    response.once('finish', () => {
      if (request.method === 'DELETE' && fleet.isEmpty) onIdle()
    })
    obey(request, fleet).then(
      (body) => answer(200, body),
      (error: Error) => answer(500, { message: error.message }),
    )
  })
  server.requestTimeout = 0
  // The lock that this process runs under makes it the only one: what lies there is left over.
  await rm(socket, { force: true })
  server.listen(socket)
  await once(server, 'listening')
}

async function obey(request: IncomingMessage, fleet: Fleet): Promise<unknown> {
  const [, what = '', name = '', verb = ''] = (request.url ?? '').split('/')
  const { client, options = {} } = JSON.parse((await text(request)) || '{}') as Order
  switch (`${request.method} ${what}`) {
    case 'GET services':
      return fleet.status()
    case 'POST services':
      return fleet.service(name, options)
    case 'DELETE services':
      return fleet.stop(name)
    case 'POST own':
      return verb === '' ? fleet.own(name, client!, options) : command(fleet, name, verb)
    case 'DELETE own':
      return fleet.removeOwn(name)
    default:
      throw new Error(`No such order: ${request.method} ${request.url}`)
  }
}

function command(fleet: Fleet, id: string, verb: string): Promise<unknown> {
  const server = fleet.ownServer(id)
  if (verb === 'start') return server.start()
  return verb === 'kill' ? server.kill() : server.stop()
}
