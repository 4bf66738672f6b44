import type { FastifyInstance } from 'fastify'
import type { WorkerView } from '../../herder/herder.ts'
import { resource } from '../resource.ts'
import { ref } from '../schemas/answers.ts'

const statusCodes = { healthy: 200, starting: 503, unhealthy: 500 } as const

export function workerResource(app: FastifyInstance, worker: WorkerView): void {
  resource(app, '/', {
    GET: {
      id: 'getServerInfo',
      summary: 'Version and log of this worker',
      answers: { 200: { description: 'Who answers here', schema: ref('ServerInfo') } },
      handle: () => worker.info(),
    },
  })
  resource(app, '/health', {
    GET: {
      id: 'getHealth',
      summary: 'Whether the worker answers requests (KIP-1017)',
      answers: {
        200: { description: 'Ready', schema: ref('WorkerStatus') },
        500: { description: 'It was ready and does not answer', schema: ref('WorkerStatus') },
        503: { description: 'Still starting', schema: ref('WorkerStatus') },
      },
      handle: async (_, reply) => {
        const status = await worker.health()
        return reply.code(statusCodes[status.status]).send(status)
      },
    },
  })
}
