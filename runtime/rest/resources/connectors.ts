import type { FastifyInstance } from 'fastify'
import { hasCode } from '../../api/errors.ts'
import type { Connectors, SentConfig } from '../../herder/herder.ts'
import { initialState } from '../initial-state.ts'
import { connectorOf, valuesOf } from '../parameters.ts'
import { locationOf } from '../request-url.ts'
import { resource } from '../resource.ts'
import { listOf, ref } from '../schemas/answers.ts'

interface Creation {
  readonly name?: string | null
  readonly config: SentConfig
  readonly initial_state?: string | null
}

export function connectorsResource(app: FastifyInstance, connectors: Connectors): void {
  resource(app, '/connectors', {
    GET: {
      id: 'listConnectors',
      summary: 'Names of all connectors, or more of each',
      query: {
        expand: {
          ...listOf({ type: 'string' }),
          description: '`status`, `info`; may be given twice. Others are ignored.',
        },
      },
      answers: {
        200: {
          description: 'Names, or with `expand` a map by name',
          schema: {
            anyOf: [
              listOf({ type: 'string' }),
              { type: 'object', additionalProperties: ref('Expanded') },
            ],
          },
        },
      },
      handle: (request) => {
        const expansions = valuesOf(request, 'expand')
        return expansions === undefined ? connectors.names() : expanded(connectors, expansions)
      },
    },
    POST: {
      id: 'createConnector',
      summary: 'Create a connector',
      body: 'create',
      answers: {
        201: { description: 'Created; Location says where', schema: ref('ConnectorInfo') },
      },
      handle: async (request, reply) => {
        const { name, config, initial_state } = request.body as Creation
        const state = initialState(initial_state)
        const info = await connectors.create(name ?? '', config, state)
        return reply.code(201).header('location', locationOf(request, info.name)).send(info)
      },
    },
  })

  resource(app, '/connectors/:connector', {
    GET: {
      id: 'getConnector',
      summary: 'Config, tasks and type of a connector',
      answers: { 200: { description: 'The connector', schema: ref('ConnectorInfo') } },
      handle: (request) => connectors.info(connectorOf(request)),
    },
    DELETE: {
      id: 'deleteConnector',
      summary: 'Delete a connector; its offsets are kept',
      answers: { 204: { description: 'Deleted' } },
      handle: async (request, reply) => {
        await connectors.delete(connectorOf(request))
        return reply.code(204).send()
      },
    },
  })
}

/** A connector without a status yet is left out when the status is asked for, as is one that goes meanwhile. */
function expanded(connectors: Connectors, expansions: readonly string[]): object {
  const wanted = new Set(expansions)
  return Object.fromEntries(
    connectors.names().flatMap((name) => {
      try {
        const status = wanted.has('status') ? { status: connectors.status(name) } : {}
        const info = wanted.has('info') ? { info: connectors.info(name) } : {}
        return [[name, { ...status, ...info }] as const]
      } catch (error) {
        if (hasCode(error, 'CONNECT_NOT_FOUND')) return []
        throw error
      }
    }),
  )
}
