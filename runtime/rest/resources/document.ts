import type { FastifyInstance } from 'fastify'
import { resource } from '../resource.ts'

export function documentResource(app: FastifyInstance): void {
  resource(app, '/openapi.json', {
    GET: {
      id: 'getDocument',
      summary: 'This API as an OpenAPI document (not in Kafka Connect)',
      answers: { 200: { description: 'OpenAPI 3.1', schema: { type: 'object' } } },
      handle: () => app.swagger(),
    },
  })
}
