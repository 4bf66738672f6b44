import { type IncomingHttpHeaders, request } from 'node:http'
import type { Test } from 'tap'
import type { Logger } from '../../runtime/api/logger.ts'
import { type RestOptions, RestServer } from '../../runtime/rest/rest-server.ts'
import { FakeHerder } from './fake-herder.ts'
import { ApiDocument } from './openapi.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // A test knows what it asked for.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

export interface Sent {
  readonly body?: unknown
  readonly raw?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** The REST server over a fake herder; every answer is held against the OpenAPI document. */
export class RestRig {
  readonly herder: FakeHerder
  readonly server: RestServer
  readonly url: string
  readonly document: ApiDocument
  readonly #test: Test

  private constructor(t: Test, herder: FakeHerder, server: RestServer, document: ApiDocument) {
    this.#test = t
    this.herder = herder
    this.server = server
    this.url = server.urls[0] ?? ''
    this.document = document
  }

  static async start(t: Test, options: Partial<RestOptions> = {}): Promise<RestRig> {
    const herder = new FakeHerder()
    const listeners = [{ host: '127.0.0.1', port: 0 }]
    const server = new RestServer({ listeners, logger: silent, ...options })
    const [url = ''] = await server.listen()
    t.teardown(() => server.close(1_000))
    await server.serve(herder)
    return new RestRig(t, herder, server, await ApiDocument.read(url))
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('GET', path, { headers })
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.ask('POST', path, body === undefined ? {} : { body })
  }

  put(path: string, body?: unknown): Promise<Answer> {
    return this.ask('PUT', path, body === undefined ? {} : { body })
  }

  async ask(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await send(this.url, method, path, sent)
    const problem = this.document.problem(
      { method, path: path.replace(/^http:..[^/]+/, '') },
      {
        status: answer.status,
        contentType: answer.headers['content-type'] ?? null,
        text: answer.text,
      },
    )
    this.#test.equal(problem, undefined, `${method} ${path} is as documented`)
    return answer
  }
}

/** The path goes over the wire as it is: `fetch` would tidy it up. */
export function send(url: string, method: string, path: string, sent: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { hostname, port } = new URL(url)
  const payload = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body))
  const type = payload === undefined ? {} : { 'content-type': 'application/json' }
  const headers = { ...type, ...sent.headers }
  const call = request({ hostname, port, method, path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const isJson = response.headers['content-type'] === 'application/json' && text !== ''
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      })
    })
    response.on('error', reject)
  })
  call.on('error', reject)
  call.end(payload)
  return promise
}
