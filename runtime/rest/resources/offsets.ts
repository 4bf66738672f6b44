import type { FastifyInstance } from 'fastify'
import type { Offsets, SentOffset } from '../../herder/herder.ts'
import { exactJson } from '../exact-json.ts'
import { HttpError } from '../http-error.ts'
import { connectorOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { ref } from '../schemas/answers.ts'

export function offsetsResource(app: FastifyInstance, connectors: Offsets): void {
  resource(app, '/connectors/:connector/offsets', {
    GET: {
      id: 'getOffsets',
      summary: 'Where a connector goes on',
      answers: { 200: { description: 'Committed offsets', schema: ref('ConnectorOffsets') } },
      handle: async (request, reply) => {
        const offsets = await connectors.offsets(connectorOf(request))
        return reply.type('application/json').send(exactJson({ offsets }))
      },
    },
    PATCH: {
      id: 'alterOffsets',
      summary: 'Let a stopped connector go on elsewhere',
      body: 'offsets',
      answers: { 200: { description: 'Altered', schema: ref('Message') } },
      handle: async (request) => {
        const { offsets } = request.body as { readonly offsets?: readonly SentOffset[] | null }
        if (!offsets?.length) {
          throw new HttpError(400, 'REST_BAD_BODY', {
            message: 'Partitions / offsets need to be provided for an alter offsets request',
          })
        }
        return { message: await connectors.alterOffsets(connectorOf(request), offsets) }
      },
    },
    DELETE: {
      id: 'resetOffsets',
      summary: 'Let a stopped connector begin anew',
      answers: { 200: { description: 'Forgotten', schema: ref('Message') } },
      handle: async (request) => ({ message: await connectors.resetOffsets(connectorOf(request)) }),
    },
  })
}
