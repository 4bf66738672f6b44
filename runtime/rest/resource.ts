import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { readBody } from './request-body.ts'
import { ref } from './schemas/answers.ts'
import { type BodyName, bodies } from './schemas/bodies.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Given on a verb that is not for this path: 405, with these verbs in `Allow`, before anything else is looked at. */
    refused?: string
    /** What it answers, when that is not JSON. */
    produces?: string
  }
}

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Answer {
  readonly description: string
  /** Left out: no body. */
  readonly schema?: object
}

export interface Endpoint {
  readonly id: string
  readonly summary: string
  readonly description?: string
  /** The body that it needs. A body that is not needed is ignored. */
  readonly body?: BodyName
  /** For the document alone: each endpoint reads its own parameters, by Connect's rules. */
  readonly query?: Readonly<Record<string, object>>
  readonly answers: Readonly<Record<number, Answer>>
  readonly produces?: string
  handle(request: FastifyRequest, reply: FastifyReply): unknown
}

const verbs = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'] as const

/** All of one path: what it answers, HEAD, OPTIONS, and 405 for every other verb. */
export function resource(
  app: FastifyInstance,
  url: string,
  endpoints: Readonly<Partial<Record<Verb, Endpoint>>>,
): void {
  const known = Object.entries(endpoints) as [Verb, Endpoint][]
  for (const [method, endpoint] of known) route(app, method, url, endpoint)

  const given = known.map(([method]) => method)
  const allowed = [...(given.includes('GET') ? ['HEAD'] : []), ...given, 'OPTIONS']
  app.options(url, { schema: { hide: true }, config: { produces: 'text/plain' } }, (_, reply) =>
    reply.header('allow', allowed.join(',')).type('text/plain').send(allowed.join(', ')),
  )
  const others = verbs.filter((verb) => !given.includes(verb as Verb))
  app.route({
    method: given.includes('GET') ? others : [...others, 'HEAD'],
    url,
    schema: { hide: true },
    config: { refused: allowed.join(',') },
    handler: () => {},
  })
}

function route(app: FastifyInstance, method: Verb, url: string, endpoint: Endpoint): void {
  const { id, body, produces, handle } = endpoint
  app.route({
    method,
    url,
    schema: schemaOf(endpoint, url),
    config: produces === undefined ? {} : { produces },
    ...(body === undefined
      ? {}
      : {
          preValidation: async (request: FastifyRequest) => {
            request.body = await readBody(body, request.body)
          },
        }),
    handler: Object.defineProperty(handle, 'name', { value: id }),
  })
}

function schemaOf(endpoint: Endpoint, url: string): FastifySchema & Record<string, unknown> {
  const { id, summary, description, body, query, answers, produces } = endpoint
  return {
    operationId: id,
    summary,
    tags: [url.split('/')[1] || 'worker'],
    ...(description === undefined ? {} : { description }),
    ...(body === undefined ? {} : { body: bodies[body] }),
    ...(query === undefined ? {} : { querystring: { type: 'object', properties: query } }),
    response: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, answerSchema(answer, produces)]),
      ),
      '4xx': answerSchema({ description: "The client's mistake", schema: ref('Error') }),
      '5xx': answerSchema({ description: "The worker's trouble", schema: ref('Error') }),
    },
  }
}

function answerSchema({ description, schema }: Answer, produces = 'application/json'): object {
  return schema === undefined
    ? { type: 'null', description }
    : { description, content: { [produces]: { schema } } }
}
