import type { FastifyInstance } from 'fastify'
import type { ConnectorTopics } from '../../herder/herder.ts'
import { HttpError } from '../http-error.ts'
import { connectorOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { ref } from '../schemas/answers.ts'

export function connectorTopicsResource(app: FastifyInstance, connectors: ConnectorTopics): void {
  resource(app, '/connectors/:connector/topics', {
    GET: {
      id: 'getConnectorTopics',
      summary: 'Topics that the tasks of a connector used (KIP-558)',
      answers: { 200: { description: 'By connector', schema: ref('ConnectorTopics') } },
      handle: (request) => {
        requireTracking(connectors)
        const name = connectorOf(request)
        return { [name]: { topics: connectors.connectorTopics(name) } }
      },
    },
  })
  resource(app, '/connectors/:connector/topics/reset', {
    PUT: {
      id: 'resetConnectorTopics',
      summary: 'Forget them; those still in use come again with their next record',
      answers: { 202: { description: 'Forgotten' } },
      handle: async (request, reply) => {
        requireTracking(connectors)
        if (!connectors.topicTracking.allowsReset)
          throw refusal('Topic tracking reset is disabled.')
        await connectors.resetTopics(connectorOf(request))
        return reply.code(202).send()
      },
    },
  })
}

function requireTracking({ topicTracking }: ConnectorTopics): void {
  if (!topicTracking.isEnabled) throw refusal('Topic tracking is disabled.')
}

function refusal(message: string): HttpError {
  return new HttpError(403, 'REST_FORBIDDEN', { message })
}
