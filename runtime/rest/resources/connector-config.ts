import type { FastifyInstance } from 'fastify'
import type { Connectors, SentConfig } from '../../herder/herder.ts'
import { connectorOf } from '../parameters.ts'
import { locationOf } from '../request-url.ts'
import { resource } from '../resource.ts'
import { ref } from '../schemas/answers.ts'

export function connectorConfigResource(app: FastifyInstance, connectors: Connectors): void {
  resource(app, '/connectors/:connector/config', {
    GET: {
      id: 'getConnectorConfig',
      summary: 'The config as it was sent',
      answers: { 200: { description: 'The config', schema: ref('ConfigMap') } },
      handle: (request) => connectors.info(connectorOf(request)).config,
    },
    PUT: {
      id: 'putConnectorConfig',
      summary: 'Create a connector, or replace its whole config',
      body: 'config',
      answers: {
        200: { description: 'Replaced', schema: ref('ConnectorInfo') },
        201: { description: 'Created; Location says where', schema: ref('ConnectorInfo') },
      },
      handle: async (request, reply) => {
        const name = connectorOf(request)
        const { created, info } = await connectors.putConfig(name, request.body as SentConfig)
        if (created) reply.code(201).header('location', locationOf(request, name))
        return reply.send(info)
      },
    },
    PATCH: {
      id: 'patchConnectorConfig',
      summary: 'Change some keys of a config; null removes one (KIP-477)',
      body: 'config',
      answers: { 200: { description: 'Changed', schema: ref('ConnectorInfo') } },
      handle: (request) => connectors.patchConfig(connectorOf(request), request.body as SentConfig),
    },
  })
}
